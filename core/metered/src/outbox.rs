//! From the entries of an outbox to the verbs of the kernel. Each is checked before it is asked for; an error is the turn's crash, and
//! then the kernel drops those before it, too.
use crate::{Class, given::Given, rest::Rest};
use alloc::{string::String, vec::Vec};
use peerd_actor::wire::{Entries, Entry, KEYS, Op, SPAWN_DURABLE, SPAWN_FLAGS, SPAWN_KEPT, SPAWN_LINKED, TAGS};
use peerd_vat::{CallId, Crash, Cx, Durability, INFINITY_MS, Identity, Reason, Ref, Settle, SpawnOptions, Wall, WatchId};

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

/// Whether it is asked for, or only looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Only,
    Ask,
}

/// All of it, or the crash that it is: of `Look::Only` the same, with nothing asked for.
pub(crate) fn apply(
    look: Look,
    outbox: &[u8],
    class: &Class,
    given: &mut Given<'_>,
    rest: &mut Rest,
    cx: &mut Cx<'_>,
) -> Result<Asked, Crash> {
    let (mut asked, mut waits) = (Asked::default(), Waits::of(rest));
    for entry in Entries::of(outbox) {
        let entry = entry.ok_or_else(|| bad("the outbox has what is no entry"))?;
        Hand { look, class, given, waits: &mut waits, cx, asked: &mut asked }.apply(&entry)?;
    }
    // What it said is to be kept was looked up when it said so: it may have answered since.
    if let Some(keeps) = &asked.keeps {
        keeps.iter().try_for_each(|item| given.check(*item))?;
    }
    if look == Look::Ask {
        waits.write(rest);
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

/// What a guest waits for, by its own marks. None: it was only looked at.
struct Waits {
    calls: Vec<(u32, Option<CallId>)>,
    watches: Vec<(u32, Option<WatchId>)>,
}

impl Waits {
    fn of(rest: &Rest) -> Waits {
        Waits {
            calls: rest.calls.iter().map(|(mark, call)| (*mark, Some(*call))).collect(),
            watches: rest.watches.iter().map(|(mark, watch)| (*mark, Some(*watch))).collect(),
        }
    }

    fn write(self, rest: &mut Rest) {
        rest.calls.clear();
        rest.calls.extend(self.calls.into_iter().filter_map(|(mark, call)| Some((mark, call?))));
        rest.watches.clear();
        rest.watches.extend(self.watches.into_iter().filter_map(|(mark, watch)| Some((mark, watch?))));
    }
}

struct Hand<'h, 'g, 'c> {
    look: Look,
    class: &'h Class,
    given: &'h mut Given<'g>,
    waits: &'h mut Waits,
    cx: &'h mut Cx<'c>,
    asked: &'h mut Asked,
}

impl Hand<'_, '_, '_> {
    /// None: it is only looked at.
    #[inline]
    fn ask<T>(&mut self, verb: impl FnOnce(&mut Cx<'_>) -> T) -> Option<T> {
        (self.look == Look::Ask).then(|| verb(self.cx))
    }

    fn apply(&mut self, entry: &Entry<'_>) -> Result<(), Crash> {
        let Entry { op, a, b, payload } = *entry;
        match op {
            Op::Send => {
                let (refs, body) = self.refs(b, payload)?;
                let to = self.given.find_target(a)?;
                self.ask(|cx| cx.send_with(to, body, &refs));
            }
            Op::Reply => {
                let (refs, body) = self.refs(b, payload)?;
                let to = self.given.find_caller(a)?;
                self.ask(|cx| cx.reply(to, body, &refs));
            }
            Op::Refuse => {
                let settle: Settle = term(payload)?;
                let to = self.given.find_caller(a)?;
                self.ask(|cx| cx.refuse(to, &settle));
            }
            Op::Call => {
                let (ms, payload) = payload.split_first_chunk::<8>().ok_or_else(|| bad("a call without a time"))?;
                let (refs, body) = self.refs(b & u64::from(u32::MAX), payload)?;
                let to = self.given.find_target(a)?;
                if self.waits.calls.len() >= KEPT_MAX {
                    return Err(Crash::new("calls", "the guest waits for too many answers"));
                }
                let ms = u64::from_le_bytes(*ms);
                let call = self.ask(|cx| cx.call(to, body, &refs, if ms == u64::MAX { INFINITY_MS } else { ms }));
                self.waits.calls.push(((b >> 32) as u32, call));
            }
            Op::CancelCall => {
                if let Some(at) = self.waits.calls.iter().position(|(mark, _)| u64::from(*mark) == a)
                    && let Some(call) = self.waits.calls.remove(at).1
                {
                    self.ask(|cx| cx.cancel_call(call));
                }
            }
            Op::Spawn => self.spawn(a, b, payload)?,
            Op::Watch => {
                let to = self.given.find(a)?;
                if self.waits.watches.len() >= KEPT_MAX {
                    return Err(Crash::new("watches", "the guest watches too many"));
                }
                let watch = match b >> 32 {
                    0 => self.ask(|cx| cx.watch(to)),
                    1 => self.ask(|cx| cx.watch_identity(to)),
                    _ => return Err(bad("a watch of no kind")),
                };
                self.waits.watches.push((b as u32, watch));
            }
            Op::Unwatch => {
                if let Some(at) = self.waits.watches.iter().position(|(mark, _)| u64::from(*mark) == a)
                    && let Some(watch) = self.waits.watches.remove(at).1
                {
                    self.ask(|cx| cx.unwatch(watch));
                }
            }
            Op::Link => {
                let to = self.given.find(a)?;
                self.ask(|cx| cx.link(to));
            }
            Op::Unlink => {
                let to = self.given.find(a)?;
                if self.class.holds() && self.is_family(to) {
                    return Err(Crash::new("unlink", "an actor ends with who spawned it"));
                }
                self.ask(|cx| cx.unlink(to));
            }
            Op::TrapExits => {
                self.ask(|cx| cx.trap_exits(a != 0));
            }
            Op::Exit => {
                let (to, reason) = (self.given.find(a)?, term::<Reason>(payload)?);
                let is_own = to.actor_id() == self.given.me.actor_id();
                let reason = if is_own { self.end(reason) } else { reason };
                self.ask(|cx| cx.exit(to, reason));
            }
            Op::Timer => {
                let key = key(a)?;
                self.ask(|cx| cx.timer(key, b));
            }
            Op::CancelTimer => {
                let key = key(a)?;
                self.ask(|cx| cx.cancel_timer(key));
            }
            Op::Alarm => {
                let (key, Wall(now)) = (key(a)?, self.cx.wall());
                self.ask(|cx| cx.alarm(key, Wall(now.saturating_add(b))));
            }
            Op::CancelAlarm => {
                let key = key(a)?;
                self.ask(|cx| cx.cancel_alarm(key));
            }
            Op::Become => {
                let tag = u32::try_from(a).ok().filter(|tag| *tag < TAGS).ok_or_else(|| bad("a tag that is none of the guest's"))?;
                self.asked.tag = Some(tag);
            }
            Op::Defer => self.asked.defers = true,
            Op::Stop => {
                let reason = self.end(term(payload)?);
                self.ask(|cx| cx.stop(reason));
            }
            Op::Keep => {
                if payload.len() / 4 > KEPT_MAX {
                    return Err(Crash::new("keep", "the guest keeps too many refs"));
                }
                self.asked.keeps = Some(self.given.find_all(payload)?);
            }
            Op::Report => {
                let (kind, text) = texts(a, payload)?;
                self.ask(|cx| cx.report(String::from(kind), String::from(text)));
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
        let is_durable = flags & SPAWN_DURABLE != 0;
        if self.class.holds() && is_durable && (flags & SPAWN_KEPT == 0 || !self.cx.is_durable()) {
            return Err(Crash::new("spawn", "a durable actor is spawned by a durable one, and kept under a label"));
        }
        self.class.count_spawn(self.given.born.len())?;
        let mut options = SpawnOptions::new(name, args).refs(&refs).label(label);
        if flags & SPAWN_LINKED != 0 || self.class.holds() {
            options = options.linked();
        }
        if is_durable {
            options = options.durability(Durability::Durable);
        }
        if flags & SPAWN_KEPT != 0 {
            options = options.identity(Identity::Kept(label));
        }
        let child = self.ask(|cx| cx.spawn(options)).unwrap_or_else(Ref::nobody);
        self.given.born.push(child);
        Ok(())
    }

    /// Of an end of its own, of which nobody else would hear.
    fn end(&self, reason: Reason) -> Reason {
        if self.class.holds() && reason == Reason::Normal { Reason::Shutdown } else { reason }
    }

    /// Who spawned it, or whom it spawned.
    fn is_family(&self, who: Ref) -> bool {
        let is_parent = || self.cx.parent().is_some_and(|parent| parent.actor_id() == who.actor_id());
        self.given.born.contains(&who) || self.cx.lives(who) || is_parent()
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
