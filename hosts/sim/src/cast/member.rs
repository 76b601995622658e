//! One of many: it passes messages on, calls, answers, watches and sets timers as chance says, and can be told to misbehave.
use super::{MIGRATED, Manner, Plan, Server, Worker, book, newer, tell_book, words};
use crate::check::{ARMED, UNLINKED, WATCHING};
use peerd_vat::{Behaviour, CallId, Code, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

/// The entry for the behaviour table. Its starts go as planned.
pub(super) fn behaviour(plan: &Plan) -> Box<dyn Behaviour> {
    super::worker::planned(peerd_otp::behaviour::<Member>(), plan)
}

pub struct Member;

#[derive(Serialize, Deserialize)]
pub struct Day {
    book: Ref,
    /// The port that answers as the world pleases.
    echo: Ref,
    worker: Worker,
    peers: Vec<Ref>,
    open: Vec<(CallId, u64)>,
    /// Calls it will answer later, or never.
    kept: Vec<(Ref, u64)>,
    /// Answered already, the newest last.
    used: Vec<(Ref, u64)>,
    leaving: Option<Reason>,
    ballast: Vec<u8>,
    /// That it has had in this life.
    pub turns: u64,
}

/// Limit: what one member remembers of others.
const PEERS_MAX: usize = 4;
const KEPT_MAX: usize = 3;
const USED_MAX: usize = 4;
/// The timer of a slow stop; other timers have smaller keys.
const LEAVE: u64 = 1_000;
const READY: u32 = 1;
/// What a crash of this kind says is that the kernel broke a promise.
pub(crate) const BROKEN: &str = "promise_broken";

impl Server for Member {
    const NAME: &'static str = "member";
    type State = Day;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Day, Crash> {
        let worker: Worker = postcard::from_bytes(args).map_err(|_| Crash::new("bad_args", "no worker"))?;
        let &[_, echo, ..] = refs else { return Err(Crash::new("bad_args", "a member needs the book and the echo")) };
        cx.trap_exits(true);
        if let (Manner::Unlinked, Some(parent)) = (&worker.manner, cx.parent()) {
            cx.unlink(parent);
            cx.report(UNLINKED, "");
        }
        let (peers, open, kept) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Day { book: book(refs)?, echo, worker, peers, open, kept, used: Vec::new(), leaving: None, ballast: Vec::new(), turns: 0 })
    }

    fn handle(day: &mut Day, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        day.turns += 1;
        match event {
            Event::User { body, reply: Some(reply), .. } => day.asked(words(body).1, reply, cx),
            Event::User { body, refs, .. } => {
                let (verb, rest) = words(body);
                let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
                day.told(verb, first.parse().unwrap_or(0), second.parse().unwrap_or(0), refs, cx)
            }
            Event::Reply { call, result } => day.settled(call, result.map(|answer| answer.body).ok()),
            Event::Timer { key: LEAVE } => {
                cx.stop(day.leaving.take().unwrap_or(Reason::Normal));
                Ok(())
            }
            Event::Timer { key } if key.is_multiple_of(2) => {
                arm(key + 1, key * 50, cx);
                Ok(())
            }
            Event::Timer { .. } | Event::Alarm { .. } | Event::Down { .. } | Event::Exit { .. } => Ok(()),
        }
    }

    fn parent_exit(day: &mut Day, reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
        day.turns += 1;
        match &day.worker.manner {
            Manner::Plain | Manner::Unlinked => cx.stop(reason),
            Manner::Odd(own) => cx.stop(Reason::Other(own.clone())),
            Manner::Deaf => {}
            Manner::Slow(ms) => {
                cx.timer(LEAVE, *ms);
                day.leaving = Some(reason);
            }
        }
        Ok(())
    }

    fn migrate(state: &[u8], _from: Code<'_>, _extra: &[u8], cx: &mut Cx<'_>) -> Result<Day, Crash> {
        let (_, day): (u64, Day) = newer::decode(state)?;
        cx.report(MIGRATED, day.turns.to_string());
        Ok(day)
    }
}

impl Day {
    fn told(&mut self, verb: &str, n: u64, ms: u64, refs: &[Ref], cx: &mut Cx<'_>) -> Result<(), Crash> {
        match (verb, refs) {
            ("meet", &[other]) if self.peers.len() < PEERS_MAX => self.peers.push(other),
            ("meet", &[other]) => self.peers[(cx.random() % PEERS_MAX as u64) as usize] = other,
            ("deliver", &[reply]) => self.answer(reply, n, cx),
            ("walk", _) => self.walk(n, cx),
            ("ask", _) => self.ask(n, ms, cx),
            ("host", _) => self.call(self.echo, n, ms, cx),
            ("burst", _) => {
                if let Some(peer) = self.peer(cx) {
                    (1..=n).for_each(|note| cx.send(peer, format!("note {note}").as_bytes()));
                    self.call(peer, n, 2_000, cx);
                }
            }
            ("watch", _) => {
                if let Some(peer) = self.peer(cx) {
                    cx.watch(peer);
                    cx.report(WATCHING, peer.actor_id().map(|id| id.to_string()).unwrap_or_default());
                }
            }
            ("arm", _) => arm(n, ms, cx),
            ("disarm", _) => {
                cx.cancel_timer(n);
                cx.report(crate::check::DISARMED, n.to_string());
            }
            ("flood", _) => {
                if let Some(peer) = self.peer(cx) {
                    (0..n).for_each(|_| cx.send(peer, b"note"));
                }
            }
            ("hog", _) if n > 0 => cx.send(cx.me(), format!("hog {}", n - 1).as_bytes()),
            ("grow", _) => self.ballast = vec![1; n as usize],
            ("forge", _) => super::forger::forge(n, cx),
            ("replay", _) => {
                for (reply, n) in &self.used {
                    cx.reply(*reply, format!("ask {n}").as_bytes(), &[]);
                }
            }
            ("report", _) => tell_book(cx, self.book, &format!("here {} {}", self.worker.id, self.open.len())),
            ("stop", _) => cx.stop(Reason::Normal),
            ("leave", _) => cx.stop(Reason::ShutdownWith("leave".into())),
            ("quit", _) => cx.stop(Reason::Other("quit".into())),
            ("die", _) => return Err(Crash::new("died", "died")),
            ("up", _) => cx.become_tag(READY),
            ("fail", _) => return Err(Crash::new("failed", "failed")),
            _ => {}
        }
        Ok(())
    }

    fn peer(&self, cx: &mut Cx<'_>) -> Option<Ref> {
        if self.peers.is_empty() { None } else { Some(self.peers[(cx.random() % self.peers.len() as u64) as usize]) }
    }

    /// Passes it on, and does one thing and another on the way.
    fn walk(&mut self, left: u64, cx: &mut Cx<'_>) {
        let Some(peer) = self.peer(cx).filter(|_| left > 0) else { return };
        cx.send(peer, format!("walk {}", left - 1).as_bytes());
        match cx.random() % 16 {
            0 => self.ask(left, 500, cx),
            1 => {
                if let Some((reply, n)) = self.kept.pop() {
                    self.answer(reply, n, cx);
                }
            }
            2 => arm(left % 5, left * 10, cx),
            3 => cx.send_with(peer, b"meet", &[cx.me()]),
            4 => self.call(self.echo, left, 3_000, cx),
            _ => {}
        }
    }

    fn ask(&mut self, n: u64, ms: u64, cx: &mut Cx<'_>) {
        if let Some(peer) = self.peer(cx) {
            self.call(peer, n, ms, cx);
        }
    }

    /// Not itself: such a call settles without a message ever being under way, which facts don't tell apart from one that is lost.
    fn call(&mut self, to: Ref, n: u64, ms: u64, cx: &mut Cx<'_>) {
        if to == cx.me() {
            return;
        }
        let call = cx.call(to, format!("ask {n}").as_bytes(), &[], ms.max(1));
        self.open.push((call, n));
    }

    fn asked(&mut self, n: &str, reply: Ref, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let n = n.parse().unwrap_or(0);
        match (cx.random() % 12, self.peer(cx)) {
            (0, _) => {}
            (1, _) if self.kept.len() < KEPT_MAX => self.kept.push((reply, n)),
            (2, Some(peer)) => cx.send_with(peer, format!("deliver {n}").as_bytes(), &[reply]),
            (3, _) => {
                self.answer(reply, n, cx);
                cx.reply(reply, b"twice", &[]);
            }
            (4, Some(peer)) => {
                self.answer(reply, n, cx);
                cx.send(peer, b"note");
            }
            _ => self.answer(reply, n, cx),
        }
        Ok(())
    }

    fn answer(&mut self, reply: Ref, n: u64, cx: &mut Cx<'_>) {
        cx.reply(reply, format!("ask {n}").as_bytes(), &[]);
        if self.used.len() == USED_MAX {
            self.used.remove(0);
        }
        self.used.push((reply, n));
    }

    fn settled(&mut self, call: CallId, answer: Option<&[u8]>) -> Result<(), Crash> {
        let at = self.open.iter().position(|open| open.0 == call);
        let (_, n) = self.open.remove(at.ok_or_else(|| Crash::new(BROKEN, format!("a call that was not open settled: {call:?}")))?);
        match answer {
            Some(answer) if answer != format!("ask {n}").as_bytes() => {
                Err(Crash::new(BROKEN, format!("call {n} was answered {:?}", String::from_utf8_lossy(answer))))
            }
            _ => Ok(()),
        }
    }
}

fn arm(key: u64, ms: u64, cx: &mut Cx<'_>) {
    cx.timer(key, ms);
    cx.report(ARMED, format!("{key} {}", cx.now().after(ms).0));
}
