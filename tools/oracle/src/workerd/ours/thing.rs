//! An object: a durable actor whose turns are the segments of handlers and the runs of its alarm.
use super::book::{Book, Shared};
use crate::workerd::{
    cells::{self, Place},
    keys::{told_entry, told_value, value},
    program::{Act, End, Op, Range, When},
};
use peerd_vat::{Behaviour, Crash, Cx, Event, INFINITY_MS, Wall};
use std::{collections::BTreeSet, ops::Bound};

pub const NAME: &str = "thing";

/// The only alarm that an object of workerd has.
const ALARM: u64 = 0;
const HOUR_MS: u64 = 3_600_000;
/// As player.js has it.
const PAST_MS: u64 = 5_000;

pub fn behaviour(book: &Shared, begin: Wall) -> Box<dyn Behaviour> {
    Box::new(Thing { book: book.clone(), begin })
}

/// Its state is its name; all else is in its map.
struct Thing {
    book: Shared,
    begin: Wall,
}

/// What tells an object to play a segment of a handler. Nothing at all: to tell what it is left with.
#[derive(Clone, Copy)]
pub struct Order {
    pub handler: usize,
    pub segment: usize,
    pub place: Place,
}

impl Order {
    pub fn to_bytes(self) -> Vec<u8> {
        let place = if self.place == Place::Told { "told" } else { "called" };
        format!("{place} {} {}", self.handler, self.segment).into_bytes()
    }

    fn read(body: &[u8]) -> Option<Order> {
        let mut words = std::str::from_utf8(body).ok()?.split(' ');
        let place = if words.next()? == "told" { Place::Told } else { Place::Message };
        Some(Order { handler: words.next()?.parse().ok()?, segment: words.next()?.parse().ok()?, place })
    }
}

impl Behaviour for Thing {
    fn name(&self) -> &'static str {
        NAME
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(args);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let who = char::from(*cx.state().first().ok_or_else(|| Crash::new("state", "its name"))?);
        let shared = self.book.clone();
        let mut book = shared.lock();
        match event {
            // A call, as all are: one whose turn fails is not tried again, because its caller is told.
            Event::User { body, reply, .. } => {
                if body.is_empty() {
                    let rest = format!("{} {}", listed(&Range::default(), cx), self.told_alarm(cx));
                    book.say(who.to_string(), rest);
                } else {
                    let order = Order::read(body).ok_or_else(|| Crash::new("order", "unreadable"))?;
                    self.segment(who, order, &mut book, cx)?;
                }
                if let Some(reply) = reply {
                    cx.reply(reply, b"", &[]);
                }
                Ok(())
            }
            Event::Alarm { .. } => self.alarm(who, &mut book, cx),
            Event::Reply { .. } | Event::Down { .. } | Event::Exit { .. } | Event::Timer { .. } => Ok(()),
        }
    }
}

impl Thing {
    fn alarm(&self, who: char, book: &mut Book, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let had_failed = book.failed.remove(&who);
        let run = book.runs.entry(who).or_default();
        *run += 1;
        let number = *run - 1;
        let Some(handler) = book.program.alarm(who).get(number).copied() else {
            book.met.add(cells::UNSCRIPTED);
            book.say(who.to_string(), "alarm".into());
            return Ok(());
        };
        let fails = book.program.handlers[handler].end != End::Answer;
        if had_failed {
            book.met.add(if fails { cells::FAILED_TWICE } else { cells::RAN_AGAIN });
        }
        self.segment(who, Order { handler, segment: 0, place: Place::Alarm }, book, cx)?;
        // Of a message a throw is an answer; of an alarm it has to fail.
        if fails { Err(Crash::new("throw", "as the program says")) } else { Ok(()) }
    }

    fn segment(&self, who: char, order: Order, book: &mut Book, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let handler = book.program.handlers[order.handler].clone();
        let segment = &handler.segments[order.segment];
        let mut own = Own::default();
        let mut results = Vec::new();
        for op in &segment.ops {
            book.met.op(op, order.place, segment.kind, book.failed.contains(&who));
            own.meet(op, order.place, book, cx);
            results.push(self.act(who, &op.act, book, cx));
        }
        let told = book.told.entry(who).or_default();
        told.push(results.join(" "));
        let end = (order.segment + 1 == handler.segments.len()).then_some(handler.end);
        book.met.segment(segment, order.place, end);
        if let Some(end) = end {
            let told = std::mem::take(told).join(" | ");
            let title = if order.place == Place::Alarm { "alarm " } else { "" };
            book.say(who.to_string(), format!("{title}{} {told} {}", order.handler, end.word()));
            if order.place == Place::Alarm && end != End::Answer {
                book.failed.insert(who);
            }
        }
        if segment.kind.is_undone() || end == Some(End::Abort) {
            return Err(Crash::new("undone", "as the program says"));
        }
        Ok(())
    }

    fn act(&self, who: char, act: &Act, book: &mut Book, cx: &mut Cx<'_>) -> String {
        let done = || "+".to_owned();
        match act {
            Act::Get(key) => cx.map().get(key.as_bytes()).map_or_else(|| "-".into(), told_value),
            Act::GetMany(keys) => {
                let mut keys = keys.clone();
                keys.sort();
                keys.dedup();
                let found = keys.iter().filter_map(|key| Some(told_entry(key.as_bytes(), cx.map().get(key.as_bytes())?)));
                format!("[{}]", found.collect::<Vec<_>>().join(","))
            }
            Act::Put(key, word) => {
                put(key, word, cx);
                done()
            }
            Act::PutMany(entries) => {
                entries.iter().for_each(|(key, word)| put(key, word, cx));
                done()
            }
            Act::Delete(key) => cx.delete(key.as_bytes()).to_string(),
            Act::DeleteMany(keys) => keys.iter().filter(|key| cx.delete(key.as_bytes())).count().to_string(),
            Act::List(range) => {
                let told = listed(range, cx);
                book.met.listed(range, told != "[]");
                told
            }
            Act::DeleteAll => {
                cx.clear_map();
                cx.cancel_alarm(ALARM);
                done()
            }
            Act::SetAlarm(when) => {
                book.is_open_to_chance |= when.is_due() && book.failed.contains(&who);
                cx.alarm(ALARM, self.time(*when, cx.wall()));
                done()
            }
            Act::GetAlarm => self.told_alarm(cx),
            Act::DeleteAlarm => {
                cx.cancel_alarm(ALARM);
                done()
            }
            Act::Out(number) => {
                let world = book.world.expect("the vat tells it before it boots");
                cx.send(world, format!("{who} {number}").as_bytes());
                done()
            }
            Act::Tell(other, handler) => {
                let order = Order { handler: *handler, segment: 0, place: Place::Told };
                cx.call(book.refs[other], &order.to_bytes(), &[], INFINITY_MS);
                done()
            }
        }
    }

    const fn time(&self, when: When, now: Wall) -> Wall {
        match when {
            When::Past => Wall(now.0 - PAST_MS),
            When::Now => now,
            When::Soon => now.after(crate::workerd::program::SOON_MS),
            When::Far(hours) => self.begin.after(hours as u64 * HOUR_MS),
        }
    }

    fn told_alarm(&self, cx: &Cx<'_>) -> String {
        match cx.alarm_at(ALARM) {
            None => "none".into(),
            Some(due) if due.since(self.begin) < HOUR_MS / 2 => "due".into(),
            Some(far) => format!("far{}", far.since(self.begin) / HOUR_MS),
        }
    }
}

fn put(key: &str, word: &str, cx: &mut Cx<'_>) {
    cx.put(key.as_bytes(), &value(word)).expect("programs are far below the limits");
}

fn listed(range: &Range, cx: &Cx<'_>) -> String {
    let prefix = range.prefix.as_deref().unwrap_or_default().as_bytes();
    let behind = behind(prefix);
    let start = match (&range.start, &range.after) {
        (Some(start), _) => Bound::Included(start.as_bytes()),
        (_, Some(after)) => Bound::Excluded(after.as_bytes()),
        (None, None) => Bound::Unbounded,
    };
    let end = range.end.as_ref().map_or(Bound::Unbounded, |end| Bound::Excluded(end.as_bytes()));
    let start = if starts_before(start, prefix) { Bound::Included(prefix) } else { start };
    let end = match (end, behind.as_deref()) {
        (Bound::Excluded(end), Some(behind)) => Bound::Excluded(end.min(behind)),
        (Bound::Unbounded, Some(behind)) => Bound::Excluded(behind),
        (end, _) => end,
    };
    let is_bound = range.start.is_some() || range.after.is_some() || range.end.is_some();
    let entries = if is_bound { cx.map().range((start, end)) } else { cx.map().prefixed(prefix) };
    let limit = range.limit.unwrap_or(usize::MAX);
    let tell = |(key, value): (&[u8], &[u8])| told_entry(key, value);
    let told: Vec<String> =
        if range.reverse { entries.rev().take(limit).map(tell).collect() } else { entries.take(limit).map(tell).collect() };
    format!("[{}]", told.join(","))
}

fn starts_before(start: Bound<&[u8]>, prefix: &[u8]) -> bool {
    match start {
        Bound::Included(start) | Bound::Excluded(start) => start < prefix,
        Bound::Unbounded => true,
    }
}

/// The first key after all that begin so. No byte of a text is the last one.
fn behind(prefix: &[u8]) -> Option<Vec<u8>> {
    let (last, rest) = prefix.split_last()?;
    Some([rest, &[last + 1]].concat())
}

/// What a segment has changed itself: to know which of its reads see that.
#[derive(Default)]
struct Own {
    written: BTreeSet<String>,
    deleted: BTreeSet<String>,
    alarm: Option<bool>,
}

impl Own {
    fn meet(&mut self, op: &Op, place: Place, book: &mut Book, cx: &Cx<'_>) {
        let met = &mut book.met;
        match &op.act {
            Act::Get(key) if self.written.contains(key) => met.add(cells::OWN_WRITE),
            Act::Get(key) if self.deleted.contains(key) => met.add(cells::OWN_DELETE),
            Act::List(range) if *range == (Range { reverse: range.reverse, ..Range::default() }) => {
                if !self.written.is_empty() {
                    met.add(cells::LISTED_WRITE);
                }
                if !self.deleted.is_empty() {
                    met.add(cells::LISTED_DELETE);
                }
            }
            Act::GetAlarm => match self.alarm {
                Some(true) => met.add(cells::OWN_ALARM),
                Some(false) => met.add(cells::OWN_UNSET),
                None if place == Place::Alarm => met.add(cells::UNSET_WHILE_RUNNING),
                None => {}
            },
            Act::Put(key, _) => self.write(key),
            Act::PutMany(entries) => entries.iter().for_each(|(key, _)| self.write(key)),
            Act::Delete(key) => self.delete(key, cx),
            Act::DeleteMany(keys) => keys.iter().for_each(|key| self.delete(key, cx)),
            Act::SetAlarm(_) => self.alarm = Some(true),
            Act::DeleteAlarm => self.alarm = Some(false),
            Act::DeleteAll => {
                if cx.map().first().is_none() {
                    met.add(cells::DELETE_NOTHING);
                }
                if cx.alarm_at(ALARM).is_some() {
                    met.add(cells::DELETE_WITH_ALARM);
                }
            }
            Act::Get(_) | Act::GetMany(_) | Act::List(_) | Act::Out(_) | Act::Tell(..) => {}
        }
    }

    fn write(&mut self, key: &str) {
        self.deleted.remove(key);
        self.written.insert(key.to_owned());
    }

    fn delete(&mut self, key: &str, cx: &Cx<'_>) {
        if cx.map().get(key.as_bytes()).is_some() {
            self.written.remove(key);
            self.deleted.insert(key.to_owned());
        }
    }
}
