//! The egress broker's log, as people read it.
use super::{Desk, Pending};
use crate::view::{RequestOutcome, RequestRow};
use alloc::string::String;
use peerd_egress::{Entry, Verdict, broker::Request};
use peerd_otp::message::call;
use peerd_vat::Cx;

const ANSWER_MS: u64 = 5_000;

impl Desk {
    pub(super) fn requests(&mut self, after: u64, cx: &mut Cx<'_>) {
        let asked = call(self.doors.egress, &Request::Log { after }, &[], ANSWER_MS, cx);
        self.pending.push((asked, Pending::Requests));
    }
}

pub(super) fn row(entry: Entry) -> RequestRow {
    let Entry { number, at, who, method, url, hop, verdict } = entry;
    let (outcome, status, sent, received, why) = match verdict {
        Verdict::Sent => (RequestOutcome::UnderWay, 0, 0, 0, String::new()),
        Verdict::Answered { status, sent, received } => (RequestOutcome::Answered, status, sent, received, String::new()),
        Verdict::Redirected { status } => (RequestOutcome::Redirected, status, 0, 0, String::new()),
        Verdict::Refused(refusal) => (RequestOutcome::Refused, 0, 0, 0, refusal.in_words()),
        Verdict::Cut(refusal) => (RequestOutcome::Cut, 0, 0, 0, refusal.in_words()),
        Verdict::Failed(why) => (RequestOutcome::Failed, 0, 0, 0, why),
    };
    // As the standard writes it where none was said.
    let method = if method.is_empty() { "GET".into() } else { method };
    RequestRow { number, at, who, method, url, hop, outcome, status, sent, received, why }
}
