//! Where peers are, and which object of theirs is meant: records on the wire, URIs for people.
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use peerd_syrup::{Order, Reader, Token, Writer};

use crate::fault::Fault;
use crate::records::{self, Read};
use crate::uri;

/// Limit: of a location, encoded.
pub(crate) const LOCATION_BYTES_MAX: usize = 2_048;

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

    /// The key that a designator of 32 bytes names, as websocket and webrtc have it.
    pub fn key(&self) -> Option<[u8; 32]> {
        uri::from_base32(&self.designator)?.try_into().ok()
    }

    /// The designator of a key.
    pub fn designator_of(key: &[u8; 32]) -> String {
        uri::to_base32(key)
    }

    /// From `ocapn://DESIGNATOR.TRANSPORT?hint=value`.
    pub fn parse(text: &str) -> Result<Location, NotALocator> {
        match uri::parse(text).ok_or(NotALocator)? {
            (location, None) => Ok(location),
            (_, Some(_)) => Err(NotALocator),
        }
    }

    pub fn same_peer(&self, other: &Location) -> bool {
        self.transport == other.transport && self.designator == other.designator
    }

    /// Whether anybody could connect to it: a browser that can't be reached says so in place of a designator.
    pub(crate) fn is_reachable(&self) -> bool {
        self.designator != "unreachable"
    }

    /// By what two are the same peer.
    pub(crate) fn name(&self) -> (String, String) {
        (self.transport.clone(), self.designator.clone())
    }

    /// The record `ocapn-peer`.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Read<Location> {
        records::expect_record(reader, "ocapn-peer")?;
        Location::read_fields(reader)
    }

    /// What stands behind its label.
    pub(crate) fn read_fields(reader: &mut Reader<'_>) -> Read<Location> {
        let start = reader.at();
        let transport = records::symbol(reader)?.into();
        let designator = records::text(reader)?.into();
        let mut hints = Vec::new();
        match reader.token()? {
            Token::Bool(false) => {}
            Token::OpenStruct => {
                while !reader.at_close() {
                    hints.push((String::from(records::text(reader)?), String::from(records::text(reader)?)));
                }
                reader.token()?;
            }
            _ => return Err(Fault::Shape("hints are a struct or false")),
        }
        records::close(reader)?;
        if reader.since(start).len() > LOCATION_BYTES_MAX {
            return Err(Fault::Shape("a location that is too long"));
        }
        hints.sort_by(|(this, _), (that, _)| Order::Encoded.compare(this, that));
        Ok(Location { transport, designator, hints })
    }

    /// As the record `ocapn-peer`.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
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

impl Sturdyref {
    /// From `ocapn://DESIGNATOR.TRANSPORT/s/SWISS?hint=value`.
    pub fn parse(text: &str) -> Result<Sturdyref, NotALocator> {
        match uri::parse(text).ok_or(NotALocator)? {
            (location, Some(swiss)) => Ok(Sturdyref { location, swiss }),
            (_, None) => Err(NotALocator),
        }
    }

    /// What is parsed back; a secret, so nothing prints it unasked.
    pub fn to_uri(&self) -> String {
        uri::print(&self.location, Some(&self.swiss))
    }

    /// What stands behind the label `ocapn-sturdyref`. Swiss numbers are bytes wherever they are in use, the draft's "string" is read too.
    pub(crate) fn read_fields(reader: &mut Reader<'_>) -> Read<Sturdyref> {
        let location = Location::read(reader)?;
        let swiss = match reader.token()? {
            Token::Bytes(bytes) => bytes.to_vec(),
            Token::Text(text) => text.as_bytes().to_vec(),
            _ => return Err(Fault::Shape("a swiss number is bytes")),
        };
        records::close(reader)?;
        Ok(Sturdyref { location, swiss })
    }

    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        Writer(to).open_record("ocapn-sturdyref");
        self.location.write(to);
        Writer(to).bytes(&self.swiss);
        Writer(to).close_record();
    }
}

impl fmt::Display for Location {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&uri::print(self, None))
    }
}

impl fmt::Debug for Sturdyref {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Sturdyref({:?}, ..)", self.location)
    }
}
