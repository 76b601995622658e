//! System messages: to look into an actor, to hold it, to change what is in it (semantics 18; OTP's `sys`).
use crate::{
    ActorId, CALL_MS, CallId, Code, Crash, Cx, DeadClass, INFINITY_MS, MessageKind, Reason, Ref, Rights, Settle, Vat, What,
    entry::{Envelope, Sender},
    refs::{Key, Kind},
    settle::Outcome,
    shots::Shot,
    slab::Handle,
    slots::Flags,
    status::{Line, Statistics, Status},
    step::current,
    told::told,
    turn::Effect,
};
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What may be asked of an actor by who has the control right over it. Each is answered as a call is; what fails settles
/// `exit(crash)` and has changed nothing.
///
/// `Suspend` and `Resume` act at admission. The rest is served between two turns, in order with other messages, or at once
/// while the actor is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum System<'a> {
    /// Nothing but system messages is served, until `Resume` or the end of this incarnation.
    Suspend,
    Resume,
    /// Answered by the state as bytes, in the behaviour's own encoding.
    GetState,
    /// The new state, in the same encoding. Fails when the behaviour can't decode it.
    ReplaceState(&'a [u8]),
    /// Answered by a `Status`.
    GetStatus,
    /// Remembers the newest so many events, at most `LOG_MAX`; 0 forgets them.
    Log(u16),
    /// Answered by `Vec<Line>`, oldest first.
    GetLog,
    /// Counts from now on, or no more.
    Statistics(bool),
    /// Answered by `Option<Statistics>`: none while it does not count.
    GetStatistics,
    /// `Output::Trace` for this actor, whatever `Config::trace` says.
    Trace(bool),
    /// From one behaviour to another, with the state that `Behaviour::migrate` makes of the old one.
    Upgrade {
        #[serde(borrow)]
        from: Code<'a>,
        #[serde(borrow)]
        to: Code<'a>,
        extra: &'a [u8],
    },
    /// Lets the state rest as bytes. Fails while the actor awaits something, or when its state can't be encoded.
    Passivate,
    /// Takes the state up again, which the next message would do, too.
    Activate,
    /// Answered by entries of its map as `Vec<(Vec<u8>, Vec<u8>)>`: those from this key on, at most `Map::SHOWN_MAX` bytes of them, and
    /// one if there is one.
    GetMap(&'a [u8]),
}

impl System<'_> {
    const fn kind(&self) -> MessageKind {
        match self {
            System::Suspend => MessageKind::Suspend,
            System::Resume => MessageKind::Resume,
            System::Upgrade { .. } => MessageKind::Upgrade,
            System::Passivate => MessageKind::Passivate,
            System::Activate => MessageKind::Activate,
            System::GetState | System::ReplaceState(_) | System::GetStatus | System::GetMap(_) => MessageKind::System,
            System::Log(_) | System::GetLog | System::Statistics(_) | System::GetStatistics | System::Trace(_) => MessageKind::System,
        }
    }
}

impl fmt::Display for System<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            System::Suspend => f.write_str("suspend"),
            System::Resume => f.write_str("resume"),
            System::GetState => f.write_str("get_state"),
            System::ReplaceState(state) => write!(f, "replace_state by {} bytes", state.len()),
            System::GetStatus => f.write_str("get_status"),
            System::Log(entries) => write!(f, "log {entries}"),
            System::GetLog => f.write_str("get_log"),
            System::Statistics(on) => write!(f, "statistics {on}"),
            System::GetStatistics => f.write_str("get_statistics"),
            System::Trace(on) => write!(f, "trace {on}"),
            System::Upgrade { from, to, .. } => write!(f, "upgrade {from} to {to}"),
            System::Passivate => f.write_str("passivate"),
            System::Activate => f.write_str("activate"),
            System::GetMap(_) => f.write_str("get_map"),
        }
    }
}

/// send, to the kernel's side of an actor
impl Cx<'_> {
    /// Needs the control right. Settles as a call does.
    pub fn system(&mut self, to: Ref, what: System<'_>, deadline_ms: u64) -> CallId {
        // As for any far call: it always has an end.
        let endless = !to.is_near() && deadline_ms == INFINITY_MS;
        let deadline = self.deadline(if endless { CALL_MS } else { deadline_ms });
        let shot = self.tables.shots.reserve(Shot::new(self.me, deadline, self.tables.turn.handling));
        let body = encode(&what);
        let entry = self.tables.messages.write(&Envelope::new(self.sender(), what.kind(), &body).about(shot, deadline.0));
        self.tables.turn.effects.push(Effect::Call { to, entry });
        CallId(shot)
    }
}

impl Vat {
    pub(crate) fn send_system(&mut self, from: Sender, to: Ref, entry: Handle, shot: Key) {
        let meant = self.tables.slots.get(to.key).filter(|header| !to.is_pinned() || header.incarnation == to.incarnation);
        if !to.rights.contain(Rights::CONTROL) {
            return self.refuse(from, to, entry, Some(shot), DeadClass::Revoked);
        }
        if to.kind == Kind::Far {
            return self.ask_far(from, to, entry, shot);
        }
        if to.kind != Kind::Actor || meant.is_none_or(|header| !header.flags.has(Flags::LIVE)) {
            return self.refuse(from, to, entry, Some(shot), DeadClass::Noproc);
        }
        let kind = self.tables.messages.cell(entry).kind;
        if matches!(kind, MessageKind::Suspend | MessageKind::Resume) {
            self.ledger.counters.sent += 1;
            self.handled(to.key, entry);
            // One that is held goes on when its owner says so, and not before.
            if !self.is_held(to.key) {
                self.set_suspended(to.key, kind == MessageKind::Suspend);
            }
            self.settle(shot, Sender { key: to.key, incarnation: 0 }, Outcome::Answer { body: &[], refs: &[] });
        } else {
            self.carry(to.key, Some(shot), &[]);
            self.put(to.key, entry);
        }
    }

    pub(crate) fn set_suspended(&mut self, me: Key, on: bool) {
        self.door_mut(me).is_suspended = on;
        self.sort_at_door(me);
        self.wake(me);
    }

    /// The message at hand, which no behaviour sees.
    pub(crate) fn serve(&mut self, me: Sender, handle: Handle) {
        let entry = current(&self.current, &self.apart);
        let (from, kind, shot) = (entry.from(), entry.kind(), entry.about().expect("system messages are calls").key);
        let body: Vec<u8> = entry.body().into();
        self.ledger.counters.turns += 1;
        self.ledger.fact(Some(ActorId(me.key)), || What::Received {
            from: from.actor_id(),
            kind,
            text: told(current(&self.current, &self.apart)).into_owned(),
            incarnation: me.incarnation,
        });
        self.refs.clear();
        let asked: System<'_> = postcard::from_bytes(&body).expect("written by the kernel");
        let result = self.obey(me, asked, handle);
        match result {
            Ok(answer) => self.settle(shot, me, Outcome::Answer { body: &answer, refs: &[] }),
            Err(crash) => self.settle_failed(Some(shot), &Settle::Exit(Reason::Crash(crash))),
        }
        self.let_go(shot, &Settle::Noreply);
        self.settle_deaths();
    }

    fn obey(&mut self, me: Sender, asked: System<'_>, handle: Handle) -> Result<Vec<u8>, Crash> {
        if let System::Upgrade { from, to, extra } = asked {
            return self.upgrade(me, from, to, extra, handle).map(|()| Vec::new());
        }
        let id = ActorId(me.key);
        let replaced = if let System::ReplaceState(state) = asked { self.replace_state(me.key, state, handle) } else { Ok(()) };
        self.ledger.fact(Some(id), || What::Committed);
        self.handled(me.key, handle);
        match asked {
            System::Suspend | System::Resume => unreachable!("acted at admission"),
            System::Upgrade { .. } => unreachable!("done above"),
            System::ReplaceState(_) => replaced?,
            System::GetState => {
                let mut state = Vec::new();
                self.encode_state(me.key, &mut state)?;
                return Ok(state);
            }
            System::GetStatus => {
                return Ok(encode(&Status::of(&self.row(me.key), self.code_of(me.key), self.tables.slots.life(me.key).tag)));
            }
            System::Log(entries) => self.ledger.log(id, entries),
            System::GetLog => return Ok(encode::<Vec<Line>>(&self.ledger.logged(id))),
            System::Statistics(on) => self.ledger.count(id, on),
            System::GetStatistics => return Ok(encode::<Option<Statistics>>(&self.ledger.counted(id))),
            System::Trace(on) => self.ledger.trace_one(id, on),
            System::Passivate => self.passivate(me.key)?,
            System::Activate => self.activate(me.key)?,
            System::GetMap(from) => return Ok(encode(&self.map(id).shown(from))),
        }
        Ok(Vec::new())
    }
}

/// Of a system message from outside; none if it is no such message.
pub(crate) fn kind_of(body: &[u8]) -> Option<MessageKind> {
    let (asked, rest) = postcard::take_from_bytes::<System<'_>>(body).ok()?;
    rest.is_empty().then(|| asked.kind())
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("plain data encodes")
}
