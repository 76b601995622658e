//! What leaves: ops and values as the peer at the other end can read them, positions and counts as they are written.
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use peerd_syrup::{Order, Writer};

use super::Peer;
use super::handoff::Gives;
use super::promises::{Work, broken};
use crate::cell::{Call, Path, Place, What, refs_of, size_of};
use crate::io::{Flavour, Outcome, Part, Reason, Refused};
use crate::location::LOCATION_BYTES_MAX;
use crate::session::{Sid, Target};
use crate::value::{Far, Promise, Ref, Value};

/// Limit: bytes of a reason that is written; a sentence.
const REASON_BYTES_MAX: usize = 256;
/// What an op takes besides its arguments: labels, positions.
const OP_BYTES: usize = 160;
/// What a signed give takes at most, the exporter's location included.
const GIVE_BYTES: usize = 512 + LOCATION_BYTES_MAX;

impl Peer {
    /// Whether a call with such arguments could be written to this session now.
    pub(super) fn check(&self, sid: Sid, args: &[Value], answers: usize) -> Result<(), Refused> {
        let Some(session) = self.sessions.get(sid) else { return Ok(()) };
        for value in args {
            self.portable(value, session.flavour, 2)?;
        }
        let mut refs = answers;
        let mut bytes = OP_BYTES;
        for value in args {
            refs_of(value, &mut |reference| {
                refs += 1;
                bytes += if self.may_be_given(reference, sid) { GIVE_BYTES } else { 0 };
            });
            bytes += size_of(value);
        }
        if bytes > self.limits.frame_bytes_max {
            return Err(Refused::TooLong);
        }
        if session.exports.by_position.len() + refs > self.limits.exports_max {
            return Err(Refused::Full("exports"));
        }
        if session.questions.len() + answers > self.limits.questions_max {
            return Err(Refused::Full("questions"));
        }
        Ok(())
    }

    /// Whether a reference may have to be written as a signed give.
    fn may_be_given(&self, reference: Ref, to: Sid) -> bool {
        match reference {
            Ref::Local(_) => false,
            Ref::Far(Far(id)) => self.fars.get(id).is_some_and(|far| far.sid != to),
            Ref::Promise(_) => true,
        }
    }

    /// Whether the peer reads what it was sent: more calls are made when it has caught up.
    pub(super) fn has_room(&self, sid: Sid) -> Result<(), Refused> {
        match self.sessions.get(sid) {
            Some(session) if session.unsent + session.out.len() > self.limits.unsent_bytes_max => Err(Refused::Full("unsent")),
            _ => Ok(()),
        }
    }

    fn portable(&self, value: &Value, flavour: Flavour, depth: usize) -> Result<(), Refused> {
        if depth >= self.limits.depth_max {
            return Err(Refused::NotPortable("nested too deeply"));
        }
        let rich = matches!(flavour, Flavour::Endo | Flavour::Peerd);
        match value {
            Value::Null if !rich => Err(Refused::NotPortable("null")),
            Value::Error(_) if !rich => Err(Refused::NotPortable("an error")),
            Value::Tagged(..) if !rich => Err(Refused::NotPortable("a tagged value")),
            Value::Tagged(_, value) => self.portable(value, flavour, depth + 1),
            Value::Integer(number) if number.digits() > self.limits.digits_max => {
                Err(Refused::NotPortable("an integer with too many digits"))
            }
            Value::List(items) => items.iter().try_for_each(|item| self.portable(item, flavour, depth + 1)),
            Value::Struct(pairs) => {
                let sorted = |order: Order| {
                    let mut keys: Vec<&String> = pairs.iter().map(|(key, _)| key).collect();
                    keys.sort_by(|this, that| order.compare(this, that));
                    keys
                };
                let keys = sorted(Order::Encoded);
                if keys.windows(2).any(|two| two[0] == two[1]) {
                    return Err(Refused::NotPortable("a struct with a key twice"));
                }
                if flavour == Flavour::Unknown && keys != sorted(Order::Text) {
                    return Err(Refused::NotPortable("a struct whose keys have no order that all peers read"));
                }
                pairs.iter().try_for_each(|(_, value)| self.portable(value, flavour, depth + 1))
            }
            _ => Ok(()),
        }
    }

    /// Writes a call to where a peer has what is called. Its answer becomes a question of that session.
    pub(super) fn write_call(&mut self, way: Path, call: Call) {
        let sid = way.sid;
        if self.sessions.get(sid).is_none() {
            return self.fail(call, Reason::Disconnected);
        }
        let args: &[Value] = match &call.what {
            What::Deliver(args) => args,
            What::Part(_) => &[],
        };
        let answers = usize::from(call.result.is_some());
        let fits = if call.bytes + OP_BYTES > self.limits.frame_bytes_max { Err(Refused::TooLong) } else { Ok(()) };
        if let Err(refused) = fits.and_then(|()| self.has_room(sid)).and_then(|()| self.check(sid, args, answers)) {
            return self.fail(call, Reason::Machine(refused.text()));
        }
        // What is given to a third party is deposited before it is mentioned.
        let mut gives = self.deposit(sid, args);
        let mut message = mem::take(&mut self.scratch);
        match &call.what {
            What::Deliver(args) => {
                Writer(&mut message).open_record("op:deliver");
                write_place(way.at, &mut message);
                Writer(&mut message).open_list();
                for value in args {
                    self.write_value(sid, value, &mut gives, &mut message);
                }
                Writer(&mut message).close_list();
            }
            What::Part(part) => {
                let label = match part {
                    Part::Field(_) => "op:get",
                    Part::Index(_) => "op:index",
                    Part::Untag(_) => "op:untag",
                };
                Writer(&mut message).open_record(label);
                write_place(way.at, &mut message);
                match part {
                    Part::Field(name) | Part::Untag(name) => Writer(&mut message).text(name),
                    Part::Index(at) => Writer(&mut message).u64(*at),
                }
            }
        }
        let question = call.result.map(|result| self.ask(sid, result));
        match (&call.what, question) {
            (What::Part(_), None) => unreachable!("a part is asked for by who wants it"),
            (What::Part(_), Some(position)) => {
                Writer(&mut message).u64(position);
                Writer(&mut message).close_record();
                self.send_frame(sid, message);
                // Nobody is told the end of a part unless it is listened to.
                let result = call.result.expect("asked just now");
                self.write_listen_to(sid, Place::Question(position), result);
            }
            (What::Deliver(args), question) => {
                match (question, call.result) {
                    (Some(position), Some(result)) => {
                        Writer(&mut message).u64(position);
                        self.write_resolver(sid, result, &mut message);
                    }
                    _ => message.extend_from_slice(b"ff"),
                }
                Writer(&mut message).close_record();
                self.send_frame(sid, message);
                self.drop_all(args);
            }
        }
    }

    /// The next question of a session; the promise is the peer's from now on.
    pub(super) fn ask(&mut self, sid: Sid, result: Promise) -> u64 {
        let session = self.sessions.get_mut(sid).expect("looked up by who calls this");
        let position = session.question_next;
        session.question_next += 1;
        session.questions.insert(position, result);
        let cell = self.cells.get_mut(result.0).expect("a call holds its result");
        cell.path = Some(Path { sid, at: Place::Question(position) });
        if !cell.queue.is_empty() {
            self.todo.push_back(Work::Flush(result));
        }
        position
    }

    /// An object of ours that settles a promise; the right to do that goes with it.
    pub(super) fn write_resolver(&mut self, sid: Sid, promise: Promise, to: &mut Vec<u8>) {
        let session = self.sessions.get_mut(sid).expect("looked up by who calls this");
        let position = session.exports.insert(Target::Resolver(promise));
        write_descriptor("desc:import-object", position, to);
    }

    /// Asks a peer to tell the end of a promise of its own.
    pub(super) fn write_listen(&mut self, sid: Sid, position: u64, promise: Promise) {
        self.hold_one(Ref::Promise(promise));
        self.write_listen_to(sid, Place::Import(position), promise);
    }

    fn write_listen_to(&mut self, sid: Sid, at: Place, promise: Promise) {
        let Some(session) = self.sessions.get(sid).filter(|session| session.exports.by_position.len() < self.limits.exports_max) else {
            return self.settle_later(promise, broken("too many exports"));
        };
        let dialect = session.dialect;
        let mut message = mem::take(&mut self.scratch);
        Writer(&mut message).open_record("op:listen");
        write_place(at, &mut message);
        self.write_resolver(sid, promise, &mut message);
        dialect.write_listen_mode(false, &mut message);
        Writer(&mut message).close_record();
        self.send_frame(sid, message);
    }

    /// Tells a resolver of a peer's what became of a promise.
    pub(super) fn write_settlement(&mut self, to: Ref, outcome: &Outcome) {
        let Ref::Far(Far(id)) = to else {
            // A resolver that is itself a promise: an ordinary call, which may have to wait.
            let args = self.settlement(outcome);
            self.hold_all(&args);
            let bytes = args.iter().map(size_of).sum();
            return self.dispatch(to, Call { from: None, what: What::Deliver(args), result: None, bytes });
        };
        let Some((sid, position)) =
            self.fars.get(id).map(|far| (far.sid, far.position)).filter(|(sid, _)| self.sessions.get(*sid).is_some())
        else {
            return;
        };
        let flavour = self.sessions.get(sid).expect("looked up above").flavour;
        let mut told;
        let (word, value) = match outcome {
            Outcome::Fulfilled(value) => ("fulfill", value),
            Outcome::Broken(reason) => {
                told = reason_value(reason, flavour);
                ("break", &told)
            }
        };
        let (word, value) = match self.check(sid, core::slice::from_ref(value), 0) {
            Ok(()) => (word, value),
            Err(refused) => {
                told = Value::text(refused.text());
                ("break", &told)
            }
        };
        let mut gives = self.deposit(sid, core::slice::from_ref(value));
        let mut message = mem::take(&mut self.scratch);
        Writer(&mut message).open_record("op:deliver");
        write_place(Place::Import(position), &mut message);
        Writer(&mut message).open_list();
        Writer(&mut message).symbol(word);
        self.write_value(sid, value, &mut gives, &mut message);
        message.extend_from_slice(b"]ff>");
        self.send_frame(sid, message);
    }

    fn settlement(&self, outcome: &Outcome) -> Vec<Value> {
        let (word, value) = match outcome {
            Outcome::Fulfilled(value) => ("fulfill", value.clone()),
            Outcome::Broken(reason) => ("break", reason_value(reason, Flavour::Unknown)),
        };
        [Value::symbol(word), value].into()
    }

    pub(super) fn write_value(&mut self, sid: Sid, value: &Value, gives: &mut Gives, to: &mut Vec<u8>) {
        let mut writer = Writer(to);
        match value {
            Value::Void => to.extend_from_slice(b"<4'void>"),
            Value::Null => to.extend_from_slice(b"<4'null>"),
            Value::Bool(value) => writer.bool(*value),
            Value::Integer(value) => writer.integer(value),
            Value::Float(value) => {
                // Endo closes at a negative zero, and writes none.
                let plain = matches!(self.flavour_of(sid), Flavour::Endo | Flavour::Unknown) && *value == 0.0;
                writer.float(if plain { 0.0 } else { *value });
            }
            Value::Bytes(value) => writer.bytes(value),
            Value::Text(value) => writer.text(value),
            Value::Symbol(value) => writer.symbol(value),
            Value::List(items) => {
                writer.open_list();
                for item in items {
                    self.write_value(sid, item, gives, to);
                }
                Writer(to).close_list();
            }
            Value::Struct(pairs) => {
                let order = if self.flavour_of(sid) == Flavour::Endo { Order::Text } else { Order::Encoded };
                let mut sorted: Vec<&(String, Value)> = pairs.iter().collect();
                sorted.sort_by(|(this, _), (that, _)| order.compare(this, that));
                writer.open_struct();
                for (key, value) in sorted {
                    Writer(to).text(key);
                    self.write_value(sid, value, gives, to);
                }
                Writer(to).close_struct();
            }
            Value::Tagged(tag, value) => {
                writer.open_record("desc:tagged");
                writer.symbol(tag);
                self.write_value(sid, value, gives, to);
                Writer(to).close_record();
            }
            Value::Error(message) => {
                writer.open_record("desc:error");
                writer.text(message);
                writer.close_record();
            }
            Value::Sturdyref(sturdyref) => sturdyref.write(to),
            Value::Ref(reference) => self.write_ref(sid, *reference, gives, to),
        }
    }

    fn flavour_of(&self, sid: Sid) -> Flavour {
        self.sessions.get(sid).map_or(Flavour::Unknown, |session| session.flavour)
    }

    /// A reference as a descriptor: going home as what it is there, or as something of ours.
    fn write_ref(&mut self, sid: Sid, reference: Ref, gives: &mut Gives, to: &mut Vec<u8>) {
        let reference = self.shortest(reference);
        match reference {
            Ref::Far(Far(id)) => {
                if let Some(far) = self.fars.get(id).filter(|far| far.sid == sid) {
                    return write_descriptor("desc:export", far.position, to);
                }
                if let Some(give) = gives.take(reference) {
                    return to.extend_from_slice(&give);
                }
            }
            Ref::Promise(Promise(id)) => {
                let way = self.cells.get(id).and_then(|cell| cell.way()).filter(|way| way.sid == sid);
                match way.map(|way| way.at) {
                    Some(Place::Import(position)) => return write_descriptor("desc:export", position, to),
                    // Goblins makes an inert record of it; who is not known may be Goblins.
                    Some(Place::Question(position)) if matches!(self.flavour_of(sid), Flavour::Endo | Flavour::Peerd) => {
                        return write_descriptor("desc:answer", position, to);
                    }
                    Some(Place::Question(_)) | None => {}
                }
            }
            Ref::Local(_) => {}
        }
        let label = if let Ref::Promise(_) = reference { "desc:import-promise" } else { "desc:import-object" };
        let session = self.sessions.get_mut(sid).expect("looked up by who calls this");
        let (position, new) = session.exports.write(reference);
        if new {
            self.hold_one(reference);
        }
        write_descriptor(label, position, to);
    }
}

impl Reason {
    /// As a peer hears it: short, and nothing of ours in it.
    fn text(&self) -> &str {
        match self {
            Reason::Disconnected => "disconnected",
            Reason::Machine(why) => why,
            Reason::Told(Value::Text(text) | Value::Error(text)) => text,
            Reason::Told(_) => "broken",
        }
    }
}

impl Refused {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Refused::Unknown => "there is no such thing",
            Refused::NotPortable(_) => "a value that the other side can't read",
            Refused::TooLong => "a message that is too long",
            Refused::Full(_) => "a table is full",
            Refused::Unreachable => "no way leads there",
        }
    }
}

fn reason_value(reason: &Reason, flavour: Flavour) -> Value {
    match reason {
        Reason::Told(value) if !matches!(value, Value::Text(_) | Value::Error(_)) => value.clone(),
        _ => {
            let mut text: String = reason.text().into();
            if text.len() > REASON_BYTES_MAX {
                text.truncate(text.floor_char_boundary(REASON_BYTES_MAX));
            }
            if flavour == Flavour::Endo { Value::Error(text) } else { Value::Text(text) }
        }
    }
}

fn write_place(at: Place, to: &mut Vec<u8>) {
    match at {
        Place::Import(position) => write_descriptor("desc:export", position, to),
        Place::Question(position) => write_descriptor("desc:answer", position, to),
    }
}

pub(super) fn write_descriptor(label: &str, position: u64, to: &mut Vec<u8>) {
    let mut writer = Writer(to);
    writer.open_record(label);
    writer.u64(position);
    writer.close_record();
}
