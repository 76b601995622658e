//! How a session begins: the netlayer's proof, the two hellos, and which of two connections is kept.
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::Peer;
use super::refs::FarEntry;
use crate::auth::Proof;
use crate::dialect::{Dialect, Hello};
use crate::fault::Fault;
use crate::framing::Framer;
use crate::io::{Auth, Conn, Framing, Output, Policy, Role};
use crate::keys::{Id, Keys, public_id, session_id, signed_location, verify};
use crate::records::Read;
use crate::session::{Exports, Session, Sid, Stage, Them};
use crate::value::Far;

impl Peer {
    pub(super) fn connected(&mut self, conn: Conn, at: usize, role: Role, proven: Option<String>) {
        let dialled = match role {
            Role::Dialled(dial) => match self.dials.location(dial) {
                Some(location) => Some(location.clone()),
                // The peer has come to us in the meantime, or it took too long.
                None => return self.close(conn, "no longer wanted"),
            },
            Role::Accepted => None,
        };
        let Some(netlayer) = self.netlayers.get(at) else { return self.close(conn, "no such netlayer") };
        if self.conns.len() >= self.limits.conns_max || self.conns.contains_key(&conn) {
            return self.close(conn, "too many connections");
        }
        // A dialler can't wait to see how the other side frames.
        let framing = match (netlayer.framing, role) {
            (Framing::Either, Role::Dialled(_)) => Framing::Length,
            (framing, _) => framing,
        };
        let (mut first, mut stage) = (None, Stage::Hello { sent: false });
        if let Auth::WebSocket { seed } = &netlayer.auth {
            stage = Stage::Proving(match &dialled {
                None => Proof::Nonce(Keys::new(*seed)),
                Some(location) => {
                    let Some(key) = location.key() else { return self.unreachable_dial(conn, role) };
                    let nonce = self.entropy.draw();
                    let (proof, message) = Proof::ask(&nonce, key);
                    first = Some(message);
                    proof
                }
            });
        }
        let until = self.after_ms(self.limits.handshake_ms);
        let netlayer = &self.netlayers[at];
        let session = Session {
            conn,
            netlayer: at,
            policy: netlayer.policy,
            role,
            until,
            framer: Framer::new(framing),
            framing,
            dialect: Dialect::Deployed,
            flavour: netlayer.flavour,
            keys: Keys::new(self.entropy.draw()),
            stage,
            proven,
            dialled,
            exports: Exports::new(),
            imports: Default::default(),
            questions: Default::default(),
            question_next: 1,
            answers: Default::default(),
            released: Vec::new(),
            answered: Vec::new(),
            counts: Default::default(),
            out: Vec::new(),
            dirty: false,
            unsent: 0,
            paused: false,
            choked: false,
        };
        let sid = self.sessions.insert(session);
        self.hellos.insert((until, sid));
        self.conns.insert(conn, sid);
        if let Role::Dialled(dial) = role {
            self.dials.connected(dial, sid);
        }
        let may_cross = self.netlayers[at].location.is_reachable();
        match (first, role) {
            (Some(message), _) => self.send_frame(sid, message),
            // An acceptor answers: it judges a crossed hello before it says who it is, so that a dialler who is answered has won.
            (None, Role::Accepted) if may_cross => {}
            // Where nobody dials, as with the two ends of a port, both begin.
            (None, Role::Accepted | Role::Dialled(_)) => self.greet(sid),
        }
    }

    /// The netlayer's proof is through: what to answer it with, and then our hello.
    pub(super) fn proven(&mut self, sid: Sid, answer: Option<Vec<u8>>) {
        let session = self.sessions.get_mut(sid).expect("it is its message");
        if let Some(location) = &session.dialled {
            session.proven = Some(location.designator.clone());
        }
        if let Some(answer) = answer {
            self.send_frame(sid, answer);
        }
        self.greet(sid);
    }

    /// Sends our hello, once.
    pub(super) fn greet(&mut self, sid: Sid) {
        let Some(session) = self.sessions.get_mut(sid) else { return };
        let Stage::Hello { sent } = &mut session.stage else { return };
        if core::mem::replace(sent, true) {
            return;
        }
        let mut located = Vec::new();
        self.netlayers[session.netlayer].location.write(&mut located);
        let signature = session.keys.sign(&signed_location(&located));
        let mut message = Vec::with_capacity(320);
        session.dialect.write_hello(&session.keys.public(), &located, &signature, &mut message);
        self.send_frame(sid, message);
    }

    /// Theirs.
    pub(super) fn greeted(&mut self, sid: Sid, hello: Hello) -> Read<()> {
        let Hello { dialect, key, location, located, signature } = hello;
        if !verify(&key, &signed_location(&located), &signature) {
            return Err(Fault::Hello("a location that is not signed by the session's key"));
        }
        let in_use = |session: &Session| session.keys.public() == key || session.them().is_some_and(|them| them.key == key);
        if self.sessions.iter().any(in_use) {
            return Err(Fault::Hello("a key that is in use"));
        }
        if self.is_ours(&location) {
            return Err(Fault::Hello("our own location"));
        }
        let session = self.sessions.get(sid).expect("it is its message");
        if session.dialled.as_ref().is_some_and(|dialled| !dialled.same_peer(&location)) {
            return Err(Fault::Hello("another location than was dialled"));
        }
        let believed = match session.policy {
            Policy::Claimed => true,
            Policy::Proven => session.proven.as_ref() == Some(&location.designator),
        };
        // All who can't be reached have the same location.
        let found = believed && location.is_reachable();
        // A location that the channel contradicts is worse than one that nobody proved.
        if session.proven.as_ref().is_some_and(|proven| *proven != location.designator) {
            return Err(Fault::Hello("another location than the channel proved"));
        }
        if found {
            self.judge(sid, dialect, &key, &location)?;
        }
        self.greet(sid);
        let bootstrap = Far(self.fars.insert(FarEntry { sid, position: 0, imported: false, holds: 1, lent: 0 }));
        let session = self.sessions.get_mut(sid).expect("it is its message");
        let (side, our_side) = (public_id(dialect, &key), public_id(dialect, &session.keys.public()));
        let id = session_id(&side, &our_side);
        session.dialect = dialect;
        session.stage = Stage::Ready(Them { key, location: location.clone(), side, our_side, id, bootstrap, found });
        let (conn, until) = (session.conn, session.until);
        self.hellos.remove(&(until, sid));
        self.by_id.insert(id, sid);
        if found {
            self.by_location.insert(location.name(), sid);
        }
        self.outputs.push_back(Output::Ready { conn, location: location.clone(), proven: found });
        if found {
            self.dial_done(&location, sid);
        }
        Ok(())
    }

    /// One session per pair: whether this one may be it. Connections are told apart by the public id of who began them, so both sides keep
    /// the same one.
    fn judge(&mut self, sid: Sid, dialect: Dialect, key: &Id, location: &crate::location::Location) -> Read<()> {
        if self.by_location.contains_key(&location.name()) {
            return Err(Fault::Duplicate);
        }
        let session = self.sessions.get(sid).expect("it is its message");
        if let Role::Dialled(_) = session.role {
            return Ok(());
        }
        // A dial that has not connected has said nothing yet: it is given up, and closed when it does connect.
        let Some(dialling) = self.dials.session(location) else { return Ok(()) };
        let Some(ours) = self.sessions.get(dialling) else { return Ok(()) };
        match public_id(dialect, &ours.keys.public()).cmp(&public_id(dialect, key)) {
            Ordering::Less => {
                self.dials.forget_session(dialling);
                self.end(dialling, Some(Fault::Crossed.text()));
                Ok(())
            }
            Ordering::Equal | Ordering::Greater => Err(Fault::Crossed),
        }
    }
}
