//! A whole image in one file: to be carried away, and to begin from elsewhere under the same identity.
//!
//! ```text
//! magic "peerdexp" 8 | log: header and opening, 206 bytes | snapshot, to the end
//! ```
//!
//! Both are files as a vat's folder has them, sealed as those are: who imports writes them there, and opens the folder as any other.
use crate::{
    Actor, Chain, Codec, Compaction, File, Flight, Header, Identity, Image, Opening, Recovered, Recovery, Refused, Role, Step, Until, Vat,
    Writer, frame::HEAD,
};
use alloc::boxed::Box;

const MAGIC: [u8; 8] = *b"peerdexp";

/// Writes one, piece by piece.
pub struct Export {
    compaction: Compaction,
    head: Option<[u8; MAGIC.len() + HEAD]>,
}

impl Export {
    /// Of what was found to the end of the logs, or of one actor of it, sealed under the key that the logs are. None: there is no such
    /// actor, or nothing was ever opened.
    #[must_use]
    pub fn new(found: Recovered, only: Option<Actor>) -> Option<Export> {
        let (place, identity, vat) = (found.end?, found.identity?, found.chain.logs.last()?.head.header.vat);
        let opening = Opening { identity, vat, file: File::log(found.epoch, 0), before: Some(place) };
        let image = match only {
            Some(actor) => alone(found.image, actor)?,
            None => found.image,
        };
        let mut head = [0; MAGIC.len() + HEAD];
        head[..MAGIC.len()].copy_from_slice(&MAGIC);
        let again = found.codec.as_ref().map(|codec| codec.again());
        head[MAGIC.len()..].copy_from_slice(Writer::open(opening, again).flight()?.bytes);
        Some(Export { compaction: Compaction::new(image, place, &opening, &Chain::default(), None, found.codec), head: Some(head) })
    }

    /// The next bytes, given to `put`. False: that was all.
    ///
    /// # Errors
    /// When a piece of the image is over the limits of a record.
    pub fn next<E: From<Refused>>(&mut self, put: impl FnOnce(&[u8]) -> Result<(), E>) -> Result<bool, E> {
        if let Some(head) = self.head.take() {
            return put(&head).map(|()| true);
        }
        match self.compaction.step()? {
            Some(Step::Write(Flight { bytes, .. })) => put(bytes).map(|()| true),
            Some(Step::Flush(_) | Step::Delete(_)) | None => Ok(false),
        }
    }
}

/// The files that an export holds, the log first: who has good ones in a folder of their names can open it.
///
/// None: it is no export of this version.
#[must_use]
pub fn exported(bytes: &[u8]) -> Option<[(Header, &[u8]); 2]> {
    let (log, snapshot) = bytes.strip_prefix(&MAGIC)?.split_at_checked(HEAD)?;
    let header = |bytes, role| Header::of(bytes).ok().filter(|header| header.file.role == role);
    Some([(header(log, Role::Log)?, log), (header(snapshot, Role::Snapshot)?, snapshot)])
}

/// All that an export has, whose it is, and of which vat. None: it is none of this version, not whole, or not sealed by this codec.
#[must_use]
pub fn image_of(bytes: &[u8], codec: Option<Box<dyn Codec>>) -> Option<(Identity, Vat, Image)> {
    let files = exported(bytes)?;
    let Header { identity, vat, .. } = files[0].0;
    let lengths = files.iter().map(|(header, bytes)| (header.file, bytes.len() as u64));
    let mut recovery = Recovery::new(Some(identity), vat, lengths, Until::End, codec);
    while let Some(read) = recovery.read() {
        let bytes = files.iter().find(|(header, _)| header.file == read.file).map_or(&[][..], |(_, bytes)| bytes);
        let from = usize::try_from(read.at).map_or(bytes.len(), |at| at.min(bytes.len()));
        recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
    }
    recovery.finish().ok().map(|found| (identity, vat, found.image))
}

/// It alone, as if there had never been others.
fn alone(image: Image, actor: Actor) -> Option<Image> {
    let Image { position, epoch, is_closed, over, mut actors, mut asked, .. } = image;
    let durable = actors.remove(&actor)?;
    asked.retain(|_, asked| asked.actor == actor);
    Some(Image { position, epoch, is_closed, over, actors: [(actor, durable)].into(), asked, ..Image::default() })
}
