//! The kernel's side of a behaviour that is a JavaScript function.
use crate::{
    command::{Hand, Turned},
    host,
    record::Record,
    supervise,
    table::{Given, Table},
    words::{self, Head},
};
use peerd_otp::supervisor::Answer;
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref};
use serde_json::{Value, json};
use std::str;

pub struct Function {
    pub name: &'static str,
    /// Number of the host that knows it.
    pub host: usize,
}

impl Behaviour for Function {
    fn name(&self) -> &'static str {
        self.name
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let record = Record::read(cx.state());
        self.call(Head { kind: "start", ..Head::default() }, args, cx.refs(), record, Table::default(), cx)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (mut record, mut table) = (Record::read(cx.state()), Table::default());
        let answer: Vec<u8>;
        let (head, message, refs): (Head, &[u8], &[Ref]) = match event {
            Event::User { body, refs, reply } => {
                let reply = reply.map(|reply| table.place(reply));
                (Head { kind: "message", reply, ..Head::default() }, body, refs)
            }
            Event::Reply { call, result } => {
                // Cancelled, or of an earlier life.
                let Some(call) = record.take_call(call) else { return Ok(()) };
                let head = Head { kind: "reply", mark: Some(call.mark), ..Head::default() };
                match result {
                    Err(settle) => (Head { failed: Some(words::settle(&settle)), ..head }, b"", &[]),
                    Ok(found) if call.to_supervisor => match told(found.body) {
                        Ok(value) => {
                            answer = value.to_string().into_bytes();
                            (head, &answer, found.refs)
                        }
                        Err(why) => (Head { failed: Some(json!({"type": "refused", "message": why})), ..head }, b"", &[]),
                    },
                    Ok(found) => (head, found.body, found.refs),
                }
            }
            Event::Down { watch, target, reason, .. } => {
                let Some(mark) = record.take_watch(watch) else { return Ok(()) };
                let (who, reason) = (Some(table.place(target)), Some(words::reason(&reason)));
                (Head { kind: "down", mark: Some(mark), who, reason, ..Head::default() }, b"", &[])
            }
            Event::Exit { from, reason } => {
                let (who, reason) = (Some(table.place(from)), Some(words::reason(&reason)));
                (Head { kind: "exit", who, reason, ..Head::default() }, b"", &[])
            }
            // Only durable actors have any.
            Event::Alarm { .. } => return Ok(()),
            Event::Timer { key } => (Head { kind: "timer", key: Some(key), ..Head::default() }, b"", &[]),
        };
        self.call(head, message, refs, record, table, cx)
    }
}

impl Function {
    fn call(&self, head: Head, message: &[u8], refs: &[Ref], mut record: Record, mut table: Table, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let message = str::from_utf8(message).map_err(|_| Crash::new("decode", "the message is not JSON"))?;
        let head = Head {
            me: table.place(cx.me()),
            now: cx.now().0,
            seed: cx.random() as u32,
            tag: cx.tag(),
            marks: record.marks,
            state: cx.has_state().then(|| table.places(&record.refs)),
            refs: table.places(refs),
            ..head
        };
        let head = serde_json::to_string(&head).expect("plain data encodes");
        let turned = host::with(self.host, |host| host.turn(self.name, &head, &record.state, message, &table.bytes()));
        let given = Given::read(&turned.table()).ok_or_else(broken)?;
        let (state, commands) = match serde_json::from_str(&turned.text()).map_err(|error| Crash::new("command", error.to_string()))? {
            Turned::Threw { crash } => return Err(Crash::new(&crash.kind, crash.message)),
            Turned::Returned { state, commands } => (state, commands),
        };
        record.marks += commands.len() as u32;
        let mut hand = Hand { cx, given: &given, born: Vec::new() };
        for command in commands {
            hand.apply(command, &mut record)?;
        }
        let born = hand.born;
        if let Some(kept) = state {
            record.refs = given.find_all(&kept.refs, &born).ok_or_else(broken)?;
            record.state = kept.text;
        }
        cx.become_state(&record.bytes());
        if !born.is_empty() {
            let mut table = Table::default();
            table.places(&born);
            host::with(self.host, |host| host.born(&table.bytes()));
        }
        Ok(())
    }
}

fn told(body: &[u8]) -> Result<Value, String> {
    supervise::told(&Answer::decode(body).ok_or("not a supervisor")?)
}

fn broken() -> Crash {
    Crash::new("ref", "a ref that is not of this turn")
}
