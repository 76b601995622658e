//! The bytes between a guest and its host: what a turn is given, what it asks for. Both sides read and write them with this file.
//!
//! All numbers are little-endian. A ref is an index into the turn's table: 0 the actor itself, 1 who waits for the answer if this is a
//! call, then the refs that the state keeps, those of the message, and the actors spawned in this turn, in the order of their spawns.
//! In the lists of refs below an index is a u32 whose high four bits say what the ref keeps of its rights in that message: 1 send,
//! 2 watch, 4 link, 8 control; none of them stands for send and watch.

/// Of the buffer that a turn's message is put in: before the body.
pub const HEADER: usize = 40;
/// Of an entry of the outbox, before its payload: operation u32, length of the payload u32, a u64, b u64. The payload is padded to
/// a multiple of 8 bytes.
pub const ENTRY: usize = 24;
/// Limit: what one turn may ask for, in bytes of entries.
pub const OUTBOX_MAX: usize = 64 * 1024;

pub const SELF: u32 = 0;
pub const REPLY: u32 = 1;
/// The first ref of the state.
pub const FIRST: u32 = 2;

/// Where the rights are in the index of a list.
pub const RIGHTS_SHIFT: u32 = 28;
pub const INDEX: u32 = (1 << RIGHTS_SHIFT) - 1;

/// What a turn handles. The body is the message's unless something else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// The first turn: arguments, endowment.
    Init = 0,
    /// With `CALL` among the flags somebody waits for the answer.
    Message = 1,
    /// What came of the call of this mark. With `FAILED` the body is a `Settle`.
    Reply = 2,
    /// The watch of this mark: its target is the one ref, the body a `Reason`.
    Down = 3,
    /// An exit signal that was trapped: from the one ref, the body is a `Reason`.
    Exit = 4,
    /// `key`.
    Timer = 5,
    /// `key`. The body: due, milliseconds of the time of day, u64; missed ticks u64.
    Alarm = 6,
    /// A later life of a durable actor begins: its calls, timers and watches ended with the life before.
    Recovered = 7,
    /// The state is another module's of this name: its version u32, then the length of its name u32, the name, and what whoever asked
    /// for the upgrade had to say.
    Migrate = 8,
    /// The last turn. The body is a `Reason`.
    Terminate = 9,
}

/// Flags.
pub const CALL: u16 = 1;
pub const FAILED: u16 = 2;

/// What stands before the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    pub flags: u16,
    /// How many refs the state and the message have.
    pub state_refs: u32,
    pub message_refs: u32,
    /// The call's or the watch's, as the guest chose it.
    pub mark: u32,
    pub key: u64,
    /// The turn's start, on the vat's clock.
    pub now_ms: u64,
    /// Drawn for this turn.
    pub seed: u64,
}

impl Header {
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..2].copy_from_slice(&(self.kind as u16).to_le_bytes());
        bytes[2..4].copy_from_slice(&self.flags.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.state_refs.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.message_refs.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.mark.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.key.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.now_ms.to_le_bytes());
        bytes[32..].copy_from_slice(&self.seed.to_le_bytes());
        bytes
    }

    /// With the body behind it. None: too short, or of no kind.
    #[must_use]
    pub fn split(message: &[u8]) -> Option<(Header, &[u8])> {
        let (head, body) = message.split_first_chunk::<HEADER>()?;
        let half = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let header = Header {
            kind: Kind::of(half(0))?,
            flags: half(2),
            state_refs: word(4),
            message_refs: word(8),
            mark: word(12),
            key: long(16),
            now_ms: long(24),
            seed: long(32),
        };
        Some((header, body))
    }
}

impl Kind {
    const ALL: [Kind; 10] = [
        Kind::Init,
        Kind::Message,
        Kind::Reply,
        Kind::Down,
        Kind::Exit,
        Kind::Timer,
        Kind::Alarm,
        Kind::Recovered,
        Kind::Migrate,
        Kind::Terminate,
    ];

    fn of(number: u16) -> Option<Kind> {
        Kind::ALL.get(usize::from(number)).copied()
    }
}

/// What a turn asks for, in its order, if it ends well. `a` and `b` are zero where nothing is said of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Op {
    /// a: to. b: number of refs. Payload: their indexes, body.
    Send = 1,
    /// a: to. b: number of refs, and in the high half the mark that the reply will have. Payload: milliseconds u64 (all ones: no
    /// deadline), indexes, body.
    Call = 2,
    /// a: mark.
    CancelCall = 3,
    /// As `Send`; the index is a caller's and used up by it.
    Reply = 4,
    /// a: the caller's index, which is used up. Payload: a `Settle`.
    Refuse = 5,
    /// a: what of `SPAWN_*`. b: number of refs. Payload: length of the name u32, length of the label u32, indexes, name, label,
    /// arguments. The child has the next index.
    Spawn = 6,
    /// a: target. b: the mark that the down will have, and in the high half 1 for the identity in place of the life that is now.
    Watch = 7,
    /// a: mark.
    Unwatch = 8,
    /// a: target.
    Link = 9,
    /// a: target.
    Unlink = 10,
    /// a: 1 or 0.
    TrapExits = 11,
    /// a: target. Payload: a `Reason`.
    Exit = 12,
    /// a: key, below `KEYS`. b: milliseconds.
    Timer = 13,
    /// a: key.
    CancelTimer = 14,
    /// Of a durable actor. a: key. b: milliseconds from now, by the time of day.
    Alarm = 15,
    /// a: key.
    CancelAlarm = 16,
    /// a: tag, below `TAGS`. One that is another than the present hands back what was deferred.
    Become = 17,
    /// Sets the message aside.
    Defer = 18,
    /// Commits this turn, then ends. Payload: a `Reason`.
    Stop = 19,
    /// Payload: indexes of the refs that the state keeps, in the order of the next turn. Without it the state keeps those it has; of
    /// several the last counts.
    Keep = 20,
    /// A word for people. a: length of its kind. Payload: kind, text.
    Report = 21,
    /// Why the turn fails: the last word of one that returns -1. a: length of the kind. Payload: kind, message.
    Fail = 22,
}

/// Keys of timers and alarms that are the guest's own.
pub const KEYS: u64 = 1 << 63;
/// Tags that are the guest's own.
pub const TAGS: u32 = 1 << 31;

pub const SPAWN_LINKED: u64 = 1;
pub const SPAWN_DURABLE: u64 = 2;
/// Its identity is kept by its parent under its label: the next spawn under it begins the next life of the same identity.
pub const SPAWN_KEPT: u64 = 4;
pub const SPAWN_FLAGS: u64 = SPAWN_LINKED | SPAWN_DURABLE | SPAWN_KEPT;

impl Op {
    const ALL: [Op; 22] = [
        Op::Send,
        Op::Call,
        Op::CancelCall,
        Op::Reply,
        Op::Refuse,
        Op::Spawn,
        Op::Watch,
        Op::Unwatch,
        Op::Link,
        Op::Unlink,
        Op::TrapExits,
        Op::Exit,
        Op::Timer,
        Op::CancelTimer,
        Op::Alarm,
        Op::CancelAlarm,
        Op::Become,
        Op::Defer,
        Op::Stop,
        Op::Keep,
        Op::Report,
        Op::Fail,
    ];

    fn of(number: u32) -> Option<Op> {
        Op::ALL.get((number as usize).wrapping_sub(1)).copied()
    }
}

/// One entry of an outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub op: Op,
    pub a: u64,
    pub b: u64,
    pub payload: &'a [u8],
}

/// The entries of an outbox, in order. None, once, for bytes that are none: then nothing more comes.
pub struct Entries<'a>(&'a [u8]);

impl<'a> Entries<'a> {
    #[must_use]
    pub const fn of(outbox: &'a [u8]) -> Entries<'a> {
        Entries(outbox)
    }

    fn take(&mut self) -> Option<Entry<'a>> {
        let (head, rest) = self.0.split_first_chunk::<ENTRY>()?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let length = word(4) as usize;
        let payload = rest.get(..length)?;
        self.0 = rest.get(length.checked_next_multiple_of(8)?..)?;
        Some(Entry { op: Op::of(word(0))?, a: long(8), b: long(16), payload })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Option<Entry<'a>>;

    fn next(&mut self) -> Option<Option<Entry<'a>>> {
        if self.0.is_empty() {
            return None;
        }
        let entry = self.take();
        if entry.is_none() {
            self.0 = &[];
        }
        Some(entry)
    }
}

/// Appends an entry, if it fits below `max` bytes.
pub fn append(outbox: &mut alloc::vec::Vec<u8>, max: usize, op: u32, a: u64, b: u64, payload: &[u8]) -> bool {
    let length = ENTRY + payload.len().next_multiple_of(8);
    if length > max.saturating_sub(outbox.len()) {
        return false;
    }
    outbox.extend_from_slice(&op.to_le_bytes());
    outbox.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    outbox.extend_from_slice(&a.to_le_bytes());
    outbox.extend_from_slice(&b.to_le_bytes());
    outbox.extend_from_slice(payload);
    outbox.resize(outbox.len().next_multiple_of(8), 0);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    #[test]
    fn a_header_and_its_body_are_read_as_written() {
        for kind in Kind::ALL {
            let header =
                Header { kind, flags: CALL, state_refs: 3, message_refs: 7, mark: 9, key: 1 << 40 | 5, now_ms: u64::MAX, seed: 0xAB << 56 };
            let message = [&header.to_bytes()[..], b"body"].concat();
            assert_eq!(Header::split(&message), Some((header, &b"body"[..])));
        }
        assert_eq!(Header::split(&[0; HEADER - 1]), None);
        assert_eq!(Header::split(&[10; HEADER]), None, "of no kind");
    }

    #[test]
    fn entries_are_read_as_appended_and_what_is_cut_is_none() {
        let mut outbox = Vec::new();
        let payloads: [&[u8]; 4] = [b"", b"1", b"12345678", b"123456789"];
        for (op, payload) in Op::ALL.iter().zip(payloads.iter().cycle()) {
            assert!(append(&mut outbox, OUTBOX_MAX, *op as u32, 1 << 33, u64::MAX, payload));
        }
        let read: Vec<_> = Entries::of(&outbox).collect();
        assert!(read.iter().zip(Op::ALL).all(|(entry, op)| entry.is_some_and(|entry| entry.op == op && entry.a == 1 << 33)));
        assert_eq!(read.len(), Op::ALL.len());
        assert_eq!(read[3].expect("it is one").payload, b"123456789");
        for end in 1..outbox.len() {
            let cut: Vec<_> = Entries::of(&outbox[..end]).collect();
            let whole = cut.iter().take_while(|entry| entry.is_some()).count();
            assert!(cut.len() <= whole + 1, "after none nothing comes");
        }
        assert_eq!(Entries::of(&[0xFF; 64]).collect::<Vec<_>>(), vec![None]);
    }

    #[test]
    fn an_outbox_takes_what_fits_and_no_byte_more() {
        let mut outbox = Vec::new();
        assert!(append(&mut outbox, 64, 1, 0, 0, &[7; 8]));
        assert!(!append(&mut outbox, 64, 1, 0, 0, &[7; 9]));
        assert!(append(&mut outbox, 64, 1, 0, 0, &[7; 8]));
        assert!(!append(&mut outbox, 64, 1, 0, 0, &[]));
        assert_eq!(outbox.len(), 64);
    }
}
