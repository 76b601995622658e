//! What there is, and what it knows.
use super::{
    Actors, Came, Job, Step, WORK_MS,
    acts::Plan,
    failed,
    kept::Guest,
    opening::born,
    read::{self, done, fenced},
};
use crate::{
    actors::{body, call_json},
    outcome::Outcome,
    view::ChatId,
    web,
};
use alloc::{format, string::String, vec::Vec};
use peerd_otp::supervisor::Request;
use peerd_vat::{Cx, Ref, Status, System};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Between a question and its answer an actor may be busy with a long turn.
const LOOK_MS: u64 = 15_000;

/// What was found out so far.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Seen {
    child: Option<Ref>,
    status: Option<Status>,
    state: Option<String>,
}

impl Actors {
    pub(super) fn list(&self, chat: ChatId) -> Outcome {
        let mut lines = Vec::new();
        for class in self.classes.iter().filter(|class| class.chat == chat) {
            let broken = class.broken.as_ref().map(|why| format!(", can't be loaded: {}", web::words::line(why, 200))).unwrap_or_default();
            lines.push(format!("class {} (version {}){broken}", class.name, class.newest().number));
            for guest in self.guests.iter().filter(|guest| guest.chat == chat && guest.class == class.name) {
                lines.push(format!("  {}", self.line(guest)));
            }
        }
        if lines.is_empty() {
            return done("there are none yet", "");
        }
        let actors = self.guests.iter().filter(|guest| guest.chat == chat).count();
        done(&format!("{actors} actors"), &lines.join("\n"))
    }

    fn line(&self, guest: &Guest) -> String {
        let state = match guest.link {
            Some(_) => "runs".into(),
            None => format!("does not run: {}", self.why_not(guest.chat, &guest.name)),
        };
        let crashed = if guest.crashed == 0 { String::new() } else { format!(", crashed {} times", guest.crashed) };
        let shared = if guest.share.is_some() { ", shared" } else { "" };
        format!("{} (version {}): {state}{crashed}{shared}", guest.name, guest.version)
    }

    pub(super) fn inspect(&mut self, job: &mut Job, name: String, mut seen: Seen, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        let Some(guest) = self.guest(chat, &name) else { return Some(failed("it is gone")) };
        let (class, version) = (guest.class.clone(), guest.version);
        let (step, call) = match (job.step, self.tree(chat)) {
            (Step::Begin, Some(tree)) if guest.link.is_some() => {
                (Step::Control, cx.call(tree, &Request::GetControl(name.clone()).encode(), &[], WORK_MS))
            }
            (Step::Begin, _) => return Some(self.inspected(guest, &seen, None, cx.now().0)),
            (Step::Control, _) => match born(came) {
                Ok(child) => {
                    seen.child = Some(child);
                    (Step::Status, cx.system(child, System::GetStatus, LOOK_MS))
                }
                Err(_) => return Some(self.inspected(guest, &seen, None, cx.now().0)),
            },
            (Step::Status, _) => {
                seen.status = came.ok().and_then(|(bytes, _)| postcard::from_bytes(bytes).ok());
                match (seen.child, &seen.status) {
                    (Some(child), Some(_)) => (Step::State, cx.system(child, System::GetState, LOOK_MS)),
                    // Busy with a long turn, or about to be started again.
                    _ => (Step::Used, self.ask_used(chat, &class, version, cx)),
                }
            }
            (Step::State, _) => {
                let kind = self.kind(chat, &class);
                let own = |bytes: &[u8]| peerd_metered::own_state(bytes).map(|state| read::state(state, kind));
                seen.state = came.ok().and_then(|(bytes, _)| own(bytes));
                (Step::Used, self.ask_used(chat, &class, version, cx))
            }
            _ => {
                let used = came.ok().and_then(|(bytes, _)| body::<Value>(bytes).ok());
                return Some(self.inspected(guest, &seen, used.as_ref(), cx.now().0));
            }
        };
        self.ask(job, Plan::Inspect { name, seen }, step, call)
    }

    pub(super) fn ask_used(&self, chat: ChatId, class: &str, version: u32, cx: &mut Cx<'_>) -> peerd_vat::CallId {
        let ask = json!({"op": "tell", "name": super::kept::behaviour(chat, class), "version": version});
        call_json(cx, self.doors.host, &ask, &[], WORK_MS)
    }

    fn inspected(&self, guest: &Guest, seen: &Seen, used: Option<&Value>, now: u64) -> Outcome {
        let mut lines = Vec::from([self.line(guest), format!("class {}", guest.class)]);
        match &seen.status {
            Some(status) => {
                let Status { activity, turns, queued, queued_bytes, state_bytes, .. } = status;
                lines.push(format!(
                    "{activity}; {turns} turns; mailbox {queued} messages of {queued_bytes} bytes; state {state_bytes} bytes"
                ));
            }
            None if guest.link.is_some() => lines.push("it is busy with a long turn, or about to be started again".into()),
            None => {}
        }
        if let Some(used) = used.filter(|used| used["err"].is_null()) {
            let (turns, fuel) = (&used["turns"], &used["fuel"]);
            let limit = self.class(guest.chat, &guest.class).map_or(0, |class| class.facts.fuel_max);
            lines.push(format!(
                "all actors of this code have used {fuel} fuel in {turns} turns since peerd was started; a turn may have {limit}"
            ));
        }
        lines.push(format!("crashed {} times and was started again {} times since peerd was started", guest.crashed, guest.restarts));
        let mut said: Vec<String> =
            guest.crashes.iter().rev().map(|crash| format!("{} s ago: {}", now.saturating_sub(crash.at) / 1_000, crash.why)).collect();
        if let Some(state) = &seen.state {
            said.push(format!("state: {state}"));
        }
        if !said.is_empty() {
            lines.push(fenced(&said.join("\n")));
        }
        let evidence =
            seen.status.as_ref().map_or_else(|| self.line(guest), |status| format!("{}, {} turns", status.activity, status.turns));
        done(&web::words::line(&evidence, 200), &lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_that_are_no_guest_at_rest_show_nothing() {
        assert_eq!(peerd_metered::own_state(&[0xFF; 8]), None);
        assert_eq!(peerd_metered::own_state(&[0, b'1']), Some(&b"1"[..]));
    }
}
