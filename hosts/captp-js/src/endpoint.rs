//! All of one realm's sessions, as JavaScript drives them.
use crate::{handles::Handles, host::Host, told::Telling};
use peerd_captp::{
    Auth, Conn, Dial, Flavour, Framing, Input, Integer, Limits, Location, Netlayer, Object, Outcome, Output, Part, Peer, Policy, Promise,
    Reason, Ref, Refused, Resolver, Role, Sturdyref, Time, Value,
};
use std::collections::BTreeSet;
use wasm_bindgen::prelude::wasm_bindgen;

/// The places of the netlayers: ports to other realms of this origin or this program, and the web.
const PORT: usize = 0;
const WEBSOCKET: usize = 1;

/// The designator of who can't be dialled.
const UNREACHABLE: &str = "unreachable";

#[wasm_bindgen]
pub struct Endpoint {
    peer: Peer,
    host: Host,
    handles: Handles,
    /// The pieces of values that JavaScript has pushed and not used yet.
    stack: Vec<Value>,
    /// Ports on which no hello has come yet.
    greeting: BTreeSet<u32>,
    early: Vec<Early>,
}

/// A fetch over a connection on which no hello has come yet: what is called on its promise goes out right behind it.
struct Early {
    conn: u32,
    swiss: Vec<u8>,
    resolver: Resolver,
}

/// For people.
type Tried<T> = Result<T, String>;

#[wasm_bindgen]
impl Endpoint {
    /// `seed`: 64 random bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host, seed: &[u8]) -> Tried<Endpoint> {
        let (Some(seed), Some(key)) = (seed.first_chunk::<32>(), seed.get(32..).and_then(<[u8]>::first_chunk::<32>)) else {
            return Err("a seed has 64 bytes".into());
        };
        let port = Netlayer {
            location: Location::new("message-port", UNREACHABLE, &[]),
            // Who has the port was given it: what it says of its place means nothing here.
            policy: Policy::Proven,
            framing: Framing::Length,
            auth: Auth::None,
            flavour: Flavour::Peerd,
        };
        let web = Netlayer {
            location: Location::new("websocket", UNREACHABLE, &[]),
            policy: Policy::Proven,
            framing: Framing::Message,
            auth: Auth::WebSocket { seed: *key },
            flavour: Flavour::Unknown,
        };
        let peer = Peer::new(vec![port, web], Limits::default(), *seed);
        Ok(Endpoint { peer, host, handles: Handles::default(), stack: Vec::new(), greeting: BTreeSet::new(), early: Vec::new() })
    }

    pub fn push_void(&mut self) {
        self.stack.push(Value::Void);
    }

    pub fn push_null(&mut self) {
        self.stack.push(Value::Null);
    }

    pub fn push_bool(&mut self, value: bool) {
        self.stack.push(Value::Bool(value));
    }

    pub fn push_float(&mut self, value: f64) {
        self.stack.push(Value::Float(value));
    }

    /// In decimal digits.
    pub fn push_integer(&mut self, digits: &str) -> Tried<()> {
        let integer = Integer::parse(digits).ok_or("not an integer")?;
        self.stack.push(Value::Integer(integer));
        Ok(())
    }

    pub fn push_bytes(&mut self, bytes: Vec<u8>) {
        self.stack.push(Value::Bytes(bytes));
    }

    pub fn push_text(&mut self, text: String) {
        self.stack.push(Value::Text(text));
    }

    pub fn push_symbol(&mut self, text: String) {
        self.stack.push(Value::Symbol(text));
    }

    pub fn push_error(&mut self, message: String) {
        self.stack.push(Value::Error(message));
    }

    pub fn push_sturdyref(&mut self, uri: &str) -> Tried<()> {
        let sturdyref = sturdyref(uri)?;
        self.stack.push(Value::Sturdyref(Box::new(sturdyref)));
        Ok(())
    }

    pub fn push_object(&mut self, object: u32) {
        self.stack.push(Value::Ref(Ref::Local(Object(u64::from(object)))));
    }

    pub fn push_handle(&mut self, handle: u32) -> Tried<()> {
        let reference = self.of(handle)?;
        self.stack.push(Value::Ref(reference));
        Ok(())
    }

    pub fn make_list(&mut self, length: usize) {
        let items = self.pop(length);
        self.stack.push(Value::List(items));
    }

    /// Of keys and values in turn.
    pub fn make_struct(&mut self, length: usize) -> Tried<()> {
        let mut pieces = self.pop(length * 2).into_iter();
        let mut fields = Vec::with_capacity(length);
        while let (Some(key), Some(value)) = (pieces.next(), pieces.next()) {
            let Value::Text(key) = key else { return Err("a key is a text".into()) };
            fields.push((key, value));
        }
        self.stack.push(Value::Struct(fields));
        Ok(())
    }

    pub fn make_tagged(&mut self, tag: String) {
        let content = self.stack.pop().unwrap_or(Value::Void);
        self.stack.push(Value::Tagged(tag, Box::new(content)));
    }

    /// What was pushed is not used: a value can't be sent.
    pub fn clear(&mut self) {
        self.stack.clear();
    }

    /// With the arguments that were pushed. The number of the promise, of which JavaScript hears when it is settled.
    pub fn call(&mut self, handle: u32, length: usize) -> Tried<u32> {
        let (to, args) = (self.of(handle)?, self.pop(length));
        let promise = self.peer.call(to, args).map_err(|refused| words(&refused))?;
        self.hears_of(promise)
    }

    pub fn send(&mut self, handle: u32, length: usize) -> Tried<()> {
        let (to, args) = (self.of(handle)?, self.pop(length));
        self.peer.send(to, args).map_err(|refused| words(&refused))
    }

    pub fn field(&mut self, promise: u32, key: String) -> Tried<u32> {
        self.part(promise, Part::Field(key))
    }

    pub fn index(&mut self, promise: u32, index: u32) -> Tried<u32> {
        self.part(promise, Part::Index(u64::from(index)))
    }

    /// A promise of JavaScript's: its number, and behind it that of its resolver.
    pub fn promise(&mut self) -> Vec<u32> {
        let (promise, resolver) = self.peer.promise();
        vec![self.handles.number(Ref::Promise(promise)).0, self.handles.keep_resolver(resolver)]
    }

    /// Asks to hear when it is settled.
    pub fn listen(&mut self, handle: u32) -> Tried<()> {
        let Ref::Promise(promise) = self.of(handle)? else { return Err("not a promise".into()) };
        self.peer.listen(promise).map_err(|refused| words(&refused))
    }

    /// With what was pushed last.
    pub fn fulfill(&mut self, resolver: u32) -> Tried<()> {
        let value = self.stack.pop().unwrap_or(Value::Void);
        self.settle(resolver, Outcome::Fulfilled(value))
    }

    pub fn break_with(&mut self, resolver: u32) -> Tried<()> {
        let value = self.stack.pop().unwrap_or(Value::Void);
        self.settle(resolver, Outcome::Broken(Reason::Told(value)))
    }

    pub fn release(&mut self, handle: u32) {
        if let Some(reference) = self.handles.remove(handle) {
            self.peer.release(reference);
        }
    }

    /// The object can be had by who knows the number that this returns.
    pub fn offer(&mut self, object: u32) -> Vec<u8> {
        let swiss = self.peer.mint();
        self.peer.register(&swiss, Ref::Local(Object(u64::from(object))));
        swiss.into()
    }

    pub fn withdraw(&mut self, swiss: &[u8]) {
        self.peer.unregister(swiss);
    }

    pub fn fetch(&mut self, conn: u32, swiss: &[u8]) -> Tried<u32> {
        let promise = match self.peer.fetch(conn_of(conn), swiss) {
            Err(Refused::Unknown) if self.greeting.contains(&conn) => {
                let (promise, resolver) = self.peer.promise();
                self.early.push(Early { conn, swiss: swiss.into(), resolver });
                promise
            }
            asked => asked.map_err(|refused| words(&refused))?,
        };
        self.hears_of(promise)
    }

    pub fn enliven(&mut self, uri: &str) -> Tried<u32> {
        let promise = self.peer.enliven(&sturdyref(uri)?).map_err(|refused| words(&refused))?;
        self.hears_of(promise)
    }

    /// A port stands: each side has connected it by itself.
    pub fn connected(&mut self, now: f64, conn: u32) {
        let role = Role::Accepted;
        self.greeting.insert(conn);
        self.input(now, Input::Connected { conn: conn_of(conn), netlayer: PORT, role, proven: None });
    }

    pub fn dialled(&mut self, now: f64, conn: u32, dial: u32) {
        let role = Role::Dialled(Dial(u64::from(dial)));
        self.input(now, Input::Connected { conn: conn_of(conn), netlayer: WEBSOCKET, role, proven: None });
    }

    pub fn not_dialled(&mut self, now: f64, dial: u32) {
        self.input(now, Input::NotConnected { dial: Dial(u64::from(dial)) });
    }

    pub fn bytes(&mut self, now: f64, conn: u32, bytes: &[u8]) {
        self.input(now, Input::Bytes { conn: conn_of(conn), bytes });
    }

    pub fn written(&mut self, now: f64, conn: u32, bytes: usize) {
        self.input(now, Input::Written { conn: conn_of(conn), bytes });
    }

    pub fn closed(&mut self, now: f64, conn: u32) {
        self.input(now, Input::Closed { conn: conn_of(conn) });
        self.greeted(conn, false);
    }

    pub fn abort(&mut self, conn: u32, why: &str) {
        self.peer.abort(conn_of(conn), why);
    }

    pub fn tick(&mut self, now: f64) {
        self.input(now, Input::Tick);
    }

    /// Milliseconds since 1970, when `tick` is due at the latest.
    pub fn wake_at(&self) -> Option<f64> {
        self.peer.wake_at().map(|at| at.0 as f64 / 1_000.0)
    }

    /// Tells the host all that is to be done and has happened.
    pub fn tell(&mut self) {
        while let Some(output) = self.peer.take() {
            match output {
                Output::Ready { conn, .. } => self.greeted(conn.0 as u32, true),
                Output::Close { conn, .. } => self.greeted(conn.0 as u32, false),
                _ => {}
            }
            Telling { host: &self.host, handles: &mut self.handles, peer: &mut self.peer }.output(output);
        }
    }

    /// Entries of a session's tables: exports, imports, questions, answers.
    pub fn sizes(&self, conn: u32) -> Option<Vec<u32>> {
        let sizes = self.peer.sizes(conn_of(conn))?;
        Some([sizes.exports, sizes.imports, sizes.questions, sizes.answers].map(|size| size as u32).into())
    }
}

impl Endpoint {
    /// A hello came over this connection, or none ever will.
    fn greeted(&mut self, conn: u32, is_ready: bool) {
        if !self.greeting.remove(&conn) {
            return;
        }
        let early = std::mem::take(&mut self.early);
        let (now, still): (Vec<Early>, Vec<Early>) = early.into_iter().partition(|early| early.conn == conn);
        self.early = still;
        for Early { swiss, resolver, .. } in now {
            let fetched = if is_ready { self.peer.fetch(conn_of(conn), &swiss).ok() } else { None };
            let outcome = fetched.map_or(Outcome::Broken(Reason::Disconnected), |promise| Value::Ref(Ref::Promise(promise)).into());
            // Its promise is held until it is settled, so its resolver is good.
            let _ = self.peer.settle(resolver, outcome);
            if let Some(promise) = fetched {
                self.peer.release(Ref::Promise(promise));
            }
        }
    }

    fn of(&self, handle: u32) -> Tried<Ref> {
        self.handles.get(handle).ok_or_else(|| "a reference that was released".into())
    }

    fn pop(&mut self, length: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len().saturating_sub(length))
    }

    fn hears_of(&mut self, promise: Promise) -> Tried<u32> {
        self.peer.listen(promise).map_err(|refused| words(&refused))?;
        Ok(self.handles.number(Ref::Promise(promise)).0)
    }

    fn part(&mut self, promise: u32, part: Part) -> Tried<u32> {
        let Ref::Promise(promise) = self.of(promise)? else { return Err("not a promise".into()) };
        let part = self.peer.part(promise, part).map_err(|refused| words(&refused))?;
        self.hears_of(part)
    }

    fn settle(&mut self, resolver: u32, outcome: Outcome) -> Tried<()> {
        let resolver = self.handles.take_resolver(resolver).ok_or("settled already")?;
        match self.peer.settle(resolver, outcome) {
            // Who asked is gone: nobody is to be told.
            Err(Refused::Unknown) => Ok(()),
            done => done.map_err(|refused| words(&refused)),
        }
    }

    fn input(&mut self, now: f64, input: Input<'_>) {
        self.peer.handle(Time((now * 1_000.0) as u64), input);
    }
}

fn conn_of(conn: u32) -> Conn {
    Conn(u64::from(conn))
}

fn sturdyref(uri: &str) -> Tried<Sturdyref> {
    Sturdyref::parse(uri).map_err(|_| "not an ocapn: URI of an object".into())
}

fn words(refused: &Refused) -> String {
    match refused {
        Refused::Unknown => "a reference or connection that is no longer".into(),
        Refused::NotPortable(what) => format!("the other side can't read {what}"),
        Refused::TooLong => "longer than a message may be".into(),
        Refused::Full(what) => format!("too many {what}"),
        Refused::Unreachable => "no way leads to that place".into(),
    }
}
