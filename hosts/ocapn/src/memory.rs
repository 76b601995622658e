//! Peers of one process, joined without sockets: what one sends is the other's next input.
use std::collections::BTreeMap;

use peerd_captp::{Auth, Conn, Flavour, Framing, Input, Limits, Location, Netlayer, Output, Peer, Policy, Role, Time};

use crate::node::{Objects, tell};

/// The transport's name. Designators are names that nobody outside could take: who made the peers vouches for them.
const TRANSPORT: &str = "in-memory";

pub struct Memory<O> {
    members: Vec<Member<O>>,
    /// From a member's connection to the other end of it.
    lines: BTreeMap<(usize, Conn), (usize, Conn)>,
    next: u64,
    /// Bytes that have gone from one to another.
    pub carried: u64,
}

struct Member<O> {
    name: String,
    peer: Peer,
    objects: O,
}

impl<O: Objects> Memory<O> {
    /// One peer for each name, which draws its keys from the entropy beside it.
    pub fn new(members: Vec<(&str, [u8; 32], O)>, limits: Limits) -> Memory<O> {
        let member = |(name, entropy, objects): (&str, _, _)| {
            let netlayer = Netlayer {
                location: Location::new(TRANSPORT, name, &[]),
                policy: Policy::Proven,
                framing: Framing::Message,
                auth: Auth::None,
                flavour: Flavour::Peerd,
            };
            Member { name: name.to_owned(), peer: Peer::new(vec![netlayer], limits, entropy), objects }
        };
        Memory { members: members.into_iter().map(member).collect(), lines: BTreeMap::new(), next: 1, carried: 0 }
    }

    /// Where the others find it.
    #[must_use]
    pub fn location(&self, at: usize) -> Location {
        self.members[at].peer.netlayers()[0].location.clone()
    }

    pub fn member(&mut self, at: usize) -> (&mut Peer, &mut O) {
        let member = &mut self.members[at];
        (&mut member.peer, &mut member.objects)
    }

    /// It is so late, and everything that follows from it happens, until nobody has anything to say.
    pub fn run(&mut self, now: Time) {
        for member in &mut self.members {
            member.peer.handle(now, Input::Tick);
        }
        let mut is_quiet = false;
        while !is_quiet {
            is_quiet = true;
            for at in 0..self.members.len() {
                while let Some(output) = self.members[at].peer.take() {
                    is_quiet = false;
                    self.perform(at, now, output);
                }
            }
        }
    }

    fn perform(&mut self, at: usize, now: Time, output: Output) {
        let Member { peer, objects, .. } = &mut self.members[at];
        let Some(output) = tell(output, peer, objects) else { return };
        match output {
            Output::Send { conn, bytes } => {
                self.carried += bytes.len() as u64;
                peer.handle(now, Input::Written { conn, bytes: bytes.len() });
                if let Some(&(other, conn)) = self.lines.get(&(at, conn)) {
                    self.members[other].peer.handle(now, Input::Bytes { conn, bytes: &bytes });
                }
            }
            Output::Dial { dial, location, .. } => {
                let Some(other) = self.members.iter().position(|member| member.name == location.designator) else {
                    return self.members[at].peer.handle(now, Input::NotConnected { dial });
                };
                let (here, there) = (Conn(self.next), Conn(self.next + 1));
                self.next += 2;
                self.lines.insert((at, here), (other, there));
                self.lines.insert((other, there), (at, here));
                for (member, conn, role, of) in [(other, there, Role::Accepted, at), (at, here, Role::Dialled(dial), other)] {
                    let proven = Some(self.members[of].name.clone());
                    self.members[member].peer.handle(now, Input::Connected { conn, netlayer: 0, role, proven });
                }
            }
            Output::Close { conn, .. } => {
                if let Some((other, conn)) = self.lines.remove(&(at, conn)) {
                    self.lines.remove(&(other, conn));
                    self.members[other].peer.handle(now, Input::Closed { conn });
                }
            }
            // Nothing waits on the way.
            Output::Pause { .. } | Output::Resume { .. } => {}
            Output::Ready { .. } | Output::Ended { .. } | Output::Deliver { .. } | Output::Settled { .. } | Output::Dropped { .. } => {
                unreachable!("the objects were told")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use peerd_captp::{Object, Outcome, Promise, Ref, Resolver, Sturdyref, Value};

    use super::*;
    use crate::node::{Call, Session};

    /// Gives back what it is given, and remembers what was settled.
    #[derive(Default)]
    struct Echo(Vec<Outcome>);

    impl Objects for Echo {
        fn deliver(&mut self, peer: &mut Peer, call: Call) {
            let answer: Resolver = call.answer.expect("it was asked for one");
            peer.settle(answer, Outcome::Fulfilled(Value::List(call.args))).expect("the caller is there");
        }

        fn settled(&mut self, peer: &mut Peer, promise: Promise, outcome: Outcome) {
            peer.release(Ref::Promise(promise));
            self.0.push(outcome);
        }

        fn dropped(&mut self, _: Object) {}

        fn session(&mut self, _: &mut Peer, _: Conn, _: Session) {}
    }

    #[test]
    fn two_peers_of_one_process_call_each_other() {
        let mut memory = Memory::new(vec![("a", [1; 32], Echo::default()), ("b", [2; 32], Echo::default())], Limits::default());
        for at in 0..2 {
            memory.member(at).0.register(b"echo", Ref::Local(Object(7)));
        }
        memory.run(Time(1));
        for (from, to) in [(0, 1), (1, 0)] {
            let sturdyref = Sturdyref { location: memory.location(to), swiss: b"echo".to_vec() };
            let (peer, _) = memory.member(from);
            let echo = peer.enliven(&sturdyref).expect("it can be dialled");
            let answer = peer.call(Ref::Promise(echo), vec![Value::integer(5)]).expect("there is room");
            peer.listen(answer).expect("it is ours");
            memory.run(Time(2));
            assert_eq!(memory.member(from).1.0, [Outcome::Fulfilled(Value::List(vec![Value::integer(5)]))]);
        }
    }

    #[test]
    fn who_is_not_there_cannot_be_dialled() {
        let mut memory = Memory::new(vec![("a", [1; 32], Echo::default())], Limits::default());
        memory.run(Time(1));
        let (peer, _) = memory.member(0);
        let nobody = Sturdyref { location: Location::new(TRANSPORT, "b", &[]), swiss: b"echo".to_vec() };
        let promise = peer.enliven(&nobody).expect("the transport is known");
        peer.listen(promise).expect("it is ours");
        memory.run(Time(2));
        assert!(matches!(memory.member(0).1.0[..], [Outcome::Broken(_)]));
    }
}
