//! What calls cost between two machines in one process: `cargo run --release -p peerd-captp --example calls`.
#![expect(clippy::disallowed_methods, reason = "it measures")]
use std::time::Instant;

use peerd_captp::{
    Auth, Conn, Flavour, Framing, Input, Limits, Location, Netlayer, Object, Outcome, Output, Peer, Policy, Ref, Resolver, Role, Time,
    Value,
};

const CALLS: usize = 400_000;
/// Calls that are made before the answers of the first are taken.
const BATCH: usize = 500;

struct Pair {
    peers: [Peer; 2],
    now: u64,
    bytes: usize,
    answers: Vec<(Resolver, Vec<Value>)>,
    settled: usize,
    fetched: Option<Ref>,
}

fn peer(name: &str, seed: u8) -> Peer {
    let location = Location::new("tcp-testing-only", name, &[]);
    Peer::new(
        vec![Netlayer { location, policy: Policy::Claimed, framing: Framing::Length, auth: Auth::None, flavour: Flavour::Peerd }],
        Limits::default(),
        [seed; 32],
    )
}

impl Pair {
    fn new() -> Pair {
        let mut pair =
            Pair { peers: [peer("here", 1), peer("there", 2)], now: 1_000_000, bytes: 0, answers: Vec::new(), settled: 0, fetched: None };
        pair.peers[1].register(b"echo", Ref::Local(Object(1)));
        let there = pair.peers[1].netlayers()[0].location.clone();
        let dial = pair.peers[0].dial(&there).expect("a way there").expect("no session yet");
        while pair.peers[0].take().is_some() {}
        for (at, role) in [(1, Role::Accepted), (0, Role::Dialled(dial))] {
            pair.peers[at].handle(Time(pair.now), Input::Connected { conn: Conn(1), netlayer: 0, role, proven: None });
        }
        pair.run();
        pair
    }

    /// Until neither has anything to say.
    fn run(&mut self) {
        loop {
            let mut quiet = true;
            for at in [0, 1] {
                while let Some(output) = self.peers[at].take() {
                    quiet = false;
                    match output {
                        Output::Send { conn, bytes } => {
                            self.bytes += bytes.len();
                            self.peers[at].handle(Time(self.now), Input::Written { conn, bytes: bytes.len() });
                            self.peers[1 - at].handle(Time(self.now), Input::Bytes { conn, bytes: &bytes });
                        }
                        Output::Deliver { args, answer: Some(answer), .. } => self.answers.push((answer, args)),
                        Output::Settled { promise, outcome } => {
                            self.settled += 1;
                            if let Outcome::Fulfilled(Value::Ref(found)) = outcome {
                                self.fetched = Some(found);
                            }
                            self.peers[at].release(Ref::Promise(promise));
                        }
                        _ => {}
                    }
                }
            }
            for (answer, mut args) in self.answers.drain(..) {
                self.peers[1].settle(answer, Outcome::Fulfilled(args.remove(0))).expect("asked for once");
            }
            if quiet {
                return;
            }
        }
    }
}

fn main() {
    let mut pair = Pair::new();
    let promise = pair.peers[0].fetch(Conn(1), b"echo").expect("a session");
    pair.peers[0].listen(promise).expect("held");
    pair.run();
    let echo = pair.fetched.expect("it is there");
    for (name, listens) in [("told of each answer", true), ("answers let go of", false)] {
        let (start, bytes) = (Instant::now(), pair.bytes);
        for batch in 0..CALLS / BATCH {
            for at in 0..BATCH {
                let args = vec![Value::integer((batch * BATCH + at) as i64), Value::Bytes(vec![7; 16])];
                let promise = pair.peers[0].call(echo, args).expect("room for it");
                if listens {
                    pair.peers[0].listen(promise).expect("held");
                } else {
                    pair.peers[0].release(Ref::Promise(promise));
                }
            }
            pair.now += 1_000;
            pair.run();
        }
        let (spent, bytes) = (start.elapsed(), pair.bytes - bytes);
        let per_call = spent.as_secs_f64() / CALLS as f64;
        println!("{name}: {:.0} calls/s, {:.2} us and {} bytes a call, both ends", 1.0 / per_call, per_call * 1e6, bytes / CALLS);
    }
    println!("{:?} {:?}", pair.peers[0].sizes(Conn(1)), pair.peers[1].sizes(Conn(1)));
}
