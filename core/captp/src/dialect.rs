//! What differs between the generations of the protocol: how keys, signatures, the hello and op:listen are written. The only place.
use alloc::vec::Vec;

use peerd_syrup::{Reader, Writer};

use crate::fault::Fault;
use crate::keys::Id;
use crate::location::Location;
use crate::records::{self, Read};

/// All peers that are deployed speak one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// "1.0": keys and signatures as nested lists, op:listen with three fields.
    Deployed,
}

/// What op:start-session says, and where in the message its location stood.
pub(crate) struct Hello {
    pub dialect: Dialect,
    pub key: Id,
    pub location: Location,
    /// The location as it came: what the signature is over.
    pub located: Vec<u8>,
    pub signature: [u8; 64],
}

const VERSION: &str = "1.0";

impl Dialect {
    pub fn write_key(self, key: &Id, to: &mut Vec<u8>) {
        let Dialect::Deployed = self;
        to.extend_from_slice(b"[10'public-key[3'ecc[5'curve7'Ed25519][5'flags5'eddsa][1'q");
        Writer(to).bytes(key);
        to.extend_from_slice(b"]]]");
    }

    pub fn read_key(self, reader: &mut Reader<'_>) -> Read<Id> {
        let Dialect::Deployed = self;
        records::open_list(reader)?;
        records::expect_symbol(reader, "public-key")?;
        records::open_list(reader)?;
        records::expect_symbol(reader, "ecc")?;
        for (name, value) in [("curve", "Ed25519"), ("flags", "eddsa")] {
            records::open_list(reader)?;
            records::expect_symbol(reader, name)?;
            records::expect_symbol(reader, value)?;
            records::close_list(reader)?;
        }
        records::open_list(reader)?;
        records::expect_symbol(reader, "q")?;
        let key = records::id(reader)?;
        records::close_list(reader)?;
        records::close_list(reader)?;
        records::close_list(reader)?;
        Ok(key)
    }

    pub fn write_signature(self, signature: &[u8; 64], to: &mut Vec<u8>) {
        let Dialect::Deployed = self;
        let (r, s) = signature.split_at(32);
        to.extend_from_slice(b"[7'sig-val[5'eddsa[1'r");
        Writer(to).bytes(r);
        to.extend_from_slice(b"][1's");
        Writer(to).bytes(s);
        to.extend_from_slice(b"]]]");
    }

    pub fn read_signature(self, reader: &mut Reader<'_>) -> Read<[u8; 64]> {
        let Dialect::Deployed = self;
        let mut signature = [0; 64];
        records::open_list(reader)?;
        records::expect_symbol(reader, "sig-val")?;
        records::open_list(reader)?;
        records::expect_symbol(reader, "eddsa")?;
        for (name, half) in ["r", "s"].into_iter().zip(signature.chunks_exact_mut(32)) {
            records::open_list(reader)?;
            records::expect_symbol(reader, name)?;
            half.copy_from_slice(&records::id(reader)?);
            records::close_list(reader)?;
        }
        records::close_list(reader)?;
        records::close_list(reader)?;
        Ok(signature)
    }

    pub fn write_hello(self, key: &Id, located: &[u8], signature: &[u8; 64], to: &mut Vec<u8>) {
        Writer(to).open_record("op:start-session");
        Writer(to).text(VERSION);
        self.write_key(key, to);
        Writer(to).raw(located);
        self.write_signature(signature, to);
        Writer(to).close_record();
    }

    /// What stands behind the label `op:start-session`.
    pub fn read_hello(reader: &mut Reader<'_>) -> Read<Hello> {
        let dialect = Dialect::Deployed;
        if records::text(reader)? != VERSION {
            return Err(Fault::Hello("a version that is not 1.0"));
        }
        let key = dialect.read_key(reader)?;
        let start = reader.at();
        let location = Location::read(reader)?;
        let located = reader.since(start).to_vec();
        let signature = dialect.read_signature(reader)?;
        records::close(reader)?;
        Ok(Hello { dialect, key, location, located, signature })
    }

    /// What stands behind the resolver in op:listen, its end included: whether the next promise is wanted, or only the end of all.
    pub fn read_listen_mode(self, reader: &mut Reader<'_>) -> Read<bool> {
        let Dialect::Deployed = self;
        let partial = if reader.at_close() { false } else { records::boolean(reader)? };
        records::close(reader)?;
        Ok(partial)
    }

    pub fn write_listen_mode(self, partial: bool, to: &mut Vec<u8>) {
        let Dialect::Deployed = self;
        Writer(to).bool(partial);
    }
}
