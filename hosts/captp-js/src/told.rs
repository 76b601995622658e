//! Values and outputs of the machine, told to JavaScript.
use crate::{handles::Handles, host::Host};
use peerd_captp::{Outcome, Output, Peer, Promise, Reason, Ref, Value};

pub struct Telling<'a> {
    pub host: &'a Host,
    pub handles: &'a mut Handles,
    pub peer: &'a mut Peer,
}

impl Telling<'_> {
    pub fn output(&mut self, output: Output) {
        match output {
            Output::Send { conn, bytes } => self.host.send(conn.0 as u32, bytes),
            Output::Dial { dial, location, .. } => {
                let url = location.hints.into_iter().find(|(key, _)| key == "url");
                self.host.dial(dial.0 as u32, url.map(|(_, url)| url));
            }
            Output::Close { conn, .. } => self.host.close(conn.0 as u32),
            // A browser has neither a way to stop a WebSocket or a port from reading, nor a limit that it would tell us of.
            Output::Pause { .. } | Output::Resume { .. } => {}
            // The promises that depend on a session tell of its end.
            Output::Ready { .. } | Output::Ended { .. } => {}
            Output::Deliver { to, args, answer, .. } => {
                args.iter().for_each(|arg| self.value(arg));
                let resolver = answer.map(|resolver| self.handles.keep_resolver(resolver));
                self.host.deliver(to.0 as u32, args.len() as u32, resolver);
            }
            Output::Settled { promise, outcome } => self.outcome(promise, &outcome),
            Output::Dropped { object } => self.host.dropped(object.0 as u32),
        }
    }

    fn outcome(&mut self, promise: Promise, outcome: &Outcome) {
        let (number, _) = self.handles.number(Ref::Promise(promise));
        match outcome {
            Outcome::Fulfilled(value) => {
                self.value(value);
                self.host.fulfilled(number);
            }
            Outcome::Broken(Reason::Told(value)) => {
                self.value(value);
                self.host.broken(number);
            }
            Outcome::Broken(Reason::Disconnected) => self.host.broken_by(number, "disconnected", "the connection has ended"),
            Outcome::Broken(Reason::Machine(why)) => self.host.broken_by(number, "refused", why),
        }
    }

    /// No deeper than the machine's limit.
    fn value(&mut self, value: &Value) {
        let host = self.host;
        match value {
            Value::Void => host.push_void(),
            Value::Null => host.push_null(),
            Value::Bool(is) => host.push_bool(*is),
            Value::Integer(number) => match number.to_i64() {
                Some(small) => host.push_integer(small),
                None => host.push_large_integer(&number.to_string()),
            },
            Value::Float(number) => host.push_float(*number),
            Value::Bytes(bytes) => host.push_bytes(bytes.clone()),
            Value::Text(text) => host.push_text(text),
            Value::Symbol(text) => host.push_symbol(text),
            Value::List(items) => {
                items.iter().for_each(|item| self.value(item));
                host.make_list(items.len() as u32);
            }
            Value::Struct(fields) => {
                for (key, field) in fields {
                    host.push_text(key);
                    self.value(field);
                }
                host.make_struct(fields.len() as u32);
            }
            Value::Tagged(tag, content) => {
                self.value(content);
                host.make_tagged(tag);
            }
            Value::Error(message) => host.push_error(message),
            Value::Sturdyref(sturdyref) => host.push_sturdyref(&sturdyref.to_uri()),
            Value::Ref(Ref::Local(object)) => host.push_object(object.0 as u32),
            Value::Ref(Ref::Far(far)) => host.push_far(self.held(Ref::Far(*far))),
            Value::Ref(Ref::Promise(promise)) => host.push_promise(self.held(Ref::Promise(*promise))),
        }
    }

    /// JavaScript owes one release for a number, however often it has been told of it.
    fn held(&mut self, reference: Ref) -> u32 {
        let (number, is_new) = self.handles.number(reference);
        if !is_new {
            self.peer.release(reference);
        }
        number
    }
}
