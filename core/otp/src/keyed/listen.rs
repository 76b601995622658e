//! What an object hears while its calls run: their words, the answers and the alarms that they wait for, their ends.
use super::{
    Outcome, Reply,
    hand::{Said, Word},
    object::{Object, RESULTS},
    results,
    rows::{Cancel, Row, Stands},
    run::{Args, Cue, Told},
    tree::{Cut, Wait},
};
use crate::message::{self, decode};
use alloc::{format, string::ToString};
use peerd_vat::{Answer, CallId, Cx, Reason, Ref, Settle};

impl Object {
    pub(super) fn listen(&mut self, word: Word, refs: &[Ref], cx: &mut Cx<'_>) {
        let Word { run: badge, cleans, said } = word;
        // It is over: what it did last was too late.
        let Some((_, cancel)) = self.rows.running(badge) else { return };
        let number = badge.number;
        // It asked before it heard that it is cancelled.
        let is_late = cancel != Cancel::Not && !cleans;
        match (said, refs) {
            (Said::Changed(value), _) => {
                if !results::keep_value(&value, cx) {
                    self.end_run(number, cx);
                    self.finish(number, Outcome::Crashed(format!("it keeps more than {} bytes", results::VALUE_MAX)), cx);
                }
            }
            (Said::Ended(Ok(answer)), _) => self.finish(number, Outcome::Done(answer), cx),
            (Said::Ended(Err(_)), _) if cleans => self.finish(number, Outcome::Cancelled, cx),
            (Said::Ended(Err(why)), _) => self.finish(number, Outcome::Failed(why), cx),
            (Said::Call { .. } | Said::Ask { .. } | Said::Sleep { .. }, _) if is_late => {}
            (Said::Call { token, key, order }, [front, refs @ ..]) => self.tree.call(number, token, (*front, key), order, refs, cx),
            (Said::Ask { token, deadline_ms, body }, [to, refs @ ..]) => {
                let call = cx.call(*to, &body, refs, deadline_ms);
                self.tree.ask(number, token, call);
            }
            (Said::Sleep { token, ms }, _) => {
                let alarm = self.alarm(ms, cx);
                self.tree.sleep(number, token, alarm);
            }
            (Said::Call { .. } | Said::Ask { .. }, []) => cx.report("malformed", "a question to nobody"),
        }
    }

    pub(super) fn answered(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        let Some(wait) = self.tree.answered(call) else { return };
        let (told, refs) = match result {
            Err(settle) => (Told::Failed(settle), &[][..]),
            Ok(answer) if wait.is_branch() => match decode(answer.body) {
                Some(Reply::Ended(outcome)) => (Told::Ended(outcome), &[][..]),
                Some(Reply::Refused(why)) => (Told::Refused(why), &[][..]),
                Some(Reply::Sent { .. } | Reply::Ok) | None => (Told::Failed(Settle::Noreply), &[][..]),
            },
            Ok(answer) => (Told::Answer(answer.body.into()), answer.refs),
        };
        self.hear(wait, told, refs, cx);
    }

    pub(super) fn hear(&mut self, wait: Wait, told: Told, refs: &[Ref], cx: &mut Cx<'_>) {
        if let Some(Row { stands: Stands::Running { run, .. }, .. }) = self.rows.get(wait.number) {
            message::cast(*run, &Cue::Heard { token: wait.token, told }, refs, cx);
        }
        self.tell_cancelled(wait.number, cx);
    }

    pub(super) fn rang(&mut self, key: u64, cx: &mut Cx<'_>) {
        if key == RESULTS {
            if let Some(next) = results::let_go(cx) {
                cx.alarm(RESULTS, next);
            }
        } else if let Some(number) = self.delayed.remove(&key) {
            self.arrive(number, cx);
        } else if let Some(wait) = self.tree.rang(key) {
            self.hear(wait, Told::Time, &[], cx);
        }
    }

    /// A run that has ended, for this reason if it is told, or should have.
    pub(super) fn look_after(&mut self, run: Ref, ended: Option<&Reason>, cx: &mut Cx<'_>) {
        let Some(id) = cx.kept_id(run) else { return };
        let Some((number, child)) = id.parse().ok().zip(cx.kept_child(&id)) else { return };
        match self.rows.get(number) {
            Some(_) if child.is_live => {}
            // It goes on from its last turn that committed. One that has never been begins, unless it has just failed to.
            Some(Row { stands: Stands::Running { badge, .. }, access, .. })
                if child.recovers || (ended.is_none() && !cx.has_parked(run)) =>
            {
                let args = Args { badge: *badge, key: self.key.clone(), access: *access };
                self.spawn(&args, cx);
            }
            Some(_) => {
                self.tree.cut(number, Cut::Kill, cx);
                let why = ended.map_or_else(|| "its turns failed too often".into(), Reason::to_string);
                self.finish(number, Outcome::Crashed(why), cx);
                cx.forget(run);
            }
            None if child.is_live => cx.exit(run, Reason::Kill),
            None => cx.forget(run),
        }
    }
}
