//! Both ends of a call: objects that are called, and who calls so many times, some at a time.
use peerd_captp::{Conn, Location, Object, Outcome, Peer, Promise, Ref, Sturdyref, Value};
use peerd_ocapn::{Call, Objects, Session};

/// What goes with each call, and comes back.
pub const PAYLOAD: usize = 64;
/// Gives back what it is given. What comes without a question it keeps.
pub const ECHO: (&[u8], Object) = (b"echo", Object(1));
/// Calls what it is given, and counts the answer.
pub const TAKER: (&[u8], Object) = (b"taker", Object(2));
/// Objects of nobody's, to be given away, have numbers from here.
pub const OTHERS: u64 = 10;

#[derive(Default)]
pub struct Caller {
    /// What it calls, once it was fetched.
    pub far: Option<Value>,
    fetching: Option<Promise>,
    left: u64,
    pub answered: u64,
    pub failed: Option<String>,
}

impl Caller {
    /// Offers what can be called.
    pub fn new(peer: &mut Peer) -> Caller {
        for (swiss, object) in [ECHO, TAKER] {
            peer.register(swiss, Ref::Local(object));
        }
        Caller::default()
    }

    pub fn fetch(&mut self, peer: &mut Peer, location: Location, swiss: &[u8]) {
        let promise = peer.enliven(&Sturdyref { location, swiss: swiss.to_vec() }).expect("it can be dialled");
        peer.listen(promise).expect("it is ours");
        self.fetching = Some(promise);
    }

    /// Begins so many calls, so many at a time.
    pub fn begin(&mut self, peer: &mut Peer, calls: u64, window: u64) {
        (self.left, self.answered) = (calls, 0);
        for _ in 0..window.min(calls) {
            self.call(peer);
        }
    }

    fn call(&mut self, peer: &mut Peer) {
        self.left -= 1;
        match self.far {
            Some(Value::Ref(far)) => self.ask(peer, far),
            _ => self.fail("nothing was fetched"),
        }
    }

    fn ask(&mut self, peer: &mut Peer, whom: Ref) {
        let called = peer.call(whom, vec![Value::Bytes(vec![7; PAYLOAD])]);
        if let Err(refused) = called.and_then(|promise| peer.listen(promise)) {
            self.fail(&format!("{refused:?}"));
        }
    }

    fn fail(&mut self, why: &str) {
        self.failed.get_or_insert_with(|| why.to_owned());
    }
}

impl Objects for Caller {
    fn deliver(&mut self, peer: &mut Peer, call: Call) {
        if let [Value::Ref(given)] = call.args[..]
            && call.to == TAKER.1
        {
            self.ask(peer, given);
            peer.release(given);
        }
        let Some(answer) = call.answer else { return };
        let value = call.args.into_iter().next().unwrap_or(Value::Void);
        if peer.settle(answer, Outcome::Fulfilled(value)).is_err() {
            self.fail("the answer cannot be sent");
        }
    }

    fn settled(&mut self, peer: &mut Peer, promise: Promise, outcome: Outcome) {
        peer.release(Ref::Promise(promise));
        match outcome {
            Outcome::Fulfilled(value) if self.fetching == Some(promise) => {
                self.fetching = None;
                self.far = Some(value);
            }
            Outcome::Fulfilled(_) => {
                self.answered += 1;
                if self.left > 0 {
                    self.call(peer);
                }
            }
            Outcome::Broken(why) => self.fail(&format!("{why:?}")),
        }
    }

    fn dropped(&mut self, _: Object) {}

    fn session(&mut self, _: &mut Peer, _: Conn, _: Session) {}
}
