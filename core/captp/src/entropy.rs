//! Where keys, nonces and names are drawn from: a seed of the host's, turned on so that an old draw can't be found from a later state.
use sha2::{Digest, Sha512};

pub(crate) struct Entropy([u8; 32]);

impl Entropy {
    pub fn new(seed: [u8; 32]) -> Entropy {
        Entropy(seed)
    }

    pub fn draw(&mut self) -> [u8; 32] {
        let both = Sha512::digest([b"peerd captp entropy".as_slice(), &self.0].concat());
        let (next, drawn) = both.split_at(32);
        self.0.copy_from_slice(next);
        drawn.try_into().expect("half of 64 bytes")
    }
}
