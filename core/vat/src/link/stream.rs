//! Frames in a stream of bytes: a length of four bytes, then as many.
use alloc::vec::Vec;

/// Limit: a mailbox takes no message larger than 16 MiB; the rest is for its refs and its frame.
pub(crate) const FRAME_MAX: usize = 18 << 20;
const LENGTH: usize = 4;

/// What came and is not a whole frame yet.
#[derive(Default)]
pub(crate) struct Stream {
    bytes: Vec<u8>,
    /// Before this everything was taken.
    taken: usize,
}

impl Stream {
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame. Err: its length can't be.
    pub fn next(&mut self) -> Result<Option<&[u8]>, &'static str> {
        let rest = &self.bytes[self.taken..];
        let Some(&length) = rest.first_chunk::<LENGTH>() else { return Ok(None) };
        let length = u32::from_le_bytes(length) as usize;
        if length > FRAME_MAX {
            return Err("a frame is too long");
        }
        if rest.len() < LENGTH + length {
            return Ok(None);
        }
        let start = self.taken + LENGTH;
        self.taken = start + length;
        Ok(Some(&self.bytes[start..self.taken]))
    }
}

/// Appends one frame, which `write` adds to the bytes it is given.
pub(crate) fn frame(to: &mut Vec<u8>, write: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let start = to.len();
    to.extend_from_slice(&[0; LENGTH]);
    *to = write(core::mem::take(to));
    let length = u32::try_from(to.len() - start - LENGTH).expect("no frame is larger than FRAME_MAX");
    to[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn framed(body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        frame(&mut bytes, |mut to| {
            to.extend_from_slice(body);
            to
        });
        bytes
    }

    proptest! {
        #[test]
        fn frames_come_out_whole_however_the_stream_was_cut(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20), cuts in proptest::collection::vec(1usize..9, 1..50)) {
            let bytes: Vec<u8> = bodies.iter().flat_map(|body| framed(body)).collect();
            let (mut stream, mut out, mut rest, mut cuts) = (Stream::default(), Vec::new(), &bytes[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(rest.len().min(*cuts.next().expect("a cycle")));
                stream.push(piece);
                while let Some(body) = stream.next().expect("no frame is too long") {
                    out.push(body.to_vec());
                }
                rest = more;
            }
            prop_assert_eq!(out, bodies);
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_anything_is_kept_for_it() {
        let mut stream = Stream::default();
        stream.push(&[0xFF; 4]);
        assert!(stream.next().is_err());
    }
}
