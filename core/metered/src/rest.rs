//! A guest between its turns, as bytes: refs, those of pending turns, marks, pending turns, the guest's own state.
//!
//! ```text
//! what there is │ count, refs of 16 bytes │ count, refs │ marks of calls │ marks of watches │ pending │ the guest's state
//!               └───── behind `refs_end` nothing is taken for a ref ┘
//! ```
//! A guest that keeps no refs and waits for nothing has one byte before its own.
use crate::pending::Pending;
use alloc::vec::Vec;
use peerd_vat::{CallId, Ref, WatchId};
use serde::{Deserialize, Serialize};

/// Read before a turn and written after it. Its room stays from turn to turn.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Rest {
    pub refs: Vec<Ref>,
    pub calls: Vec<(u32, CallId)>,
    pub watches: Vec<(u32, WatchId)>,
    pub pending: Vec<Pending>,
    /// Where the guest's own state begins.
    pub state_at: usize,
    /// Read as one that waits for nothing, and its refs are still those.
    pub was_idle: bool,
}

const REF: usize = 16;

/// In the first byte.
const REFS: u8 = 1;
const PENDING: u8 = 2;
const WAITS: u8 = 4;
const END: u8 = 8;

impl Rest {
    /// False: these bytes are no guest at rest, and what is here now is worth nothing.
    pub fn read(&mut self, bytes: &[u8]) -> bool {
        self.clear();
        self.try_read(bytes).is_some()
    }

    pub fn clear(&mut self) {
        self.refs.clear();
        self.calls.clear();
        self.watches.clear();
        self.pending.clear();
        self.state_at = 0;
        self.was_idle = false;
    }

    fn try_read(&mut self, bytes: &[u8]) -> Option<()> {
        let (&has, mut rest) = bytes.split_first()?;
        if has & REFS != 0 {
            take_refs(&mut rest, &mut self.refs)?;
        }
        let mut of_pending = Vec::new();
        if has & PENDING != 0 {
            take_refs(&mut rest, &mut of_pending)?;
        }
        if has & WAITS != 0 {
            take_list(&mut rest, &mut self.calls)?;
            take_list(&mut rest, &mut self.watches)?;
        }
        let mut of_pending = of_pending.into_iter();
        if has & PENDING != 0 {
            let mut counted: Vec<(u32, Pending)> = Vec::new();
            take_list(&mut rest, &mut counted)?;
            for (count, mut pending) in counted {
                pending.refs = of_pending.by_ref().take(count as usize).collect();
                if pending.refs.len() != count as usize || pending.header().is_none() {
                    return None;
                }
                self.pending.push(pending);
            }
        }
        self.state_at = bytes.len() - rest.len();
        self.was_idle = has & !REFS == 0;
        (has < END && of_pending.next().is_none()).then_some(())
    }

    pub fn write(&self, state: &[u8], to: &mut Vec<u8>) {
        let waits = !self.calls.is_empty() || !self.watches.is_empty();
        let parts = [(!self.refs.is_empty(), REFS), (!self.pending.is_empty(), PENDING), (waits, WAITS)];
        let has = parts.iter().filter(|(there, _)| *there).fold(0, |has, (_, part)| has | part);
        to.push(has);
        if has & REFS != 0 {
            put_refs(self.refs.iter(), self.refs.len(), to);
        }
        if has & PENDING != 0 {
            let of_pending = self.pending.iter().flat_map(|pending| &pending.refs);
            put_refs(of_pending, self.pending.iter().map(|pending| pending.refs.len()).sum(), to);
        }
        if has & WAITS != 0 {
            put(&self.calls, to);
            put(&self.watches, to);
        }
        if has & PENDING != 0 {
            let counted: Vec<(u32, &Pending)> = self.pending.iter().map(|pending| (pending.refs.len() as u32, pending)).collect();
            put(&counted, to);
        }
        to.extend_from_slice(state);
    }

    /// Behind the last ref.
    pub fn refs_end(bytes: &[u8]) -> usize {
        let Some((&has, mut rest)) = bytes.split_first() else { return 0 };
        let lists = (has & (REFS | PENDING)).count_ones();
        let skip = |rest: &mut &[u8]| {
            let count = take::<u32>(rest)? as usize;
            *rest = rest.get(count.checked_mul(REF)?..)?;
            Some(())
        };
        match (0..lists).try_for_each(|_| skip(&mut rest)) {
            Some(()) => bytes.len() - rest.len(),
            None => bytes.len(),
        }
    }

    /// Whether all before the guest's own state is as it was read.
    pub fn is_as_it_was(&self) -> bool {
        self.was_idle && self.calls.is_empty() && self.watches.is_empty() && self.pending.is_empty()
    }

    pub fn take_call(&mut self, call: CallId) -> Option<u32> {
        let at = self.calls.iter().position(|(_, known)| *known == call)?;
        Some(self.calls.remove(at).0)
    }

    pub fn take_watch(&mut self, watch: WatchId) -> Option<u32> {
        let at = self.watches.iter().position(|(_, known)| *known == watch)?;
        Some(self.watches.remove(at).0)
    }
}

fn take<T: for<'de> Deserialize<'de>>(from: &mut &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(from).ok()?;
    *from = rest;
    Some(value)
}

/// Few have more than 127, and then it is one byte.
#[inline]
fn take_count(from: &mut &[u8]) -> Option<usize> {
    match from.split_first() {
        Some((&count @ ..0x80, rest)) => {
            *from = rest;
            Some(usize::from(count))
        }
        _ => take::<u32>(from).map(|count| count as usize),
    }
}

fn take_refs(from: &mut &[u8], to: &mut Vec<Ref>) -> Option<()> {
    let count = take_count(from)?;
    let (refs, rest) = from.split_at_checked(count.checked_mul(REF)?)?;
    *from = rest;
    to.reserve(count);
    for bytes in refs.chunks_exact(REF) {
        to.push(Ref::from_bytes(bytes)?);
    }
    Some(())
}

fn take_list<T: for<'de> Deserialize<'de>>(from: &mut &[u8], to: &mut Vec<T>) -> Option<()> {
    for _ in 0..take::<u32>(from)? {
        to.push(take(from)?);
    }
    Some(())
}

fn put<T: Serialize>(value: &T, to: &mut Vec<u8>) {
    *to = postcard::to_extend(value, core::mem::take(to)).expect("plain data encodes");
}

fn put_refs<'a>(refs: impl Iterator<Item = &'a Ref>, count: usize, to: &mut Vec<u8>) {
    put(&(count as u32), to);
    refs.for_each(|item| to.extend_from_slice(&item.to_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use peerd_actor::wire::{Header, Kind};
    use peerd_vat::{PortId, REF_TO_NOBODY, Ref, Vat};

    fn port(number: u16) -> Ref {
        Vat::port_of(PortId(number))
    }

    fn pending(id: u32, refs: Vec<Ref>) -> Pending {
        let header = Header { kind: Kind::Message, flags: 0, state_refs: 0, message_refs: 1, mark: 0, key: 0, now_ms: 5, seed: 9 };
        Pending { id, call: None, set_aside: id == 1, lives: 0, faults: 2, message: header.to_bytes().to_vec(), refs }
    }

    #[test]
    fn what_is_written_is_read_and_refs_lie_in_front() {
        let rest = Rest {
            refs: vec![port(1), port(2)],
            pending: vec![pending(1, vec![port(3)]), pending(2, Vec::new()), pending(3, vec![port(4), port(5)])],
            ..Rest::default()
        };
        let (mut bytes, mut read) = (Vec::new(), Rest::default());
        rest.write(b"state", &mut bytes);
        assert!(read.read(&bytes));
        assert_eq!(&bytes[read.state_at..], b"state");
        assert_eq!((&read.refs, &read.pending), (&rest.refs, &rest.pending));
        assert_eq!(Rest::refs_end(&bytes), 3 + 5 * REF);
    }

    #[test]
    fn a_guest_of_little_takes_one_byte_more_than_its_state_and_forges_nothing_in_it() {
        let mut bytes = Vec::new();
        Rest::default().write(&REF_TO_NOBODY, &mut bytes);
        assert_eq!(bytes.len(), 1 + REF);
        assert_eq!(Rest::refs_end(&bytes), 1);
    }

    #[test]
    fn other_bytes_are_refused() {
        let mut bytes = Vec::new();
        let rest = Rest { refs: vec![port(1)], pending: vec![pending(1, vec![port(3)])], ..Rest::default() };
        rest.write(b"", &mut bytes);
        for end in 0..bytes.len() {
            assert!(!Rest::default().read(&bytes[..end]), "{end}");
        }
        assert!(!Rest::default().read(&[0xFF; 40]));
    }
}
