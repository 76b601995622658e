//! From the entries of an outbox to the verbs of the kernel. Each is checked before it is asked for; an error is the turn's crash, and
//! then the kernel drops those before it, too.
use crate::{given::Given, guest::Class, rest::Rest};
use alloc::{string::String, vec::Vec};
use peerd_actor::wire::{Entries, Entry, KEYS, Op, SPAWN_DURABLE, SPAWN_FLAGS, SPAWN_KEPT, SPAWN_LINKED, TAGS};
use peerd_vat::{Crash, Cx, Durability, INFINITY_MS, Identity, Reason, Ref, Settle, SpawnOptions, Wall};

/// Limit: refs in one message.
const REFS_MAX: u64 = 1_024;
/// Limit: refs that a state keeps, calls and watches that a guest may wait for at a time.
const KEPT_MAX: usize = 1_024;
/// Limit: bytes of a report's kind.
const KIND_MAX: usize = 64;

/// What of a turn's outbox is not the kernel's but the guest's own.
#[derive(Default)]
pub(crate) struct Asked {
    /// The refs that the state keeps, if others than before.
    pub keeps: Option<Vec<Ref>>,
    pub defers: bool,
    pub tag: Option<u32>,
}

/// All of it.
pub(crate) fn apply(outbox: &[u8], class: &Class, given: &mut Given<'_>, rest: &mut Waits<'_>, cx: &mut Cx<'_>) -> Result<Asked, Crash> {
    let mut asked = Asked::default();
    for entry in Entries::of(outbox) {
        let entry = entry.ok_or_else(|| bad("the outbox has what is no entry"))?;
        Hand { class, given, rest, cx, asked: &mut asked }.apply(&entry)?;
    }
    // What it said is to be kept was looked up when it said so: it may have answered since.
    if let Some(keeps) = &asked.keeps {
        keeps.iter().try_for_each(|item| given.check(*item))?;
    }
    Ok(asked)
}

/// Why a turn failed that says so itself.
pub(crate) fn failure(outbox: &[u8]) -> Crash {
    match Entries::of(outbox).last() {
        Some(Some(Entry { op: Op::Fail, a, payload, .. })) => match texts(a, payload) {
            Ok((kind, message)) => Crash::new(kind, message),
            Err(crash) => crash,
        },
        _ => Crash::new("failed", "the guest did not say why"),
    }
}

/// What a guest waits for, by its own marks.
pub(crate) struct Waits<'a> {
    pub calls: &'a mut Vec<(u32, peerd_vat::CallId)>,
    pub watches: &'a mut Vec<(u32, peerd_vat::WatchId)>,
}

impl<'a> Waits<'a> {
    pub fn of(rest: &'a mut Rest) -> Waits<'a> {
        Waits { calls: &mut rest.calls, watches: &mut rest.watches }
    }
}

struct Hand<'h, 'g, 'w, 'c> {
    class: &'h Class,
    given: &'h mut Given<'g>,
    rest: &'h mut Waits<'w>,
    cx: &'h mut Cx<'c>,
    asked: &'h mut Asked,
}

impl Hand<'_, '_, '_, '_> {
    fn apply(&mut self, entry: &Entry<'_>) -> Result<(), Crash> {
        let Entry { op, a, b, payload } = *entry;
        match op {
            Op::Send => {
                let (refs, body) = self.refs(b, payload)?;
                let to = self.given.find_target(a)?;
                self.cx.send_with(to, body, &refs);
            }
            Op::Reply => {
                let (refs, body) = self.refs(b, payload)?;
                let to = self.given.find_caller(a)?;
                self.cx.reply(to, body, &refs);
            }
            Op::Refuse => {
                let settle: Settle = term(payload)?;
                let to = self.given.find_caller(a)?;
                self.cx.refuse(to, &settle);
            }
            Op::Call => {
                let (ms, payload) = payload.split_first_chunk::<8>().ok_or_else(|| bad("a call without a time"))?;
                let (refs, body) = self.refs(b & u64::from(u32::MAX), payload)?;
                let to = self.given.find_target(a)?;
                if self.rest.calls.len() >= KEPT_MAX {
                    return Err(Crash::new("calls", "the guest waits for too many answers"));
                }
                let ms = u64::from_le_bytes(*ms);
                let call = self.cx.call(to, body, &refs, if ms == u64::MAX { INFINITY_MS } else { ms });
                self.rest.calls.push(((b >> 32) as u32, call));
            }
            Op::CancelCall => {
                if let Some(at) = self.rest.calls.iter().position(|(mark, _)| u64::from(*mark) == a) {
                    self.cx.cancel_call(self.rest.calls.remove(at).1);
                }
            }
            Op::Spawn => self.spawn(a, b, payload)?,
            Op::Watch => {
                let to = self.given.find(a)?;
                if self.rest.watches.len() >= KEPT_MAX {
                    return Err(Crash::new("watches", "the guest watches too many"));
                }
                let watch = match b >> 32 {
                    0 => self.cx.watch(to),
                    1 => self.cx.watch_identity(to),
                    _ => return Err(bad("a watch of no kind")),
                };
                self.rest.watches.push((b as u32, watch));
            }
            Op::Unwatch => {
                if let Some(at) = self.rest.watches.iter().position(|(mark, _)| u64::from(*mark) == a) {
                    self.cx.unwatch(self.rest.watches.remove(at).1);
                }
            }
            Op::Link => {
                let to = self.given.find(a)?;
                self.cx.link(to);
            }
            Op::Unlink => {
                let to = self.given.find(a)?;
                self.cx.unlink(to);
            }
            Op::TrapExits => self.cx.trap_exits(a != 0),
            Op::Exit => {
                let (to, reason) = (self.given.find(a)?, term::<Reason>(payload)?);
                self.cx.exit(to, reason);
            }
            Op::Timer => self.cx.timer(key(a)?, b),
            Op::CancelTimer => {
                self.cx.cancel_timer(key(a)?);
            }
            Op::Alarm => {
                let Wall(now) = self.cx.wall();
                self.cx.alarm(key(a)?, Wall(now.saturating_add(b)));
            }
            Op::CancelAlarm => {
                self.cx.cancel_alarm(key(a)?);
            }
            Op::Become => {
                let tag = u32::try_from(a).ok().filter(|tag| *tag < TAGS).ok_or_else(|| bad("a tag that is none of the guest's"))?;
                self.asked.tag = Some(tag);
            }
            Op::Defer => self.asked.defers = true,
            Op::Stop => self.cx.stop(term(payload)?),
            Op::Keep => {
                if payload.len() / 4 > KEPT_MAX {
                    return Err(Crash::new("keep", "the guest keeps too many refs"));
                }
                self.asked.keeps = Some(self.given.find_all(payload)?);
            }
            Op::Report => {
                let (kind, text) = texts(a, payload)?;
                self.cx.report(String::from(kind), String::from(text));
            }
            Op::Fail => return Err(bad("a turn that ended well has not failed")),
        }
        Ok(())
    }

    fn spawn(&mut self, flags: u64, refs: u64, payload: &[u8]) -> Result<(), Crash> {
        let short = || bad("a spawn that is cut");
        let (lengths, payload) = payload.split_first_chunk::<8>().ok_or_else(short)?;
        let length = |at: usize| u32::from_le_bytes([lengths[at], lengths[at + 1], lengths[at + 2], lengths[at + 3]]) as usize;
        let (refs, payload) = self.refs(refs, payload)?;
        let (name, payload) = payload.split_at_checked(length(0)).ok_or_else(short)?;
        let (label, args) = payload.split_at_checked(length(4)).ok_or_else(short)?;
        let (name, label) = (text(name)?, text(label)?);
        let is_kept_as_nothing = flags & SPAWN_KEPT != 0 && label.is_empty();
        if flags & !SPAWN_FLAGS != 0 || is_kept_as_nothing {
            return Err(bad("a spawn of no kind"));
        }
        let Some(name) = self.class.find_spawn(name) else {
            return Err(Crash::new("spawn", alloc::format!("{} may not spawn {name}", self.class.name)));
        };
        self.class.count_spawn(self.given.born.len())?;
        let mut options = SpawnOptions::new(name, args).refs(&refs).label(label);
        if flags & SPAWN_LINKED != 0 {
            options = options.linked();
        }
        if flags & SPAWN_DURABLE != 0 {
            options = options.durability(Durability::Durable);
        }
        if flags & SPAWN_KEPT != 0 {
            options = options.identity(Identity::Kept(label));
        }
        let child = self.cx.spawn(options);
        self.given.born.push(child);
        Ok(())
    }

    /// The list at the front of a payload, and what is behind it.
    #[inline]
    fn refs<'p>(&self, count: u64, payload: &'p [u8]) -> Result<(Vec<Ref>, &'p [u8]), Crash> {
        if count == 0 {
            return Ok((Vec::new(), payload));
        }
        let count = Some(count).filter(|count| *count <= REFS_MAX).ok_or_else(|| Crash::new("refs", "too many refs in a message"))?;
        let (list, body) = payload.split_at_checked(count as usize * 4).ok_or_else(|| bad("a list of refs that is cut"))?;
        Ok((self.given.find_all(list)?, body))
    }
}

fn bad(why: &str) -> Crash {
    Crash::new("entry", why)
}

fn key(key: u64) -> Result<u64, Crash> {
    if key < KEYS { Ok(key) } else { Err(bad("a key that is none of the guest's")) }
}

fn text(bytes: &[u8]) -> Result<&str, Crash> {
    core::str::from_utf8(bytes).map_err(|_| bad("a text that is none"))
}

/// A kind of this length, and the text behind it.
fn texts(kind: u64, payload: &[u8]) -> Result<(&str, &str), Crash> {
    let length = usize::try_from(kind).ok().filter(|length| *length <= KIND_MAX).ok_or_else(|| bad("a kind that is too long"))?;
    let (kind, rest) = payload.split_at_checked(length).ok_or_else(|| bad("a text that is cut"))?;
    Ok((text(kind)?, text(rest)?))
}

/// One of the kernel's, whole.
fn term<T: for<'de> serde::Deserialize<'de>>(bytes: &[u8]) -> Result<T, Crash> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(bad("a reason that is none")),
    }
}
