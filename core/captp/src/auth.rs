//! The websocket netlayer's proof that the acceptor has the key that its designator names: a nonce, signed with its type around it.
use alloc::vec::Vec;

use peerd_syrup::{Limits, Reader, Writer};

use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::keys::{Id, Keys, verify};
use crate::records::{self, Read};

/// What the other side still has to say.
pub(crate) enum Proof {
    /// We accepted: their nonce, which is signed once.
    Nonce(Keys),
    /// We dialled: an envelope around these very bytes, signed with this key.
    Signed { asked: Vec<u8>, key: Id },
}

impl Proof {
    /// Of a dialler, with the first message to send.
    pub fn ask(nonce: &[u8; 32], key: Id) -> (Proof, Vec<u8>) {
        let mut asked = Vec::with_capacity(54);
        Writer(&mut asked).open_record("init:peer-auth");
        Writer(&mut asked).bytes(nonce);
        Writer(&mut asked).close_record();
        (Proof::Signed { asked: asked.clone(), key }, asked)
    }

    /// The first message from the other side; what to answer, if it is to be answered.
    pub fn take(self, message: &[u8], limits: Limits) -> Read<Option<Vec<u8>>> {
        let mut reader = Reader::new(message, limits);
        match self {
            Proof::Nonce(keys) => {
                // Nothing but this record, so that the key is no oracle.
                records::expect_record(&mut reader, "init:peer-auth")?;
                records::id(&mut reader)?;
                records::close(&mut reader)?;
                reader.finish()?;
                let mut answer = Vec::with_capacity(176);
                Writer(&mut answer).open_record("desc:sig-envelope");
                Writer(&mut answer).raw(message);
                Dialect::Deployed.write_signature(&keys.sign(message), &mut answer);
                Writer(&mut answer).close_record();
                Ok(Some(answer))
            }
            Proof::Signed { asked, key } => {
                records::expect_record(&mut reader, "desc:sig-envelope")?;
                let start = reader.at();
                records::expect_record(&mut reader, "init:peer-auth")?;
                records::id(&mut reader)?;
                records::close(&mut reader)?;
                let signed = reader.since(start);
                let signature = Dialect::Deployed.read_signature(&mut reader)?;
                records::close(&mut reader)?;
                reader.finish()?;
                if signed != asked || !verify(&key, signed, &signature) {
                    return Err(Fault::Hello("a proof of another key, or of another nonce"));
                }
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_was_dialled_proves_itself_in_two_messages() {
        let keys = Keys::new([7; 32]);
        let (dialler, first) = Proof::ask(&[1; 32], keys.public());
        let second = Proof::Nonce(keys).take(&first, Limits::default()).expect("well-formed").expect("an answer");
        assert_eq!((first.len(), second.len()), (54, 176));
        assert_eq!(dialler.take(&second, Limits::default()), Ok(None));
    }

    #[test]
    fn another_key_and_another_nonce_prove_nothing() {
        let wrong = Fault::Hello("a proof of another key, or of another nonce");
        let answer = |nonce: u8| {
            let (_, first) = Proof::ask(&[nonce; 32], [0; 32]);
            Proof::Nonce(Keys::new([7; 32])).take(&first, Limits::default()).expect("well-formed").expect("an answer")
        };
        assert_eq!(Proof::ask(&[1; 32], Keys::new([8; 32]).public()).0.take(&answer(1), Limits::default()), Err(wrong));
        assert_eq!(Proof::ask(&[1; 32], Keys::new([7; 32]).public()).0.take(&answer(2), Limits::default()), Err(wrong));
    }

    #[test]
    fn nothing_but_a_nonce_of_32_bytes_is_signed() {
        let long = [b"<14'init:peer-auth64:".as_slice(), &[0; 64], b">"].concat();
        let bare = [0; 64];
        let other = [b"<15'op:start-session32:".as_slice(), &[0; 32], b">"].concat();
        for message in [long.as_slice(), &bare, &other, &[Proof::ask(&[1; 32], [0; 32]).1, b"t".to_vec()].concat()] {
            assert!(Proof::Nonce(Keys::new([7; 32])).take(message, Limits::default()).is_err());
        }
    }
}
