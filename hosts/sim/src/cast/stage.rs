//! The root of every world: owns the top supervisor, and makes calls for the world outside.
use super::{Callboard, tell_book};
use peerd_otp::supervisor::{self, Request, SupervisorSpec};
use peerd_vat::{Behaviour, CallId, Crash, Cx, Event, Identity, Reason, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};

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

/// The world's hand inside the vat: whom it knows stands on the callboard, not in its state, which stays small in a world of
/// two hundred.
pub struct Stage {
    pub board: Callboard,
}

#[derive(Serialize, Deserialize)]
struct Desk {
    refs: Vec<Ref>,
    calls: Vec<(CallId, String)>,
    starting: Option<CallId>,
}

impl Stage {
    pub const NAME: &'static str = "stage";

    fn handle(&self, desk: &mut Desk, event: Event<'_>, cx: &mut Cx<'_>) {
        match event {
            Event::User { body, refs: &[], .. } => {
                if let Some(order) = Order::decode(body) {
                    self.order(desk, order, cx);
                }
            }
            Event::Reply { call, result } if desk.starting == Some(call) => {
                desk.starting = None;
                let how = result.map_or_else(|settle| settle.to_string(), |_| "ok".into());
                tell_book(cx, desk.refs[0], &format!("top {how}"));
            }
            Event::Reply { call, result } => {
                let Some(at) = desk.calls.iter().position(|open| open.0 == call) else { return };
                let (_, what) = desk.calls.remove(at);
                let how = match result {
                    Ok(answer) => {
                        supervisor::Answer::decode(answer.body).map_or_else(|| "?".into(), |answer| crate::words::outcome(&answer))
                    }
                    Err(settle) => settle.to_string(),
                };
                tell_book(cx, desk.refs[0], &format!("{what}: {how}"));
            }
            Event::Exit { reason, .. } => tell_book(cx, desk.refs[0], &format!("top exit {reason}")),
            // What supervisors announce, the board has.
            Event::User { .. } | Event::Down { .. } | Event::Timer { .. } => {}
        }
    }

    fn start_top(&self, desk: &mut Desk, cx: &mut Cx<'_>) {
        let (refs, args) = (endowment(desk, cx), self.board.top().encode());
        let options = SpawnOptions::new(supervisor::NAME, &args).refs(&refs).label(TOP).identity(Identity::Kept(TOP)).linked();
        let (top, call) = cx.start(options, peerd_vat::INFINITY_MS);
        desk.starting = Some(call);
        self.board.put(TOP, top);
    }

    fn order(&self, desk: &mut Desk, order: Order, cx: &mut Cx<'_>) {
        match order {
            Order::Call { to, request } => {
                if let Some(supervisor) = self.board.find(&to) {
                    let refs = endowment(desk, cx);
                    let call = cx.call(supervisor, &request.encode(), &refs, CALL_MS);
                    desk.calls.push((call, crate::words::asked(&request)));
                }
            }
            Order::Meet { who, whom } => {
                if let (Some(who), Some(whom)) = (self.board.find(&who), self.board.find(&whom)) {
                    cx.send_with(who, b"meet", &[whom]);
                }
            }
            Order::ExitTop(reason) => {
                if let Some(top) = self.board.find(TOP) {
                    cx.exit(top, reason);
                }
            }
            Order::StartTop => self.start_top(desk, cx),
        }
    }
}

/// What everybody gets: the ports and, at `ANNOUNCE`, the stage.
fn endowment(desk: &Desk, cx: &Cx<'_>) -> Vec<Ref> {
    desk.refs.iter().copied().chain([cx.me()]).collect()
}

fn keep(desk: &Desk, cx: &mut Cx<'_>) {
    cx.become_state(&postcard::to_allocvec(desk).expect("a plain value always encodes"));
}

impl Behaviour for Stage {
    fn name(&self) -> &'static str {
        Stage::NAME
    }

    fn init(&mut self, _args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.trap_exits(true);
        let mut desk = Desk { refs: cx.refs().to_vec(), calls: Vec::new(), starting: None };
        self.start_top(&mut desk, cx);
        keep(&desk, cx);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut desk: Desk = postcard::from_bytes(cx.state()).map_err(|error| Crash::new("decode", error.to_string()))?;
        self.handle(&mut desk, event, cx);
        keep(&desk, cx);
        Ok(())
    }
}

/// The spec of the top supervisor, empty until the world is booted.
pub(super) type Top = SupervisorSpec;
