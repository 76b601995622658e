//! What arrives as arguments: every descriptor is counted, whether or not the call it stands in can be made.
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use peerd_syrup::{Reader, Token};

use super::Peer;
use super::promises::MYSTERY;
use super::refs::FarEntry;
use crate::cell::{Cell, Path, Place};
use crate::fault::Fault;
use crate::give::{Envelope, Give, Receive, read_envelope};
use crate::location::{Location, Sturdyref};
use crate::records::{self, Read};
use crate::session::{Import, Sid, Target};
use crate::value::{Far, Promise, Ref, Value};

/// What one message brought besides its values.
#[derive(Default)]
pub(crate) struct Seen {
    /// Each reference in it, held once.
    pub held: Vec<Ref>,
    /// Gifts that were mentioned, each with the promise that stands in its place and the right to settle that.
    pub gives: Vec<(Promise, Give)>,
    /// A request for a gift, if it is one.
    pub receive: Option<Receive>,
    /// Something that is no value of ours: the call can't be made.
    pub foreign: bool,
}

/// A container that is being read.
enum Open {
    List(Vec<Value>),
    /// With the key whose value comes next.
    Struct(Vec<(String, Value)>, Option<String>),
    Tagged(String, Option<Value>),
    /// Read for the references in it.
    Foreign,
}

impl Peer {
    /// One value. What it refers to is held, and listed in `seen`.
    pub(super) fn read_value(&mut self, sid: Sid, reader: &mut Reader<'_>, seen: &mut Seen) -> Read<Value> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let start = reader.at();
            let value = match reader.token()? {
                Token::Bool(value) => Value::Bool(value),
                Token::Integer(value) => Value::Integer(value),
                Token::Float(value) => Value::Float(value),
                Token::Bytes(value) => Value::Bytes(value.to_owned()),
                Token::Text(value) => match open.last_mut() {
                    Some(Open::Struct(_, key @ None)) => {
                        *key = Some(value.to_owned());
                        continue;
                    }
                    _ => Value::Text(value.to_owned()),
                },
                Token::Symbol(value) => Value::Symbol(value.to_owned()),
                Token::OpenList => {
                    open.push(Open::List(Vec::new()));
                    continue;
                }
                Token::OpenStruct => {
                    open.push(Open::Struct(Vec::new(), None));
                    continue;
                }
                Token::OpenSet => {
                    seen.foreign = true;
                    open.push(Open::Foreign);
                    continue;
                }
                Token::OpenRecord => match self.read_record(sid, reader, start, seen)? {
                    Ok(value) => value,
                    Err(container) => {
                        open.push(container);
                        continue;
                    }
                },
                Token::CloseList | Token::CloseStruct | Token::CloseRecord | Token::CloseSet => {
                    match open.pop().expect("the reader closes only what it opened") {
                        Open::List(items) => Value::List(items),
                        Open::Struct(pairs, None) => Value::Struct(pairs),
                        Open::Tagged(tag, Some(value)) => Value::Tagged(tag, Box::new(value)),
                        Open::Struct(_, Some(_)) | Open::Tagged(_, None) => return Err(Fault::Shape("a tagged value without a value")),
                        Open::Foreign => Value::Void,
                    }
                }
            };
            match open.last_mut() {
                None => return Ok(value),
                Some(Open::List(items)) => items.push(value),
                Some(Open::Struct(pairs, key)) => match key.take() {
                    Some(key) => pairs.push((key, value)),
                    // A key that is no string: Goblins has those.
                    None => {
                        seen.foreign = true;
                        *key = Some(String::new());
                    }
                },
                Some(Open::Tagged(_, empty @ None)) => *empty = Some(value),
                Some(Open::Tagged(_, Some(_))) => return Err(Fault::Shape("a tagged value with two values")),
                Some(Open::Foreign) => {}
            }
        }
    }

    /// A record whose bracket was read: a whole value, or one that goes on.
    fn read_record(&mut self, sid: Sid, reader: &mut Reader<'_>, start: usize, seen: &mut Seen) -> Read<Result<Value, Open>> {
        let label = match reader.token()? {
            Token::Symbol(label) => label,
            _ => {
                seen.foreign = true;
                return Ok(Err(Open::Foreign));
            }
        };
        let value = match label {
            "desc:import-object" | "desc:import-promise" | "desc:export" | "desc:answer" => {
                let position = records::position(reader)?;
                records::close(reader)?;
                match self.read_ref(sid, label, position)? {
                    Some(reference) => {
                        self.hold_one(reference);
                        seen.held.push(reference);
                        Value::Ref(reference)
                    }
                    None => {
                        seen.foreign = true;
                        Value::Void
                    }
                }
            }
            "desc:sig-envelope" => {
                let dialect = self.sessions.get(sid).expect("it is its message").dialect;
                match read_envelope(dialect, reader, start)? {
                    Envelope::Give(give) => {
                        // One hold for the value, one for whoever settles it.
                        let promise = Promise(self.cells.insert(Cell::new(2)));
                        seen.held.push(Ref::Promise(promise));
                        seen.gives.push((promise, give));
                        Value::Ref(Ref::Promise(promise))
                    }
                    Envelope::Receive(receive) => {
                        seen.receive = Some(receive);
                        Value::Void
                    }
                }
            }
            "void" | "null" => {
                let value = if label == "void" { Value::Void } else { Value::Null };
                records::close(reader)?;
                value
            }
            "desc:error" => {
                let message = records::text(reader)?.to_owned();
                records::close(reader)?;
                Value::Error(message)
            }
            "exn:fail:mystery" => {
                records::close(reader)?;
                Value::text(MYSTERY)
            }
            "ocapn-sturdyref" => Value::Sturdyref(Box::new(Sturdyref::read_fields(reader)?)),
            "desc:tagged" | "desc:tag" => {
                let tag = match reader.token()? {
                    Token::Symbol(tag) | Token::Text(tag) => tag.to_owned(),
                    _ => return Err(Fault::Shape("a tag is a symbol")),
                };
                return Ok(Err(Open::Tagged(tag, None)));
            }
            _ => {
                seen.foreign = true;
                return Ok(Err(Open::Foreign));
            }
        };
        Ok(Ok(value))
    }

    /// What a descriptor names. `None` for what is no value: a resolver, the bootstrap object.
    fn read_ref(&mut self, sid: Sid, label: &str, position: u64) -> Read<Option<Ref>> {
        match label {
            "desc:import-object" => self.import(sid, position, false).map(Some),
            "desc:import-promise" => self.import(sid, position, true).map(Some),
            "desc:export" => match self.target(sid, Place::Import(position))? {
                Target::Ref(reference) => Ok(Some(reference)),
                Target::Bootstrap | Target::Resolver(_) | Target::Spent => Ok(None),
            },
            _ => match self.target(sid, Place::Question(position))? {
                Target::Ref(reference) => Ok(Some(reference)),
                Target::Bootstrap | Target::Resolver(_) | Target::Spent => Ok(None),
            },
        }
    }

    /// What a peer means by a position of ours, or of a question of its own.
    pub(super) fn target(&self, sid: Sid, at: Place) -> Read<Target> {
        let session = self.sessions.get(sid).expect("it is its message");
        match at {
            Place::Import(position) => session.exports.target(position),
            Place::Question(position) => session.answers.get(&position).map(|promise| Target::Ref(Ref::Promise(*promise))),
        }
        .ok_or(Fault::UnknownPosition)
    }

    /// Something of the peer's, by its position: the same as before if it is known, with one receipt more.
    pub(super) fn import(&mut self, sid: Sid, position: u64, is_promise: bool) -> Read<Ref> {
        let session = self.sessions.get_mut(sid).expect("it is its message");
        if let Some(import) = session.imports.get_mut(&position) {
            import.receipts += 1;
            return Ok(import.what);
        }
        if session.imports.len() >= self.limits.imports_max {
            return Err(Fault::TooMany("too many imports"));
        }
        let what = if is_promise {
            let mut cell = Cell::new(0);
            cell.path = Some(Path { sid, at: Place::Import(position) });
            Ref::Promise(Promise(self.cells.insert(cell)))
        } else {
            Ref::Far(Far(self.fars.insert(FarEntry { sid, position, imported: true, holds: 0, lent: 0 })))
        };
        session.imports.insert(position, Import { what, receipts: 1 });
        Ok(what)
    }

    /// Lets go of what a message mentioned that came to nothing.
    pub(super) fn forget(&mut self, seen: Seen) {
        for reference in seen.held {
            self.drop_one(reference);
        }
        for (promise, _) in seen.gives {
            self.drop_one(Ref::Promise(promise));
        }
    }

    /// Whether it is where we are. Those who can't be reached are nowhere, and so not in the same place.
    pub(super) fn is_ours(&self, location: &Location) -> bool {
        location.is_reachable() && self.is_named(location)
    }

    /// A name that is ours, though perhaps that of everybody who can't be dialled.
    pub(super) fn is_named(&self, location: &Location) -> bool {
        self.netlayers.iter().any(|netlayer| netlayer.location.same_peer(location))
    }
}
