//! A journal as one file: made beside its owner, who may go on writing meanwhile, and a folder made of it.
use crate::{Settings, Trouble, files::recover, folder::Folder};
use peerd_journal::{Codec, Export, Identity, Vat, exported, image_of};

/// All that is durable now, as `peerd_journal::Export` writes it; sealed if the journal is.
///
/// # Errors
/// When it can't be read, and `Nothing` if nothing was ever kept.
pub async fn copy(settings: &Settings<'_>) -> Result<Vec<u8>, Trouble> {
    let files = Folder::of(settings.folder, settings.vat).await?.open_all().await?;
    let found = recover(&files, settings).await?;
    let mut export = Export::new(found, None).ok_or(Trouble::Nothing)?;
    let mut bytes = Vec::new();
    while export.next(|piece| {
        bytes.extend_from_slice(piece);
        Ok::<(), Trouble>(())
    })? {}
    Ok(bytes)
}

/// Makes a folder of it, in which nobody has a journal: whoever opens that next expects the identity that this returns. `codec`: what
/// the copy is sealed with.
///
/// # Errors
/// `NoCopy` if it is none, and whatever the browser says.
pub async fn restore(bytes: &[u8], folder: &str, vat: Vat, codec: Option<&dyn Codec>) -> Result<Identity, Trouble> {
    let (identity, ..) = image_of(bytes, codec.map(Codec::again)).filter(|(_, of, _)| *of == vat).ok_or(Trouble::NoCopy)?;
    let folder = Folder::of(folder, vat).await?;
    if !folder.open_all().await?.is_empty() {
        return Err(Trouble::Held("the folder to restore into".into()));
    }
    for (header, bytes) in exported(bytes).ok_or(Trouble::NoCopy)? {
        let file = folder.create(header.file).await?;
        file.put(0, bytes)?;
        file.flush()?;
    }
    Ok(identity)
}
