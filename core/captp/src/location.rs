//! Where peers are, and which object of theirs is meant: records on the wire, URIs for people.
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use peerd_syrup::{Order, Writer};

/// Where a peer is. Two are the same peer if transport and designator are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    pub transport: String,
    pub designator: String,
    /// How to get there, in the order of [`Order::Encoded`]; no hints are written as `f`.
    pub hints: Vec<(String, String)>,
}

/// A name for an object of a peer that outlives sessions. Whoever has it has the object: it is not to be logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Sturdyref {
    pub location: Location,
    pub swiss: Vec<u8>,
}

/// A text that is no `ocapn:` URI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotALocator;

impl Location {
    pub fn new(transport: &str, designator: &str, hints: &[(&str, &str)]) -> Location {
        let mut hints: Vec<(String, String)> = hints.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        hints.sort_by(|(this, _), (that, _)| Order::Encoded.compare(this, that));
        Location { transport: transport.into(), designator: designator.into(), hints }
    }

    pub fn same_peer(&self, other: &Location) -> bool {
        self.transport == other.transport && self.designator == other.designator
    }

    /// As the record `ocapn-peer`.
    pub fn write(&self, to: &mut Vec<u8>) {
        let mut writer = Writer(to);
        writer.open_record("ocapn-peer");
        writer.symbol(&self.transport);
        writer.text(&self.designator);
        if self.hints.is_empty() {
            writer.bool(false);
        } else {
            writer.open_struct();
            for (key, value) in &self.hints {
                writer.text(key);
                writer.text(value);
            }
            writer.close_struct();
        }
        writer.close_record();
    }
}

impl fmt::Debug for Sturdyref {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Sturdyref({:?}, ..)", self.location)
    }
}
