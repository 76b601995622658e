//! Sessions that are wanted and not there yet, and what waits for them.
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Peer;
use super::gifts::Redeeming;
use super::promises::broken;
use crate::cell::{Call, What};
use crate::io::{Conn, Dial, Output, Refused, Role, Time};
use crate::location::Location;
use crate::session::Sid;
use crate::value::{Promise, Ref, Value};

/// Invariant: at most one dial of each location.
pub(crate) struct Dials {
    going: BTreeMap<Dial, Dialling>,
    next: u64,
}

struct Dialling {
    location: Location,
    session: Option<Sid>,
    /// When it is given up. Set when the time is next told: what asks for a dial may come long after it was last.
    until: Option<Time>,
    wants: Vec<Want>,
}

/// What is done when the session is ready; the promise is broken if it never is. With the right to settle it.
pub(crate) enum Want {
    Fetch(Vec<u8>, Promise),
    Withdraw(Box<Redeeming>, Promise),
}

/// How long the hello of a connection that crossed ours is waited for.
const CROSSED_MS: u64 = 1_000;

impl Dials {
    pub fn new() -> Dials {
        Dials { going: BTreeMap::new(), next: 1 }
    }

    fn find(&self, location: &Location) -> Option<Dial> {
        self.going.iter().find(|(_, dialling)| dialling.location.same_peer(location)).map(|(dial, _)| *dial)
    }

    pub fn location(&self, dial: Dial) -> Option<&Location> {
        self.going.get(&dial).map(|dialling| &dialling.location)
    }

    /// The session that was begun to get there.
    pub fn session(&self, location: &Location) -> Option<Sid> {
        self.going.get(&self.find(location)?)?.session
    }

    pub fn connected(&mut self, dial: Dial, sid: Sid) {
        if let Some(dialling) = self.going.get_mut(&dial) {
            dialling.session = Some(sid);
        }
    }

    /// The wants of a dial outlive its own connection: the peer has come to us.
    pub fn forget_session(&mut self, sid: Sid) {
        for dialling in self.going.values_mut().filter(|dialling| dialling.session == Some(sid)) {
            dialling.session = None;
        }
    }

    pub fn len(&self) -> usize {
        self.going.len()
    }

    /// When the first is given up; at once if that is still to be said.
    pub fn until(&self) -> Option<Time> {
        self.going.values().map(|dialling| dialling.until.unwrap_or_default()).min()
    }
}

impl Peer {
    /// Does it on the session that there is with this peer, or on one that is dialled for it.
    pub(super) fn want(&mut self, location: &Location, want: Option<Want>) -> Result<Option<Dial>, Refused> {
        if let Some(sid) = self.by_location.get(&location.name()) {
            let sid = *sid;
            self.fulfil(sid, want);
            return Ok(None);
        }
        if let Some(dial) = self.dials.find(location) {
            self.dials.going.get_mut(&dial).expect("found just now").wants.extend(want);
            return Ok(Some(dial));
        }
        let Some(netlayer) = self.netlayers.iter().position(|netlayer| netlayer.location.transport == location.transport) else {
            return self.unwanted(want, Refused::Unreachable);
        };
        if !location.is_reachable() {
            return self.unwanted(want, Refused::Unreachable);
        }
        if self.dials.going.len() >= self.limits.dials_max {
            return self.unwanted(want, Refused::Full("dials"));
        }
        let dial = Dial(self.dials.next);
        self.dials.next += 1;
        self.dials
            .going
            .insert(dial, Dialling { location: location.clone(), session: None, until: None, wants: want.into_iter().collect() });
        self.outputs.push_back(Output::Dial { dial, netlayer, location: location.clone() });
        Ok(Some(dial))
    }

    fn unwanted(&mut self, want: Option<Want>, refused: Refused) -> Result<Option<Dial>, Refused> {
        if let Some(Want::Fetch(_, promise) | Want::Withdraw(_, promise)) = want {
            self.settle_later(promise, broken(refused.text()));
        }
        Err(refused)
    }

    fn fulfil(&mut self, sid: Sid, want: Option<Want>) {
        match want {
            Some(Want::Fetch(swiss, promise)) => self.fetch_on(sid, &swiss, promise),
            Some(Want::Withdraw(redeeming, promise)) => self.withdraw_on(sid, *redeeming, promise),
            None => {}
        }
    }

    /// Asks the other side's bootstrap object; the promise becomes the answer.
    pub(super) fn fetch_on(&mut self, sid: Sid, swiss: &[u8], promise: Promise) {
        let Some(bootstrap) = self.sessions.get(sid).and_then(|session| session.them()).map(|them| them.bootstrap) else {
            return self.settle_later(promise, broken("there is no session"));
        };
        let args = [Value::symbol("fetch"), Value::Bytes(swiss.to_vec())].into();
        let call = Call { from: None, what: What::Deliver(args), result: Some(promise), bytes: swiss.len() };
        self.dispatch(Ref::Far(bootstrap), call);
    }

    /// A session with that peer is ready, whoever began it.
    pub(super) fn dial_done(&mut self, location: &Location, sid: Sid) {
        let Some(dialling) = self.dials.find(location).and_then(|dial| self.dials.going.remove(&dial)) else { return };
        for want in dialling.wants {
            self.fulfil(sid, Some(want));
        }
    }

    pub(super) fn dial_failed(&mut self, dial: Dial) {
        let Some(dialling) = self.dials.going.remove(&dial) else { return };
        for want in dialling.wants {
            let (Want::Fetch(_, promise) | Want::Withdraw(_, promise)) = want;
            self.settle_later(promise, broken("no connection"));
        }
    }

    /// The peer has aborted what we dialled: it may keep the connection that it made itself, whose hello may still be on its way.
    pub(super) fn dial_aborted(&mut self, sid: Sid) {
        let soon = self.after_ms(CROSSED_MS);
        for dialling in self.dials.going.values_mut().filter(|dialling| dialling.session == Some(sid)) {
            dialling.session = None;
            dialling.until = Some(dialling.until.map_or(soon, |until| until.min(soon)));
        }
    }

    /// A session that was dialled for has ended before it was ready.
    pub(super) fn dial_lost(&mut self, sid: Sid) {
        let lost = self.dials.going.iter().find(|(_, dialling)| dialling.session == Some(sid)).map(|(dial, _)| *dial);
        if let Some(dial) = lost {
            self.dial_failed(dial);
        }
    }

    pub(super) fn dials_due(&mut self) {
        let until = self.after_ms(self.limits.handshake_ms);
        for dialling in self.dials.going.values_mut() {
            dialling.until.get_or_insert(until);
        }
        while let Some(dial) = self.dials.going.iter().find(|(_, dialling)| dialling.until <= Some(self.now)).map(|(dial, _)| *dial) {
            self.dial_failed(dial);
        }
    }

    /// A location that names no key can't prove itself.
    pub(super) fn unreachable_dial(&mut self, conn: Conn, role: Role) {
        if let Role::Dialled(dial) = role {
            self.dial_failed(dial);
        }
        self.close(conn, "a designator that names no key");
    }
}
