//! How a file lies in bytes: a header, then groups of records, each closed by its link. Numbers are little-endian.
//!
//! ```text
//! file    header (64)  group  group  ..
//! header  magic 8 | version 2 | role 1 | codec 1 | vat 4 | identity 16 | epoch 8 | number 8 | first position 8 | 0 4 | crc 4
//! group   mark 8 | epoch 8 | first position 8 | length 4 | count 4 | crc 4 | payload | link 32
//! payload record  record  ..        as its codec leaves them
//! record  length of body 4 | crc 4 | kind 1 | body
//! ```
use crate::{
    Epoch, File, Hash, Identity, Kind, Position, Record, Role, Vat,
    bytes::Take,
    check::{record_sum, sum},
};
use alloc::vec::Vec;

pub const VERSION: u16 = 1;
const MAGIC: [u8; 8] = *b"peerdjnl";

pub const HEADER: usize = 64;
pub const GROUP: usize = 36;
pub const LINK: usize = 32;
pub const RECORD: usize = 9;

/// Header and opening group, which has a fixed length: no file is shorter once anything in it was acknowledged.
pub const HEAD: usize = HEADER + GROUP + RECORD + OPEN + LINK;
const OPEN: usize = 65;

/// Limit: twice the largest state an actor may have.
pub const RECORD_MAX: usize = 32 << 20;
/// Limit: what a reader must hold at once.
pub const GROUP_MAX: usize = 64 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub identity: Identity,
    pub vat: Vat,
    pub file: File,
    /// Of its opening record.
    pub first: Position,
    /// Which `Codec` seals its groups; 0: none.
    pub codec: u8,
}

/// Why a file does not begin as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadHead {
    Short,
    /// No header of ours, or a broken one.
    Torn,
    /// Written by a later version.
    Version(u16),
    /// The header is good, the opening group is not.
    NotOpened,
}

impl Header {
    #[must_use]
    pub fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[10] = self.file.role as u8;
        bytes[11] = self.codec;
        bytes[12..16].copy_from_slice(&self.vat.0.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.identity.0);
        bytes[32..40].copy_from_slice(&self.file.epoch.0.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.file.number.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.first.0.to_le_bytes());
        let crc = sum(&bytes[..60]);
        bytes[60..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// # Errors
    /// What is there instead of a header.
    pub fn of(bytes: &[u8]) -> Result<Header, BadHead> {
        let bytes: &[u8; HEADER] = bytes.first_chunk().ok_or(BadHead::Short)?;
        let mut from = Take(bytes);
        let magic: Option<[u8; 8]> = from.array();
        let version = from.array().map(u16::from_le_bytes).ok_or(BadHead::Short)?;
        if magic != Some(MAGIC) {
            return Err(BadHead::Torn);
        }
        // All versions have this sum here: half a header is not mistaken for another version's.
        if sum(&bytes[..60]).to_le_bytes() != bytes[60..] {
            return Err(BadHead::Torn);
        }
        if version != VERSION {
            return Err(BadHead::Version(version));
        }
        Header::take(&mut from).ok_or(BadHead::Torn)
    }

    fn take(from: &mut Take<'_>) -> Option<Header> {
        let role = match from.byte()? {
            1 => Role::Log,
            2 => Role::Snapshot,
            _ => return None,
        };
        let (codec, vat, identity) = (from.byte()?, Vat(from.fixed32()?), Identity(from.array()?));
        let (epoch, number, first) = (Epoch(from.fixed64()?), from.fixed64()?, Position(from.fixed64()?));
        Some(Header { identity, vat, file: File { epoch, number, role }, first, codec })
    }

    /// What the file's first link stands after.
    #[must_use]
    pub fn link(&self) -> Hash {
        Hash::of(&self.bytes())
    }

    /// What each group of this file begins with. Nobody who does not know the identity can write it into a message.
    #[must_use]
    pub fn mark(&self) -> [u8; 8] {
        *self.link().0.first_chunk().expect("a hash is longer")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupHead {
    pub mark: [u8; 8],
    pub epoch: Epoch,
    pub first: Position,
    /// Of the payload, as it lies in the file.
    pub length: u32,
    pub count: u32,
}

impl GroupHead {
    pub fn bytes(&self) -> [u8; GROUP] {
        let mut bytes = [0; GROUP];
        bytes[..8].copy_from_slice(&self.mark);
        bytes[8..16].copy_from_slice(&self.epoch.0.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.length.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.count.to_le_bytes());
        let crc = sum(&bytes[..32]);
        bytes[32..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// None: broken, or nothing of the kind.
    pub fn of(bytes: &[u8; GROUP]) -> Option<GroupHead> {
        let mut from = Take(bytes);
        let (mark, epoch, first) = (from.array()?, Epoch(from.fixed64()?), Position(from.fixed64()?));
        let (length, count, crc) = (from.fixed32()?, from.fixed32()?, from.fixed32()?);
        let head = GroupHead { mark, epoch, first, length, count };
        (crc == sum(&bytes[..32]) && length as usize <= GROUP_MAX).then_some(head)
    }

    /// The whole group, with its link.
    pub const fn size(&self) -> usize {
        GROUP + self.length as usize + LINK
    }
}

/// Adds a record to a payload. False, and nothing added, when it is over the limit.
pub(crate) fn put_record(to: &mut Vec<u8>, epoch: Epoch, position: Position, record: &Record<'_>) -> bool {
    let start = to.len();
    to.extend_from_slice(&[0; RECORD]);
    record.put(to);
    let body = start + RECORD;
    let length = to.len() - body;
    if length > RECORD_MAX {
        to.truncate(start);
        return false;
    }
    let crc = record_sum(epoch, position, record.kind() as u8, &to[body..]);
    to[start..start + 4].copy_from_slice(&(length as u32).to_le_bytes());
    to[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    to[start + 8] = record.kind() as u8;
    true
}

/// What is wrong with a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadRecord {
    Checksum,
    Malformed,
}

/// The next record of a payload, which stands at `position`.
pub(crate) fn take_record<'a>(from: &mut Take<'a>, epoch: Epoch, position: Position) -> Result<Record<'a>, BadRecord> {
    let read = |from: &mut Take<'a>| {
        let (length, crc, kind) = (from.fixed32()?, from.fixed32()?, from.byte()?);
        let (body, rest) = from.0.split_at_checked(length as usize)?;
        from.0 = rest;
        Some((crc, kind, body))
    };
    let (crc, kind, body) = read(from).ok_or(BadRecord::Malformed)?;
    if crc != record_sum(epoch, position, kind, body) {
        return Err(BadRecord::Checksum);
    }
    Kind::of(kind).and_then(|kind| Record::of(kind, body)).ok_or(BadRecord::Malformed)
}
