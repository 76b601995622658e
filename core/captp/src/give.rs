//! The signed records of a handoff: written, and read with the bytes that their signatures are over.
use alloc::vec::Vec;

use peerd_syrup::{Reader, Token, Writer};

use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::keys::{Id, Keys, verify};
use crate::location::Location;
use crate::records::{self, Read};

/// `desc:handoff-give` in its envelope: the gifter tells the receiver where a gift lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Give {
    /// The receiver's, in its session with the gifter.
    pub receiver_key: Id,
    pub exporter: Location,
    /// Of gifter and exporter.
    pub session: Id,
    pub gifter_side: Id,
    /// As it was encoded: peers use bytes, integers and strings.
    pub gift: Vec<u8>,
    /// The envelope as it came, and the signature with what it is over.
    pub envelope: Vec<u8>,
    signed: Signed,
}

/// `desc:handoff-receive` in its envelope: the receiver asks the exporter for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Receive {
    /// Of exporter and receiver.
    pub session: Id,
    pub side: Id,
    pub count: u64,
    pub give: Give,
    signed: Signed,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Signed {
    record: Vec<u8>,
    signature: [u8; 64],
}

/// What an envelope can have in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Envelope {
    Give(Give),
    Receive(Receive),
}

impl Give {
    pub fn is_signed_by(&self, key: &Id) -> bool {
        verify(key, &self.signed.record, &self.signed.signature)
    }
}

impl Receive {
    pub fn is_signed_by(&self, key: &Id) -> bool {
        verify(key, &self.signed.record, &self.signed.signature)
    }
}

/// Limit: what a gift is called.
const GIFT_BYTES_MAX: usize = 1_024;

/// What stands behind the label `desc:sig-envelope`; `start` is where its record began.
pub(crate) fn read_envelope(dialect: Dialect, reader: &mut Reader<'_>, start: usize) -> Read<Envelope> {
    let record = reader.at();
    match records::open(reader)? {
        "desc:handoff-give" => read_give(dialect, reader, start, record).map(Envelope::Give),
        "desc:handoff-receive" => {
            let session = records::id(reader)?;
            let side = records::id(reader)?;
            let count = records::position(reader)?;
            let envelope = reader.at();
            records::expect_record(reader, "desc:sig-envelope")?;
            let inner = reader.at();
            records::expect_record(reader, "desc:handoff-give")?;
            let give = read_give(dialect, reader, envelope, inner)?;
            records::close(reader)?;
            let signed = read_signed(dialect, reader, record)?;
            Ok(Envelope::Receive(Receive { session, side, count, give, signed }))
        }
        _ => Err(Fault::Shape("an envelope around an unknown record")),
    }
}

fn read_give(dialect: Dialect, reader: &mut Reader<'_>, envelope: usize, record: usize) -> Read<Give> {
    let receiver_key = dialect.read_key(reader)?;
    let exporter = Location::read(reader)?;
    let session = records::id(reader)?;
    let gifter_side = records::id(reader)?;
    let start = reader.at();
    match reader.token()? {
        Token::Bytes(_) | Token::Integer(_) | Token::Text(_) => {}
        _ => return Err(Fault::Shape("a gift is named by bytes, a string or an integer")),
    }
    let gift = reader.since(start);
    if gift.len() > GIFT_BYTES_MAX {
        return Err(Fault::Shape("a gift with too long a name"));
    }
    records::close(reader)?;
    let signed = read_signed(dialect, reader, record)?;
    Ok(Give { receiver_key, exporter, session, gifter_side, gift: gift.to_vec(), envelope: reader.since(envelope).to_vec(), signed })
}

/// The signature behind a record that is over, and the end of their envelope.
fn read_signed(dialect: Dialect, reader: &mut Reader<'_>, record: usize) -> Read<Signed> {
    let bytes = reader.since(record).to_vec();
    let signature = dialect.read_signature(reader)?;
    records::close(reader)?;
    Ok(Signed { record: bytes, signature })
}

/// A signed give: by the gifter's key in its session with the exporter.
pub(crate) fn write_give(
    dialect: Dialect,
    keys: &Keys,
    receiver_key: &Id,
    exporter: &Location,
    session: &Id,
    side: &Id,
    gift: &Id,
) -> Vec<u8> {
    let mut record = Vec::with_capacity(320);
    Writer(&mut record).open_record("desc:handoff-give");
    dialect.write_key(receiver_key, &mut record);
    exporter.write(&mut record);
    Writer(&mut record).bytes(session);
    Writer(&mut record).bytes(side);
    Writer(&mut record).bytes(gift);
    Writer(&mut record).close_record();
    enveloped(dialect, keys, &record)
}

/// A signed receive: by the receiver's key in its session with the gifter, around the give as it came.
pub(crate) fn write_receive(dialect: Dialect, keys: &Keys, session: &Id, side: &Id, count: u64, give: &Give) -> Vec<u8> {
    let mut record = Vec::with_capacity(640);
    Writer(&mut record).open_record("desc:handoff-receive");
    Writer(&mut record).bytes(session);
    Writer(&mut record).bytes(side);
    Writer(&mut record).u64(count);
    Writer(&mut record).raw(&give.envelope);
    Writer(&mut record).close_record();
    enveloped(dialect, keys, &record)
}

fn enveloped(dialect: Dialect, keys: &Keys, record: &[u8]) -> Vec<u8> {
    let mut envelope = Vec::with_capacity(record.len() + 128);
    Writer(&mut envelope).open_record("desc:sig-envelope");
    Writer(&mut envelope).raw(record);
    dialect.write_signature(&keys.sign(record), &mut envelope);
    Writer(&mut envelope).close_record();
    envelope
}
