//! The signed records of the protocol, written a second time: so that what the machine reads is not only what it wrote itself, and so that
//! a test can sign what is wrong.
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

use peerd_syrup::{Order, Value};

/// Somebody with a key.
pub struct Forger(SigningKey);

impl Forger {
    pub fn new(seed: u8) -> Forger {
        Forger(SigningKey::from_bytes(&[seed; 32]))
    }

    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// How this party is named in sessions that it has with this key.
    pub fn side(&self) -> [u8; 32] {
        side(&self.public())
    }

    /// `op:start-session`.
    pub fn hello(&self, name: &str) -> Vec<u8> {
        let located = peer_record(name);
        let signature = self.0.sign(&[b"<11'my-location".as_slice(), &located, b">"].concat()).to_bytes();
        [b"<16'op:start-session3\"1.0".as_slice(), &key_list(&self.public()), &located, &signature_list(&signature), b">"].concat()
    }

    /// A signed give; `session` is the gifter's with the exporter, `gift` its name there, encoded.
    pub fn give(&self, receiver_key: &[u8; 32], exporter: &str, session: &[u8; 32], side: &[u8; 32], gift: &[u8]) -> Vec<u8> {
        let (key, exporter) = (key_list(receiver_key), peer_record(exporter));
        self.envelope(&[b"<17'desc:handoff-give".as_slice(), &key, &exporter, &sized(session), &sized(side), gift, b">"].concat())
    }

    /// A signed receive; `session` is the receiver's with the exporter.
    pub fn receive(&self, session: &[u8; 32], side: &[u8; 32], count: u64, give: &[u8]) -> Vec<u8> {
        let count = format!("{count}+");
        self.envelope(&[b"<20'desc:handoff-receive".as_slice(), &sized(session), &sized(side), count.as_bytes(), give, b">"].concat())
    }

    fn envelope(&self, record: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(record).to_bytes();
        [b"<17'desc:sig-envelope".as_slice(), record, &signature_list(&signature), b">"].concat()
    }
}

/// The location of that name, as all tests have it.
pub fn peer_record(name: &str) -> Vec<u8> {
    let text = |text: &str| Value::Text(text.into());
    let hints = Value::Struct(vec![(text("host"), text("h")), (text("port"), text("1"))]);
    let fields = vec![Value::Symbol("tcp-testing-only".into()), text(name), hints];
    Value::Record(Box::new(Value::Symbol("ocapn-peer".into())), fields).encoded(Order::Encoded)
}

pub fn key_list(key: &[u8; 32]) -> Vec<u8> {
    [b"[10'public-key[3'ecc[5'curve7'Ed25519][5'flags5'eddsa][1'q32:".as_slice(), key, b"]]]"].concat()
}

pub fn signature_list(signature: &[u8; 64]) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    [b"[7'sig-val[5'eddsa[1'r32:".as_slice(), r, b"][1's32:", s, b"]]]"].concat()
}

/// How the owner of a key is named in its session.
pub fn side(key: &[u8; 32]) -> [u8; 32] {
    twice(&key_list(key))
}

/// How the session of two keys is named.
pub fn session(one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
    let mut sides = [side(one), side(other)];
    sides.sort_unstable();
    twice(&[b"prot0".as_slice(), &sides[0], &sides[1]].concat())
}

fn twice(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [format!("{}:", bytes.len()).as_bytes(), bytes].concat()
}
