//! What the task's grants don't cover: decided, or asked of the owner, or denied by silence.
use super::{
    ACT, ACT_MS, Action, SILENCE, Session,
    task::{Doing, Mind, Question, Stage},
};
use crate::{
    grants::{Decision, Need, SILENCE_MS},
    view::{Answer, Approval, RunPhase},
};
use alloc::{format, string::String, vec::Vec};

impl Session {
    pub(super) fn needed(&mut self, effect: &str, need: Need, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        // Of a call that is over: its actor was told to stop.
        let Some(Doing { door, .. }) = task.current.clone().filter(|doing| task.stage == Stage::Acting && doing.effect == effect) else {
            return;
        };
        let question = match task.grants.decide(&need) {
            Decision::Allow => return out.push(Action::Allowed { door, effect: effect.into() }),
            Decision::Deny(reason) => return out.push(Action::Denied { door, effect: effect.into(), reason }),
            Decision::Ask(question) => question,
        };
        if let Mind::Waiting { .. } | Mind::Recipe(_) = task.mind {
            let reason = format!("the recipe may not do this: {} ({} {})", question.what, question.origin, question.value);
            return out.push(Action::Denied { door, effect: effect.into(), reason });
        }
        self.tokens += 1;
        let token = self.tokens;
        task.questions.push(Question { token, effect: effect.into(), need });
        let approval = Approval {
            id: 0,
            chat: self.chat.id,
            actor: task.tab.map_or(String::from("browser"), |tab| format!("web {tab}")),
            what: question.what,
            origin: question.origin,
            value: question.value,
            why: question.why,
            until: self.wall + SILENCE_MS,
            task_origin: question.task_origin,
        };
        out.push(Action::AskOwner { token, approval });
        out.push(Action::Timer { key: SILENCE + token, after_ms: SILENCE_MS });
        // The actor waits for the owner now: its silence means nothing.
        out.push(Action::CancelTimer { key: ACT });
        self.phase(RunPhase::Waiting, "waiting for your answer".into(), out);
    }

    /// The owner's answer; none: silence.
    pub(super) fn answered(&mut self, token: u64, answer: Option<Answer>, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Some(at) = task.questions.iter().position(|question| question.token == token) else {
            return;
        };
        let Question { effect, need, .. } = task.questions.remove(at);
        out.push(Action::CancelTimer { key: SILENCE + token });
        if answer.is_none() {
            out.push(Action::Withdraw { token });
        }
        let Some(door) = task.current.as_ref().filter(|doing| doing.effect == effect).map(|doing| doing.door) else {
            return;
        };
        if task.grants.answered(&need, answer.unwrap_or(Answer::Deny)) {
            out.push(Action::Allowed { door, effect });
        } else {
            let reason = match answer {
                Some(_) => "the owner denied it",
                None => "the owner did not answer within two minutes, which denies it",
            };
            out.push(Action::Denied { door, effect, reason: reason.into() });
        }
        if task.questions.is_empty() {
            out.push(Action::Timer { key: ACT, after_ms: ACT_MS });
            let line = self.step_line();
            self.phase(RunPhase::Acting, line, out);
        }
    }
}
