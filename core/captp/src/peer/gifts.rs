//! The handoff's other two parts: a receiver that withdraws what it was given, and an exporter that keeps gifts until that happens.
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::mem;

use peerd_syrup::Writer;

use super::Peer;
use super::dials::Want;
use super::promises::broken;
use crate::cell::{Path, Place};
use crate::give::{Give, Receive, write_receive};
use crate::io::{Flavour, Outcome, Time};
use crate::keys::{Id, Keys};
use crate::session::Sid;
use crate::value::{Promise, Ref, Value};

/// A gift's name: the session of gifter and exporter, and what the gifter calls it, encoded.
type Name = (Id, Vec<u8>);

/// Invariant: `due` has the name of each that is kept, with its time; `waiting` says how many of them wait.
#[derive(Default)]
pub(crate) struct Gifts {
    kept: BTreeMap<Name, (Time, Gift)>,
    due: BTreeSet<(Time, Name)>,
    waiting: usize,
}

enum Gift {
    /// Held for whoever withdraws it.
    Deposited(Ref),
    /// Withdrawn before it was deposited; the right to settle that.
    Awaited(Promise),
}

/// A gift of which we are the receiver, with our key in the session in which it was given.
pub(crate) struct Redeeming {
    give: Give,
    keys: Keys,
    /// Goblins refuses a count that is lower than another receiver's: one more try may be later.
    tries_left: u32,
}

/// All that is wrong with a request for a gift is told as this.
const REFUSED: &str = "the gift is refused";

impl Gifts {
    pub fn len(&self) -> usize {
        self.kept.len() - self.waiting
    }

    pub fn waiting(&self) -> usize {
        self.waiting
    }

    pub fn until(&self) -> Option<Time> {
        self.due.first().map(|(due, _)| *due)
    }

    fn keep(&mut self, name: Name, until: Time, gift: Gift) {
        self.waiting += usize::from(matches!(gift, Gift::Awaited(_)));
        self.due.insert((until, name.clone()));
        self.kept.insert(name, (until, gift));
    }

    fn remove(&mut self, name: &Name) -> Option<Gift> {
        let (until, gift) = self.kept.remove(name)?;
        self.waiting -= usize::from(matches!(gift, Gift::Awaited(_)));
        self.due.remove(&(until, name.clone()));
        Some(gift)
    }
}

impl Peer {
    /// `deposit-gift`: the hold on the gift is kept, or given to who waits for it.
    pub(super) fn deposited(&mut self, sid: Sid, name: &Value, gift: Value) -> Outcome {
        let them = self.sessions.get(sid).and_then(|session| session.them());
        let (Some(name), Some(session)) = (encoded_name(name), them.map(|them| them.id)) else {
            self.drop_all(&[gift]);
            return broken("a gift is named by bytes, a string or an integer");
        };
        let name = (session, name);
        let refused = match (&gift, self.gifts.kept.get(&name)) {
            (Value::Ref(_), Some((_, Gift::Awaited(_)))) => None,
            (_, Some((_, Gift::Deposited(_)))) => Some("there is a gift of that name"),
            (Value::Ref(_), None) if self.gifts.len() < self.limits.gifts_max => None,
            (Value::Ref(_), None) => Some("too many gifts"),
            _ => Some("a gift is an object"),
        };
        let reference = match (gift, refused) {
            (Value::Ref(reference), None) => reference,
            (gift, why) => {
                self.drop_all(&[gift]);
                return broken(why.unwrap_or("a gift is an object"));
            }
        };
        match self.gifts.remove(&name) {
            Some(Gift::Awaited(promise)) => self.settle_later(promise, Outcome::Fulfilled(Value::Ref(reference))),
            _ => self.gifts.keep(name, self.after_ms(self.limits.gift_ms), Gift::Deposited(reference)),
        }
        Outcome::Fulfilled(Value::Void)
    }

    /// `withdraw-gift`: everything is checked over the bytes as they came, and only then anything changes.
    pub(super) fn withdraw(&mut self, sid: Sid, receive: Receive, result: Option<Promise>) {
        // Whoever wants no answer gets nothing, and takes it from nobody.
        let Some(result) = result else { return };
        let Some(count) = self.may_withdraw(sid, &receive) else {
            return self.settle_later(result, broken(REFUSED));
        };
        self.sessions.get_mut(sid).expect("it is its message").counts.insert(count);
        self.take_gift((receive.give.session, receive.give.gift), result);
    }

    /// The count that is used up by it, if it is in order.
    fn may_withdraw(&self, sid: Sid, receive: &Receive) -> Option<(u64, Option<Id>)> {
        let session = self.sessions.get(sid)?;
        let them = session.them()?;
        // Goblins counts per session with the gifter: two gifters may give it the same. The signature binds the key.
        let count = (receive.count, matches!(session.flavour, Flavour::Goblins | Flavour::Unknown).then_some(receive.give.receiver_key));
        let in_order = receive.session == them.id
            && receive.side == them.side
            && !session.counts.contains(&count)
            && session.counts.len() < self.limits.counts_max
            && self.is_given(&receive.give)
            && receive.is_signed_by(&receive.give.receiver_key);
        in_order.then_some(count)
    }

    /// Whether a give is of a gift of ours, by a gifter that has a session with us, and signed by it.
    fn is_given(&self, give: &Give) -> bool {
        let gifter = self.by_id.get(&give.session).and_then(|sid| self.sessions.get(*sid)).and_then(|session| session.them());
        // That it is ours is certain by the session, which nobody else has: a peer that can't be dialled shares its name with all such.
        gifter.is_some_and(|gifter| give.gifter_side == gifter.side && self.is_named(&give.exporter) && give.is_signed_by(&gifter.key))
    }

    fn take_gift(&mut self, name: Name, result: Promise) {
        match self.gifts.kept.get(&name) {
            Some((_, Gift::Deposited(reference))) => {
                let reference = *reference;
                self.gifts.remove(&name);
                self.settle_later(result, Outcome::Fulfilled(Value::Ref(reference)));
            }
            Some((_, Gift::Awaited(_))) => self.settle_later(result, broken("somebody waits for this gift")),
            None if self.gifts.waiting < self.limits.waiters_max => {
                self.gifts.keep(name, self.after_ms(self.limits.gift_ms), Gift::Awaited(result));
            }
            None => self.settle_later(result, broken("too many wait for gifts")),
        }
    }

    /// A gift was mentioned to us; the promise stands in its place in the message.
    pub(super) fn receive_give(&mut self, sid: Sid, promise: Promise, give: Give) {
        let Some(session) = self.sessions.get(sid) else {
            return self.settle_later(promise, broken(REFUSED));
        };
        if give.receiver_key != session.keys.public() {
            return self.settle_later(promise, broken("a gift for somebody else"));
        }
        if self.is_ours(&give.exporter) {
            return match self.is_given(&give) {
                true => self.take_gift((give.session, give.gift), promise),
                false => self.settle_later(promise, broken(REFUSED)),
            };
        }
        let location = give.exporter.clone();
        let redeeming = Box::new(Redeeming { give, keys: session.keys.clone(), tries_left: 1 });
        // Where there is no way there, that has settled the promise.
        let _ = self.want(&location, Some(Want::Withdraw(redeeming, promise)));
    }

    /// Asks the exporter; the promise becomes its answer, so that calls of it go ahead.
    pub(super) fn withdraw_on(&mut self, sid: Sid, redeeming: Redeeming, promise: Promise) {
        if self.check(sid, &[], 1).is_err() {
            return self.settle_later(promise, broken("a table is full"));
        }
        let Some(them) = self.sessions.get(sid).and_then(|session| session.them()) else {
            return self.settle_later(promise, broken("there is no session"));
        };
        // Later than any other receiver's, if clocks are right: Goblins wants them to rise.
        let count = self.now.0.max(self.count_last + 1);
        let dialect = self.sessions.get(sid).expect("looked up above").dialect;
        let receive = write_receive(dialect, &redeeming.keys, &them.id, &them.our_side, count, &redeeming.give);
        self.count_last = count;
        let mut message = mem::take(&mut self.scratch);
        message.extend_from_slice(b"<10'op:deliver<11'desc:export0+>[13'withdraw-gift");
        Writer(&mut message).raw(&receive);
        Writer(&mut message).close_list();
        let position = self.ask(sid, promise);
        Writer(&mut message).u64(position);
        self.write_resolver(sid, promise, &mut message);
        Writer(&mut message).close_record();
        self.send_frame(sid, message);
        if redeeming.tries_left > 0 {
            self.redeeming.insert(promise, redeeming);
        }
    }

    /// The exporter has refused, and nothing was sent along: once more with a later count. Only who may be Goblins refuses for that.
    pub(super) fn withdraw_again(&mut self, path: Path, mut redeeming: Redeeming, promise: Promise) {
        if let Some(session) = self.sessions.get_mut(path.sid)
            && let Place::Question(position) = path.at
            && session.questions.remove(&position).is_some()
        {
            session.answered.push(position);
            self.report_later(path.sid);
        }
        redeeming.tries_left -= 1;
        self.withdraw_on(path.sid, redeeming, promise);
    }

    /// Whether a refusal may be for the count.
    pub(super) fn may_try_again(&self, sid: Sid) -> bool {
        self.sessions.get(sid).is_some_and(|session| matches!(session.flavour, Flavour::Goblins | Flavour::Unknown))
    }

    /// Of a session that is over: nobody can give or await there any more.
    pub(super) fn drop_gifts(&mut self, session: &Id) {
        let names: Vec<Name> =
            self.gifts.kept.range((*session, Vec::new())..).map(|(name, _)| name).take_while(|name| name.0 == *session).cloned().collect();
        for name in names {
            self.drop_gift(&name, broken("the gifter is gone"));
        }
    }

    pub(super) fn gifts_due(&mut self) {
        while let Some((_, name)) = self.gifts.due.first().filter(|(due, _)| *due <= self.now).cloned() {
            self.drop_gift(&name, broken("the gift did not come"));
        }
    }

    fn drop_gift(&mut self, name: &Name, outcome: Outcome) {
        match self.gifts.remove(name) {
            Some(Gift::Deposited(reference)) => self.drop_one(reference),
            Some(Gift::Awaited(promise)) => self.settle_later(promise, outcome),
            None => {}
        }
    }
}

fn encoded_name(name: &Value) -> Option<Vec<u8>> {
    let mut encoded = Vec::new();
    let mut writer = Writer(&mut encoded);
    match name {
        Value::Bytes(bytes) => writer.bytes(bytes),
        Value::Text(text) => writer.text(text),
        Value::Integer(number) => writer.integer(number),
        _ => return None,
    }
    Some(encoded)
}
