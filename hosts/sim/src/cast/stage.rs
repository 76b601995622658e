//! The root of every world: owns the top supervisor, hears of every child, and makes calls for the world outside.
use super::{Server, tell_book};
use peerd_otp::supervisor::{self, Announcement, Request, SupervisorSpec};
use peerd_vat::{CallId, Crash, Cx, Event, Identity, Reason, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the world asks of the stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Call this supervisor. The answer goes to the book.
    Call {
        to: String,
        request: Request,
    },
    /// Give one the other's ref.
    Meet {
        who: String,
        whom: String,
    },
    /// An exit signal from the parent.
    ExitTop(Reason),
    StartTop,
}

impl Order {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a plain value always encodes")
    }

    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Order> {
        postcard::from_bytes(bytes).ok()
    }
}

/// The id of the top supervisor.
pub const TOP: &str = "top";
/// Where supervisors find the stage among their refs, to announce children to.
pub const ANNOUNCE: u32 = 2;
/// Long: a supervisor that stops a slow child is slow to answer.
const CALL_MS: u64 = 100_000_000;

pub struct Stage;

#[derive(Serialize, Deserialize)]
pub struct Cast {
    refs: Vec<Ref>,
    top: SupervisorSpec,
    known: BTreeMap<String, Ref>,
    calls: Vec<(CallId, String)>,
    starting: Option<CallId>,
}

impl Server for Stage {
    const NAME: &'static str = "stage";
    type State = Cast;

    /// `args`: the top supervisor's spec.
    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Cast, Crash> {
        let top = SupervisorSpec::decode(args).ok_or_else(|| Crash::new("bad_args", "no supervisor spec"))?;
        cx.trap_exits(true);
        let mut cast = Cast { refs: refs.to_vec(), top, known: BTreeMap::new(), calls: Vec::new(), starting: None };
        cast.start_top(cx);
        Ok(cast)
    }

    fn handle(cast: &mut Cast, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs: &[child], .. } => {
                if let Some(word) = Announcement::decode(body) {
                    cast.known.insert(word.id, child);
                }
            }
            Event::User { body, .. } => {
                if let Some(order) = Order::decode(body) {
                    cast.order(order, cx);
                }
            }
            Event::Reply { call, result } if cast.starting == Some(call) => {
                cast.starting = None;
                let how = result.map_or_else(|settle| settle.to_string(), |_| "ok".into());
                tell_book(cx, cast.refs[0], &format!("top {how}"));
            }
            Event::Reply { call, result } => {
                let Some(at) = cast.calls.iter().position(|open| open.0 == call) else { return Ok(()) };
                let (_, what) = cast.calls.remove(at);
                match result {
                    Ok(answer) => {
                        let answer =
                            supervisor::Answer::decode(answer.body).map_or_else(|| "?".into(), |answer| crate::words::outcome(&answer));
                        tell_book(cx, cast.refs[0], &format!("{what}: {answer}"));
                    }
                    Err(settle) => tell_book(cx, cast.refs[0], &format!("{what}: {settle}")),
                }
            }
            Event::Exit { reason, .. } => tell_book(cx, cast.refs[0], &format!("top exit {reason}")),
            Event::Down { .. } | Event::Timer { .. } => {}
        }
        Ok(())
    }
}

impl Cast {
    fn start_top(&mut self, cx: &mut Cx<'_>) {
        let refs = self.endowment(cx);
        let args = self.top.encode();
        let options = SpawnOptions::new(supervisor::NAME, &args).refs(&refs).label(TOP).identity(Identity::Kept(TOP)).linked();
        let (top, call) = cx.start(options, peerd_vat::INFINITY_MS);
        self.starting = Some(call);
        self.known.insert(TOP.into(), top);
    }

    /// What everybody gets: the ports and, at `ANNOUNCE`, the stage.
    fn endowment(&self, cx: &Cx<'_>) -> Vec<Ref> {
        self.refs.iter().copied().chain([cx.me()]).collect()
    }

    fn order(&mut self, order: Order, cx: &mut Cx<'_>) {
        match order {
            Order::Call { to, request } => {
                if let Some(supervisor) = self.known.get(&to).copied() {
                    let refs = self.endowment(cx);
                    let call = cx.call(supervisor, &request.encode(), &refs, CALL_MS);
                    self.calls.push((call, crate::words::asked(&request)));
                }
            }
            Order::Meet { who, whom } => {
                if let (Some(who), Some(whom)) = (self.known.get(&who), self.known.get(&whom)) {
                    cx.send_with(*who, b"meet", &[*whom]);
                }
            }
            Order::ExitTop(reason) => {
                if let Some(top) = self.known.get(TOP) {
                    cx.exit(*top, reason);
                }
            }
            Order::StartTop => self.start_top(cx),
        }
    }
}
