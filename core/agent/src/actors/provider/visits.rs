//! The doctor's visits to local servers.
use super::{
    Provider,
    doctor::{self, Checkup, Order},
};
use crate::{actors::reply_json, model::exchange::Input};
use alloc::string::String;
use peerd_vat::{Cx, Ref};
use serde::{Deserialize, Serialize};

/// Less than the desk waits, so that it hears the reason.
const CHECKUP_MS: u64 = 15_000;
/// One for the list, one for the question.
const FETCHES_MAX: u64 = 2;

#[derive(Serialize, Deserialize)]
pub struct Visit {
    pub timer: u64,
    base: String,
    /// Under way now.
    pub fetch: Option<u64>,
    reply: Ref,
    checkup: Checkup,
}

impl Provider {
    pub(super) fn visit(&mut self, base: String, reply: Ref, cx: &mut Cx<'_>) {
        let timer = self.next;
        self.next += FETCHES_MAX;
        let (checkup, order) = Checkup::start(&base);
        self.visits.push(Visit { timer, base, fetch: None, reply, checkup });
        cx.timer(timer, CHECKUP_MS);
        self.follow(self.visits.len() - 1, order, cx);
    }

    pub(super) fn examine(&mut self, at: usize, input: Input, cx: &mut Cx<'_>) {
        if let Some(order) = self.visits[at].checkup.handle(input) {
            self.follow(at, order, cx);
        }
    }

    fn follow(&mut self, at: usize, order: Order, cx: &mut Cx<'_>) {
        let report = match order {
            Order::Fetch(request) => {
                let Visit { timer, base, checkup, .. } = &self.visits[at];
                let fetch = timer + checkup.asked();
                match self.fetch(base, fetch, &request, cx) {
                    Ok(()) => {
                        self.visits[at].fetch = Some(fetch);
                        return;
                    }
                    Err(why) => doctor::no(why),
                }
            }
            Order::Done(report) => report,
        };
        let Visit { timer, fetch, reply, .. } = self.visits.remove(at);
        cx.cancel_timer(timer);
        if let Some(fetch) = fetch {
            self.abort(fetch, cx);
        }
        reply_json(cx, reply, &report);
    }
}
