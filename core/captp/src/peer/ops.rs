//! What a peer says once the session is ready, one message at a time, in the order it came.
use alloc::vec::Vec;

use peerd_syrup::{Limits as SyrupLimits, Reader};

use super::Peer;
use super::promises::broken;
use super::values::Seen;
use crate::cell::{Call, Cell, Place, Watcher, What};
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::io::{Outcome, Part, Reason};
use crate::records::{self, Read};
use crate::session::{Sid, Stage, Target};
use crate::value::{Promise, Ref, Value};

/// What became of a message.
pub(super) enum Heard {
    GoOn,
    /// The peer has ended the session.
    Aborted,
}

impl Peer {
    pub(super) fn syrup_limits(&self) -> SyrupLimits {
        SyrupLimits { depth_max: self.limits.depth_max, nodes_max: self.limits.nodes_max, digits_max: self.limits.digits_max }
    }

    pub(super) fn hear(&mut self, sid: Sid, message: &[u8]) -> Read<Heard> {
        let session = self.sessions.get_mut(sid).expect("it is its message");
        if let Stage::Proving(_) = session.stage {
            let Stage::Proving(proof) = core::mem::replace(&mut session.stage, Stage::Hello { sent: false }) else {
                unreachable!("seen above")
            };
            let answer = proof.take(message, self.syrup_limits())?;
            self.proven(sid, answer);
            return Ok(Heard::GoOn);
        }
        let mut reader = Reader::new(message, self.syrup_limits());
        let label = records::open(&mut reader)?;
        if label == "op:abort" {
            records::text(&mut reader)?;
            records::close(&mut reader)?;
            reader.finish()?;
            return Ok(Heard::Aborted);
        }
        match (label, self.sessions.get(sid).and_then(|session| session.them()).is_some()) {
            ("op:start-session", false) => {
                let hello = Dialect::read_hello(&mut reader)?;
                reader.finish()?;
                self.greeted(sid, hello)?;
            }
            ("op:start-session", true) => return Err(Fault::SecondHello),
            (_, false) => return Err(Fault::Hello("an operation before op:start-session")),
            ("op:deliver", true) => self.hear_deliver(sid, reader, message.len())?,
            ("op:listen", true) => self.hear_listen(sid, reader)?,
            ("op:get" | "op:index" | "op:untag", true) => self.hear_part(sid, label, reader)?,
            ("op:gc-exports", true) => self.hear_released(sid, reader)?,
            ("op:gc-answers", true) => self.hear_answered(sid, reader)?,
            (_, true) => return Err(Fault::UnknownOp),
        }
        self.work();
        Ok(Heard::GoOn)
    }

    /// What an op is to.
    fn read_place(reader: &mut Reader<'_>) -> Read<Place> {
        let label = records::open(reader)?;
        let position = records::position(reader)?;
        records::close(reader)?;
        match label {
            "desc:export" => Ok(Place::Import(position)),
            "desc:answer" => Ok(Place::Question(position)),
            _ => Err(Fault::Shape("an operation is to desc:export or desc:answer")),
        }
    }

    /// Who is to be told, held.
    fn read_resolver(&mut self, sid: Sid, reader: &mut Reader<'_>) -> Read<Option<Ref>> {
        if !matches!(reader.token()?, peerd_syrup::Token::OpenRecord) {
            // Whoever calls this has seen that it is `f`, or that no resolver may be missing.
            return Ok(None);
        }
        let label = records::label(reader)?;
        let position = records::position(reader)?;
        records::close(reader)?;
        let is_promise = match label {
            "desc:import-object" => false,
            "desc:import-promise" => true,
            _ => return Err(Fault::Shape("a resolver is an import")),
        };
        let reference = self.import(sid, position, is_promise)?;
        self.hold_one(reference);
        Ok(Some(reference))
    }

    fn hear_deliver(&mut self, sid: Sid, mut reader: Reader<'_>, bytes: usize) -> Read<()> {
        let at = Peer::read_place(&mut reader)?;
        let target = self.target(sid, at)?;
        let mut seen = Seen::default();
        let args = match self.read_value(sid, &mut reader, &mut seen) {
            Ok(value) => value,
            Err(fault) => {
                self.forget(seen);
                return Err(fault);
            }
        };
        let rest = self.read_answer(sid, reader, &mut seen);
        let (answer, resolver) = match rest {
            Ok(rest) => rest,
            Err(fault) => {
                self.forget(seen);
                return Err(fault);
            }
        };
        let result = self.answer_promise(sid, answer, resolver);
        let refusal = match (&args, &target) {
            (_, _) if seen.foreign => Some("a value that is not known here"),
            (Value::List(_), _) if seen.receive.is_none() || target == Target::Bootstrap => None,
            (Value::List(_), _) => Some("a value that is not known here"),
            _ => {
                self.forget(seen);
                return Err(Fault::Shape("arguments are a list"));
            }
        };
        let args = match (args, refusal) {
            (Value::List(args), None) => args,
            (_, why) => {
                self.forget(seen);
                if let Some(result) = result {
                    self.settle_later(result, broken(why.unwrap_or("arguments are a list")));
                }
                return Ok(());
            }
        };
        // From here on the arguments hold what they mention.
        let Seen { gives, receive, .. } = seen;
        let from = self.sessions.get(sid).map(|session| session.conn);
        match target {
            Target::Ref(to) => self.dispatch(to, Call { from, what: What::Deliver(args), result, bytes }),
            Target::Bootstrap => self.ask_bootstrap(sid, args, receive, result),
            Target::Resolver(promise) => {
                let Place::Import(position) = at else { unreachable!("only exports are resolvers") };
                let outcome = match self.resolve(sid, position, promise, args) {
                    Ok(()) => Outcome::Fulfilled(Value::Void),
                    Err(why) => broken(why),
                };
                if let Some(result) = result {
                    self.settle_later(result, outcome);
                }
            }
            // One-shot: a second settlement changes nothing.
            Target::Spent => {
                self.drop_all(&args);
                if let Some(result) = result {
                    self.settle_later(result, Outcome::Fulfilled(Value::Void));
                }
            }
        }
        for (promise, give) in gives {
            self.receive_give(sid, promise, give);
        }
        Ok(())
    }

    /// The answer's position and who is to be told, to the end of the message.
    fn read_answer(&mut self, sid: Sid, mut reader: Reader<'_>, seen: &mut Seen) -> Read<(Option<u64>, Option<Ref>)> {
        let answer = records::position_or_false(&mut reader)?;
        if let Some(position) = answer {
            self.may_answer(sid, position)?;
        }
        let start = reader.at();
        let resolver = self.read_resolver(sid, &mut reader)?;
        if let Some(resolver) = resolver {
            seen.held.push(resolver);
        } else if reader.since(start) != b"f" {
            return Err(Fault::Shape("a resolver is an import or false"));
        }
        records::close(&mut reader)?;
        reader.finish()?;
        if resolver.is_some() {
            // Held by the watcher that it becomes, not by the arguments.
            seen.held.pop();
        }
        Ok((answer, resolver))
    }

    fn may_answer(&self, sid: Sid, position: u64) -> Read<()> {
        let session = self.sessions.get(sid).expect("it is its message");
        if session.answers.contains_key(&position) {
            Err(Fault::AnswerReused)
        } else if session.answers.len() >= self.limits.answers_max {
            Err(Fault::TooMany("too many answers"))
        } else {
            Ok(())
        }
    }

    /// The promise of an answer, if anybody wants one.
    fn answer_promise(&mut self, sid: Sid, answer: Option<u64>, resolver: Option<Ref>) -> Option<Promise> {
        if answer.is_none() && resolver.is_none() {
            return None;
        }
        // Held by whoever settles it, and by the table.
        let promise = Promise(self.cells.insert(Cell::new(1 + u64::from(answer.is_some()))));
        if let Some(position) = answer {
            self.sessions.get_mut(sid).expect("it is its message").answers.insert(position, promise);
        }
        if let Some(to) = resolver {
            self.watch(promise, Watcher::Resolver { to, partial: false });
        }
        Some(promise)
    }

    fn hear_listen(&mut self, sid: Sid, mut reader: Reader<'_>) -> Read<()> {
        let at = Peer::read_place(&mut reader)?;
        let target = self.target(sid, at)?;
        let dialect = self.sessions.get(sid).expect("it is its message").dialect;
        let resolver = self.read_resolver(sid, &mut reader)?.ok_or(Fault::Shape("op:listen has a resolver"))?;
        let mode = dialect.read_listen_mode(&mut reader).and_then(|mode| reader.finish().map(|()| mode).map_err(Fault::from));
        let partial = match mode {
            Ok(partial) => partial,
            Err(fault) => {
                self.drop_one(resolver);
                return Err(fault);
            }
        };
        let watcher = Watcher::Resolver { to: resolver, partial };
        match target {
            Target::Ref(Ref::Promise(promise)) => self.watch_partly(promise, watcher, partial),
            Target::Ref(reference) => self.tell(watcher, &Outcome::Fulfilled(Value::Ref(reference))),
            Target::Bootstrap | Target::Resolver(_) | Target::Spent => self.tell(watcher, &broken("not a promise")),
        }
        Ok(())
    }

    fn hear_part(&mut self, sid: Sid, label: &str, mut reader: Reader<'_>) -> Read<()> {
        let at = Peer::read_place(&mut reader)?;
        let target = self.target(sid, at)?;
        let part = match label {
            "op:index" => Part::Index(records::position(&mut reader)?),
            "op:get" => Part::Field(records::text(&mut reader)?.into()),
            _ => Part::Untag(records::text(&mut reader)?.into()),
        };
        let position = records::position(&mut reader)?;
        records::close(&mut reader)?;
        reader.finish()?;
        self.may_answer(sid, position)?;
        let result = self.answer_promise(sid, Some(position), None);
        let from = self.sessions.get(sid).map(|session| session.conn);
        let bytes = part.bytes();
        let call = Call { from, what: What::Part(part), result, bytes };
        match target {
            Target::Ref(to) => self.dispatch(to, call),
            Target::Bootstrap | Target::Resolver(_) | Target::Spent => self.fail(call, Reason::Machine("an object has no parts")),
        }
        Ok(())
    }

    fn hear_released(&mut self, sid: Sid, mut reader: Reader<'_>) -> Read<()> {
        let positions = read_positions(&mut reader)?;
        let deltas = read_positions(&mut reader)?;
        records::close(&mut reader)?;
        reader.finish()?;
        if positions.len() != deltas.len() {
            return Err(Fault::Shape("as many deltas as positions"));
        }
        for (position, delta) in positions.into_iter().zip(deltas) {
            if delta == 0 {
                return Err(Fault::Shape("a delta is one at least"));
            }
            // Goblins holds one implicit count of the bootstrap object: letting it go changes nothing.
            if position == 0 {
                continue;
            }
            let session = self.sessions.get_mut(sid).expect("it is its message");
            if !session.exports.by_position.contains_key(&position) {
                return Err(Fault::UnknownPosition);
            }
            match session.exports.released(position, delta).ok_or(Fault::Overreleased)? {
                Some(Target::Ref(reference)) => self.drop_one(reference),
                Some(Target::Resolver(promise)) => self.settle_later(promise, broken("the other side will not say")),
                Some(Target::Bootstrap | Target::Spent) | None => {}
            }
        }
        Ok(())
    }

    fn hear_answered(&mut self, sid: Sid, mut reader: Reader<'_>) -> Read<()> {
        let positions = read_positions(&mut reader)?;
        records::close(&mut reader)?;
        reader.finish()?;
        for position in positions {
            let session = self.sessions.get_mut(sid).expect("it is its message");
            let promise = session.answers.remove(&position).ok_or(Fault::UnknownPosition)?;
            self.drop_one(Ref::Promise(promise));
        }
        Ok(())
    }
}

fn read_positions(reader: &mut Reader<'_>) -> Read<Vec<u64>> {
    let mut positions = Vec::new();
    records::open_list(reader)?;
    while !reader.at_close() {
        positions.push(records::position(reader)?);
    }
    records::close_list(reader)?;
    Ok(positions)
}
