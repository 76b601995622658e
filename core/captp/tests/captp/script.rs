//! A peer that is no machine: it greets as it should, and then says what a test has it say, byte for byte.
use peerd_captp::*;
use peerd_hostile::forge::Forger;
use peerd_syrup::{Limits as SyrupLimits, Value as Syrup};

use crate::world::{MS, location};

pub struct Script {
    pub peer: Peer,
    pub now: u64,
    conn_next: u64,
    pub delivered: Vec<(Object, Vec<Value>, Option<Resolver>)>,
    pub settled: Vec<(Promise, Outcome)>,
    pub outputs: Vec<Output>,
}

/// What one message was answered with.
#[derive(Default, Debug, PartialEq)]
pub struct Heard {
    pub messages: Vec<String>,
    pub closed: Option<String>,
}

/// Bytes as text: what can't be printed is a dot.
pub fn printed(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if (32..127).contains(byte) { *byte as char } else { '.' }).collect()
}

impl Script {
    pub fn new(flavour: Flavour, limits: Limits) -> Script {
        Script::named("ours", flavour, limits)
    }

    /// With the machine called something else.
    pub fn named(name: &str, flavour: Flavour, limits: Limits) -> Script {
        let netlayer = Netlayer { location: location(name), policy: Policy::Claimed, framing: Framing::Message, auth: Auth::None, flavour };
        Script {
            peer: Peer::new(vec![netlayer], limits, [1; 32]),
            now: 1_000 * MS,
            conn_next: 1,
            delivered: Vec::new(),
            settled: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// A peer and its first connection, greeted.
    pub fn ready(flavour: Flavour, limits: Limits) -> (Script, Conn) {
        let mut script = Script::new(flavour, limits);
        let conn = script.greeted(9, "theirs");
        (script, conn)
    }

    pub fn accept(&mut self) -> Conn {
        self.conn_next += 1;
        let conn = Conn(self.conn_next);
        self.peer.handle(Time(self.now), Input::Connected { conn, netlayer: 0, role: Role::Accepted, proven: None });
        self.heard(conn);
        conn
    }

    pub fn greeted(&mut self, seed: u8, name: &str) -> Conn {
        let conn = self.accept();
        let heard = self.says(conn, &Forger::new(seed).hello(name));
        assert_eq!(heard.closed, None);
        conn
    }

    pub fn says(&mut self, conn: Conn, message: &[u8]) -> Heard {
        self.peer.handle(Time(self.now), Input::Bytes { conn, bytes: message });
        self.heard(conn)
    }

    pub fn pass(&mut self, conn: Conn, ms: u64) -> Heard {
        self.now += ms * MS;
        self.peer.handle(Time(self.now), Input::Tick);
        self.heard(conn)
    }

    /// What the peer wants sent there by now.
    pub fn heard(&mut self, of: Conn) -> Heard {
        let mut heard = Heard::default();
        while let Some(output) = self.peer.take() {
            match output {
                Output::Send { conn, bytes } if conn == of => {
                    Syrup::read(&bytes, SyrupLimits::default()).expect("we write Syrup");
                    heard.messages.push(printed(&bytes));
                }
                Output::Close { conn, why } if conn == of => heard.closed = Some(why),
                Output::Deliver { to, args, answer, .. } => self.delivered.push((to, args, answer)),
                Output::Settled { promise, outcome } => self.settled.push((promise, outcome)),
                other => self.outputs.push(other),
            }
        }
        heard
    }

    /// Registers an object and has the script fetch it: at position 1.
    pub fn fetched(&mut self, conn: Conn, object: Object) {
        self.peer.register(b"swiss", Ref::Local(object));
        let heard = self.says(conn, b"<10'op:deliver<11'desc:export0+>[5'fetch5:swiss]f<18'desc:import-object0+>>");
        assert_eq!(heard.messages, ["<10'op:deliver<11'desc:export0+>[7'fulfill<18'desc:import-object1+>]ff>"]);
    }

    /// Once more, when the first was released: at position 2, and with a resolver at 9.
    pub fn fetched_again(&mut self, conn: Conn) {
        let heard = self.says(conn, b"<10'op:deliver<11'desc:export0+>[5'fetch5:swiss]f<18'desc:import-object9+>>");
        assert_eq!(heard.messages, ["<10'op:deliver<11'desc:export9+>[7'fulfill<18'desc:import-object2+>]ff>"]);
    }
}

pub fn abort(why: &str) -> Heard {
    Heard { messages: vec![format!("<8'op:abort{}\"{why}>", why.len())], closed: Some(why.into()) }
}
