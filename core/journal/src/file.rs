//! Files and places in them. A vat's folder holds logs, one after another, and snapshots of what they fold to.
use crate::{Epoch, Hash, Position, bytes::Take};
use alloc::{format, string::String, vec::Vec};

/// One file of a vat. Never written again once another is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct File {
    pub epoch: Epoch,
    /// Within the epoch, from 0, for each role.
    pub number: u64,
    pub role: Role,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Role {
    #[default]
    Log = 1,
    Snapshot = 2,
}

impl File {
    #[must_use]
    pub const fn log(epoch: Epoch, number: u64) -> File {
        File { epoch, number, role: Role::Log }
    }

    #[must_use]
    pub const fn snapshot(epoch: Epoch, number: u64) -> File {
        File { epoch, number, role: Role::Snapshot }
    }

    /// Names sort as files do, role aside.
    #[must_use]
    pub fn name(self) -> String {
        let end = match self.role {
            Role::Log => "log",
            Role::Snapshot => "snapshot",
        };
        format!("{:016x}-{:016x}.{end}", self.epoch.0, self.number)
    }

    #[must_use]
    pub fn of_name(name: &str) -> Option<File> {
        let (numbers, end) = name.split_once('.')?;
        let (epoch, number) = numbers.split_once('-')?;
        let role = match end {
            "log" => Role::Log,
            "snapshot" => Role::Snapshot,
            _ => return None,
        };
        Some(File { epoch: Epoch(hex(epoch)?), number: hex(number)?, role })
    }
}

pub(crate) fn hex(digits: &str) -> Option<u64> {
    let plain = digits.len() == 16 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if plain { u64::from_str_radix(digits, 16).ok() } else { None }
}

/// An end of history in a log: so many of its bytes count, and the chain of hashes says which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub epoch: Epoch,
    pub number: u64,
    pub length: u64,
    pub link: Hash,
    /// The last record before it.
    pub position: Position,
}

impl Place {
    #[must_use]
    pub const fn file(self) -> File {
        File::log(self.epoch, self.number)
    }

    pub(crate) fn put(&self, to: &mut Vec<u8>) {
        for number in [self.epoch.0, self.number, self.length, self.position.0] {
            to.extend_from_slice(&number.to_le_bytes());
        }
        to.extend_from_slice(&self.link.0);
    }

    pub(crate) fn take(from: &mut Take<'_>) -> Option<Place> {
        let (epoch, number, length, position) = (from.fixed64()?, from.fixed64()?, from.fixed64()?, from.fixed64()?);
        Some(Place { epoch: Epoch(epoch), number, length, link: Hash(from.array()?), position: Position(position) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_and_nothing_else_is_a_name() {
        for file in [File::log(Epoch(0), 0), File::snapshot(Epoch(u64::MAX), 77)] {
            assert_eq!(File::of_name(&file.name()), Some(file));
        }
        for name in ["", "1-1.log", "0000000000000001-00000000000000-1.log", "000000000000000A-0000000000000001.log", "x.snapshot"] {
            assert_eq!(File::of_name(name), None, "{name}");
        }
    }
}
