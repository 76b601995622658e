//! The key pair of one session, and what is derived from it.
use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::dialect::Dialect;
use crate::io::Auth;
use crate::location::Location;

/// 32 bytes that name a key, a side or a session.
pub(crate) type Id = [u8; 32];

/// Ours, for one session and never another.
#[derive(Clone)]
pub(crate) struct Keys(SigningKey);

impl Keys {
    pub fn new(seed: [u8; 32]) -> Keys {
        Keys(SigningKey::from_bytes(&seed))
    }

    pub fn public(&self) -> Id {
        self.0.verifying_key().to_bytes()
    }

    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

impl Auth {
    /// What a location of ours must be called for this proof to hold.
    pub fn designator(&self) -> Option<String> {
        match self {
            Auth::None => None,
            Auth::WebSocket { seed } => Some(Location::designator_of(&Keys::new(*seed).public())),
        }
    }
}

/// Strict: no key of small order, no signature that could be written another way.
pub(crate) fn verify(key: &Id, bytes: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok())
}

/// How one side of a session is named.
pub(crate) fn public_id(dialect: Dialect, key: &Id) -> Id {
    let mut encoded = Vec::with_capacity(96);
    dialect.write_key(key, &mut encoded);
    twice(&encoded)
}

/// How a session is named: by its two sides, whoever began.
pub(crate) fn session_id(one: &Id, other: &Id) -> Id {
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    twice(&[b"prot0".as_slice(), low, high].concat())
}

/// What a location is signed as: the draft says the location alone, all sign it wrapped.
pub(crate) fn signed_location(encoded: &[u8]) -> Vec<u8> {
    [b"<11'my-location".as_slice(), encoded, b">"].concat()
}

fn twice(bytes: &[u8]) -> Id {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// By what a swiss number is looked up: equal bytes are found, and how long it takes says nothing of others.
pub(crate) fn hashed(bytes: &[u8]) -> Id {
    Sha256::digest(bytes).into()
}
