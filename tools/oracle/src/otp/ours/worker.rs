//! A child that does what its script says.
use super::book::Shared;
use crate::otp::program::{Body, LATE_MS, Manner, Outcome, SLOW_MS, Why};
use peerd_vat::{Behaviour, Crash, Cx, Event, Reason};

pub const NAME: &str = "worker";

pub fn behaviour(book: &Shared) -> Box<dyn Behaviour> {
    Box::new(Worker(book.clone()))
}

/// Its state: the byte of its manner, then that of its stage.
struct Worker(Shared);

const WORKING: u8 = 0;
const STARTING: u8 = 1;
/// As `STARTING`, and it will fail.
const FAILING: u8 = 2;
const STOPPING: u8 = 3;

const TIMER: u64 = 1;

impl Behaviour for Worker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        if !cx.state().is_empty() {
            return Ok(());
        }
        let args = std::str::from_utf8(args).map_err(|error| Crash::new("args", error.to_string()))?;
        let (key, path) = args.split_once(' ').ok_or_else(|| Crash::new("args", args))?;
        let (outcome, node) = self.0.lock().born(path, key, cx);
        let Body::Worker(manner) = node.body else { return Err(Crash::new("args", "not a worker")) };
        let stage = match outcome {
            Outcome::Ok | Outcome::Info => WORKING,
            Outcome::LateOk => STARTING,
            Outcome::LateError => FAILING,
            Outcome::Crash => return Err(Crash::new("boom", "boom")),
            Outcome::Ignore => return end(Reason::Normal, cx),
            Outcome::Error => return end(Reason::Other("bad".into()), cx),
            Outcome::Value => return end(Reason::Other("value".into()), cx),
        };
        if outcome == Outcome::Info {
            cx.started_with(b"info");
        }
        cx.trap_exits(!matches!(manner, Manner::Soft | Manner::Unlinked));
        cx.become_state(&[manner as u8, stage]);
        if outcome.is_late() {
            cx.timer(TIMER, LATE_MS);
            cx.defer();
        } else {
            self.leave(manner, cx);
        }
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let [manner, stage] = *cx.state() else { return Err(Crash::new("state", "two bytes")) };
        let manner = MANNERS[usize::from(manner)];
        match (event, stage) {
            (Event::Timer { key: TIMER }, STARTING) => {
                cx.become_state(&[manner as u8, WORKING]);
                cx.become_tag(1);
                self.leave(manner, cx);
                Ok(())
            }
            (Event::Timer { key: TIMER }, FAILING) => end(Reason::Other("bad".into()), cx),
            (Event::Timer { key: TIMER }, STOPPING) => end(Reason::Shutdown, cx),
            (Event::User { body: [why], .. }, WORKING) => match WHYS[usize::from(*why)] {
                Why::Crash => Err(Crash::new("boom", "boom")),
                why => end(reason(why), cx),
            },
            (Event::Exit { from, reason }, WORKING) if cx.parent().is_some_and(|parent| parent.actor_id() == from.actor_id()) => {
                told_to_go(manner, reason, cx)
            }
            (Event::Down { reason: _, .. }, _) => end(Reason::Other("orphaned".into()), cx),
            _ => Ok(()),
        }
    }
}

fn end(reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
    cx.stop(reason);
    Ok(())
}

impl Worker {
    /// Why watch then: it must not outlive its supervisor.
    fn leave(&self, manner: Manner, cx: &mut Cx<'_>) {
        if manner != Manner::Unlinked {
            return;
        }
        if let Some(parent) = cx.parent().and_then(|parent| self.0.lock().supervisor(parent)) {
            cx.unlink(parent);
            cx.watch(parent);
        }
    }
}

fn told_to_go(manner: Manner, reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
    match (manner, reason) {
        (Manner::Deaf, Reason::Shutdown) => Ok(()),
        (Manner::Slow, Reason::Shutdown) => {
            cx.become_state(&[manner as u8, STOPPING]);
            cx.timer(TIMER, SLOW_MS);
            Ok(())
        }
        (Manner::Odd, Reason::Shutdown) => end(Reason::Other("odd".into()), cx),
        (Manner::Calm, Reason::Shutdown) => end(Reason::Normal, cx),
        (_, reason) => end(reason, cx),
    }
}

const MANNERS: [Manner; 7] = [Manner::Soft, Manner::Unlinked, Manner::Quick, Manner::Slow, Manner::Odd, Manner::Calm, Manner::Deaf];
const WHYS: [Why; 6] = [Why::Normal, Why::Shutdown, Why::ShutdownX, Why::Died, Why::Crash, Why::Kill];

pub fn reason(why: Why) -> Reason {
    match why {
        Why::Normal => Reason::Normal,
        Why::Shutdown => Reason::Shutdown,
        Why::ShutdownX => Reason::ShutdownWith("x".into()),
        Why::Died => Reason::Other("died".into()),
        Why::Crash => Reason::Other("crash".into()),
        Why::Kill => Reason::Kill,
    }
}

/// Of a crash only that it was one: the rest is the engine's own. Of bad specs what is wrong with them.
pub fn told(reason: &Reason) -> String {
    match reason {
        Reason::Crash(crash) if matches!(&*crash.kind, "start_spec" | "supervisor_data") => {
            let word = crash.message.split(['(', ' ', ':']).next().unwrap_or_default();
            format!("{}({word})", crash.kind)
        }
        Reason::Crash(_) => "crashed".into(),
        reason => without_payload(&reason.to_string()),
    }
}

/// Crashes inside of other reasons.
fn without_payload(text: &str) -> String {
    let mut parts = text.split("crashed \"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |told, part| format!("{told}crashed{}", part.split_once('"').map_or("", |(_, rest)| rest)))
}
