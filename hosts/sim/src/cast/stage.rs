//! The root of every world: owns the top supervisor, and makes calls for the world outside.
use super::{Callboard, Counsel, DeadEnd, Member, Server, tell_book};
use peerd_otp::supervisor::{self, Request, SupervisorSpec};
use peerd_vat::{Behaviour, CallId, Code, Crash, Cx, Event, Identity, Reason, Ref, SpawnOptions, System};
use serde::{Deserialize, Serialize};

/// What the world asks of the stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Call this supervisor. The answer goes to the book, behind the number if it has one: the same may have been asked before.
    Call {
        to: String,
        request: Request,
        number: Option<u32>,
    },
    /// Give one the other's ref.
    Meet {
        who: String,
        whom: String,
    },
    /// Another version of a member's behaviour, or one that it can't become.
    Upgrade {
        who: String,
        from: u32,
        to: Option<u32>,
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
/// And where they find whom to ask about faults, in a world that has somebody.
pub const COUNSEL: u32 = 3;
/// Long: a supervisor that stops a slow child is slow to answer.
const CALL_MS: u64 = 100_000_000;
/// Who waits for something else takes no upgrade.
const UPGRADE_MS: u64 = 5_000;

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
    counsel: Option<Ref>,
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
                    Ok(answer) if answer.body.is_empty() => "ok".into(),
                    Ok(answer) => {
                        supervisor::Answer::decode(answer.body).map_or_else(|| "?".into(), |answer| crate::words::outcome(&answer))
                    }
                    Err(settle) => settle.to_string(),
                };
                tell_book(cx, desk.refs[0], &format!("{what}: {how}"));
            }
            // It may fail: whom supervisors ask is there again, under the same ref.
            Event::Exit { from, .. } if desk.counsel == Some(from) => self.seat_counsel(desk, cx),
            Event::Exit { reason, .. } => tell_book(cx, desk.refs[0], &format!("top exit {reason}")),
            // What supervisors announce, the board has.
            Event::User { .. } | Event::Down { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
    }

    fn seat_counsel(&self, desk: &mut Desk, cx: &mut Cx<'_>) {
        let options = SpawnOptions::new(Counsel::NAME, &[]).refs(&desk.refs).label(Counsel::NAME);
        desk.counsel = Some(cx.spawn(options.identity(Identity::Kept(Counsel::NAME)).linked()));
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
            Order::Call { to, request, number } => {
                if let Some(supervisor) = self.board.find(&to) {
                    let refs = endowment(desk, cx);
                    let call = cx.call(supervisor, &request.encode(), &refs, CALL_MS);
                    let asked = crate::words::asked(&request);
                    desk.calls.push((call, number.map_or(asked.clone(), |number| format!("{number} {asked}"))));
                }
            }
            Order::Meet { who, whom } => {
                if let (Some(who), Some(whom)) = (self.board.find(&who), self.board.find(&whom)) {
                    cx.send_with(who, b"meet", &[whom]);
                }
            }
            Order::Upgrade { who, from, to } => {
                if let Some(member) = self.board.find(&who) {
                    let from = Code { name: Member::NAME, version: from };
                    let dead_end = Code { name: DeadEnd::NAME, version: DeadEnd::VERSION };
                    let to = to.map_or(dead_end, |version| Code { name: Member::NAME, version });
                    let call = cx.system(member, System::Upgrade { from, to, extra: &[] }, UPGRADE_MS);
                    desk.calls.push((call, format!("upgrade {who} to {to}")));
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

/// What everybody gets: the ports, at `ANNOUNCE` the stage, at `COUNSEL` the counsel.
fn endowment(desk: &Desk, cx: &Cx<'_>) -> Vec<Ref> {
    desk.refs.iter().copied().chain([cx.me()]).chain(desk.counsel).collect()
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
        let mut desk = Desk { refs: cx.refs().to_vec(), calls: Vec::new(), starting: None, counsel: None };
        if self.board.has_counsel() {
            self.seat_counsel(&mut desk, cx);
        }
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
