//! Several answers as one: all of them, the first that is good, or the one on which all agree (E's join: equal, or nothing).
use crate::Letter;
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use peerd_otp::{
    Server,
    message::{decode, encode},
};
use peerd_vat::{Answer, Behaviour, CallId, Crash, Cx, Event, INFINITY_MS, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "joiner";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Joiner>()
}

/// Spawned by the caller, linked to it. One serves any number of questions.
pub fn spawn(cx: &mut Cx<'_>) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &[]).linked()).object(FACE)
}

/// What it is asked, with the refs of all who are to be asked the same. The answer is that of the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub rule: Rule,
    pub question: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// Answered by an encoded `Vec<Vec<u8>>` in the order of those asked, and the refs of all in that order. The first failure is the
    /// failure of the whole.
    All,
    /// The first answer, as it is. Only the last failure is a failure of the whole.
    First,
    /// The answer of all, if they have the same bytes and the same refs: then nobody in between can have put another in its place.
    /// Otherwise `revoked`.
    Same,
}

const FACE: u32 = 1;

#[derive(Default, Serialize, Deserialize)]
struct Joiner {
    joins: BTreeMap<u64, Join>,
    /// Which join, and who of those it asked.
    calls: BTreeMap<CallId, (u64, u32)>,
    next: u64,
}

#[derive(Serialize, Deserialize)]
struct Join {
    rule: Rule,
    reply: Ref,
    asked: usize,
    answers: BTreeMap<u32, (Vec<u8>, Vec<Ref>)>,
}

impl Server for Joiner {
    const NAME: &'static str = NAME;
    type State = Joiner;

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Joiner, Crash> {
        Ok(Joiner::default())
    }

    fn handle(joiner: &mut Joiner, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match (Letter::of(&event), event) {
            (Some(letter), _) => joiner.begin(letter, cx),
            (_, Event::Reply { call, result }) => joiner.hear(call, result, cx),
            _ => {}
        }
        Ok(())
    }
}

impl Joiner {
    fn begin(&mut self, letter: Letter<'_>, cx: &mut Cx<'_>) {
        let request = decode::<Request>(letter.body).filter(|_| cx.addressed() == Some(FACE) && !letter.refs.is_empty());
        let (Some(Request { rule, question }), Some(reply)) = (request, letter.reply) else {
            return letter.refuse(&Settle::Revoked, cx);
        };
        let number = self.next;
        self.next += 1;
        self.joins.insert(number, Join { rule, reply, asked: letter.refs.len(), answers: BTreeMap::new() });
        for (at, whom) in (0..).zip(letter.refs) {
            self.calls.insert(cx.call(*whom, &question, &[], INFINITY_MS), (number, at));
        }
    }

    fn hear(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        let Some((number, at)) = self.calls.remove(&call) else { return };
        let Some(join) = self.joins.get_mut(&number) else { return };
        let is_last = !self.calls.values().any(|(of, _)| *of == number);
        match (join.rule, result) {
            (Rule::First, Ok(answer)) => cx.reply(join.reply, answer.body, answer.refs),
            (Rule::First, Err(_)) if !is_last => return,
            (_, Err(settle)) => cx.refuse(join.reply, &settle),
            (Rule::All | Rule::Same, Ok(answer)) => {
                join.answers.insert(at, (answer.body.to_vec(), answer.refs.to_vec()));
                if join.answers.len() < join.asked {
                    return;
                }
                join.finish(cx);
            }
        }
        self.end(number, cx);
    }

    /// Nobody waits for the rest.
    fn end(&mut self, number: u64, cx: &mut Cx<'_>) {
        self.joins.remove(&number);
        for (call, _) in self.calls.extract_if(.., |_, (of, _)| *of == number) {
            cx.cancel_call(call);
        }
    }
}

impl Join {
    fn finish(&self, cx: &mut Cx<'_>) {
        let refs = || self.answers.values().flat_map(|(_, refs)| refs.iter().copied()).collect::<Vec<Ref>>();
        let mut answers = self.answers.values();
        match (self.rule, answers.next()) {
            (Rule::Same, Some(first)) if answers.all(|other| other == first) => cx.reply(self.reply, &first.0, &first.1),
            (Rule::Same, _) => cx.refuse(self.reply, &Settle::Revoked),
            (Rule::All | Rule::First, _) => {
                let bodies: Vec<&Vec<u8>> = self.answers.values().map(|(body, _)| body).collect();
                cx.reply(self.reply, &encode(&bodies), &refs());
            }
        }
    }
}
