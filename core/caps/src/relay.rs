//! Calls that were passed on: whose they are, until the answer has gone back.
use crate::Letter;
use alloc::collections::BTreeMap;
use peerd_vat::{Answer, CallId, Cx, Ref, Settle};
use serde::{Deserialize, Serialize};

/// A caller's own deadline ends a call that is passed on. One that set none waits so long, because what is asked may be far.
const PASSED_MS: u64 = 24 * 60 * 60 * 1_000;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Relay {
    waiting: BTreeMap<CallId, Ref>,
}

impl Relay {
    pub fn pass(&mut self, letter: Letter<'_>, to: Ref, cx: &mut Cx<'_>) -> Option<CallId> {
        let Some(reply) = letter.reply else {
            cx.send_with(to, letter.body, letter.refs);
            return None;
        };
        let call = cx.call(to, letter.body, letter.refs, PASSED_MS);
        self.waiting.insert(call, reply);
        Some(call)
    }

    /// Who waits for this answer.
    pub fn take(&mut self, call: CallId) -> Option<Ref> {
        self.waiting.remove(&call)
    }

    /// The answer as it came, or how the call failed.
    pub fn answer(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        let Some(reply) = self.take(call) else { return };
        match result {
            Ok(answer) => cx.reply(reply, answer.body, answer.refs),
            Err(settle) => cx.refuse(reply, &settle),
        }
    }

    /// Nobody waits for their answers any more: all callers are told so now.
    pub fn refuse_all(&mut self, settle: &Settle, cx: &mut Cx<'_>) {
        for (call, reply) in core::mem::take(&mut self.waiting) {
            cx.cancel_call(call);
            cx.refuse(reply, settle);
        }
    }
}
