//! A journal in one file, and a folder made of such a file.
use crate::{
    Failed, Store,
    folder::{Folder, flush_folder},
    told::header,
};
use peerd_journal::{Actor, Export, Identity, Recovered, Until, exported, image_of};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Written beside its name first: under the name there is all of it, or nothing.
pub(crate) fn write(found: Recovered, only: Option<Actor>, to: &Path) -> Result<(), Failed> {
    if to.try_exists()? {
        return Err(Failed::Io(io::ErrorKind::AlreadyExists.into()));
    }
    let mut export = Export::new(found, only).ok_or(Failed::Export)?;
    let beside = beside(to)?;
    let mut file = fs::File::create(&beside)?;
    while export.next(|bytes| file.write_all(bytes).map_err(Failed::Io))? {}
    file.sync_all()?;
    fs::rename(&beside, to)?;
    flush_parent(to)
}

/// Makes a folder for `System::open` of an exported file, which is sealed as the journal was: the store has its key then. Identities
/// are what they were; whoever opens it has a later epoch.
///
/// # Errors
/// `Export` if it is no good export; the system's, also when there is something in that folder already.
pub fn import(file: &Path, into: impl Into<Store>) -> Result<Identity, Failed> {
    place(&fs::read(file)?, &into.into())
}

/// The journal of a folder under another key, or under none, or under one for the first time, in a folder that is not there yet. Nobody
/// may have it open. The old one stays as it is: once this has returned, whoever goes on with the new one deletes it, and never goes on
/// with both. What was before stays behind there: bookmarks of the past lead nowhere in the new one.
///
/// # Errors
/// As of opening the old one; the system's, also when there is something in the new folder already. There is none then.
pub fn rekey(from: impl Into<Store>, into: impl Into<Store>) -> Result<Identity, Failed> {
    let (from, into) = (from.into(), into.into());
    let vat = header(&from)?.vat;
    let folder = Folder::open(&from)?;
    let mut found = folder.recover(from.expected, vat, Until::End)?;
    found.codec = into.codec();
    let mut export = Export::new(found, None).ok_or(Failed::NoJournal)?;
    let mut bytes = Vec::new();
    while export.next(|piece| {
        bytes.extend_from_slice(piece);
        Ok::<(), Failed>(())
    })? {}
    place(&bytes, &into)
}

fn place(bytes: &[u8], into: &Store) -> Result<Identity, Failed> {
    let folder = into.path.as_path();
    let beside = beside(folder)?;
    let (identity, ..) = image_of(bytes, into.codec()).ok_or(Failed::Export)?;
    // What an import that was cut off has left is nobody's.
    match fs::remove_dir_all(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Failed::Io(error)),
        _ => fs::create_dir(&beside)?,
    }
    for (header, bytes) in exported(bytes).ok_or(Failed::Export)? {
        let mut copy = fs::File::create(beside.join(header.file.name()))?;
        copy.write_all(bytes)?;
        copy.sync_all()?;
    }
    flush_folder(&beside)?;
    // Onto a folder that has something in it, that is an error.
    if let Err(error) = fs::rename(&beside, folder) {
        fs::remove_dir_all(&beside)?;
        return Err(Failed::Io(error));
    }
    flush_parent(folder)?;
    Ok(identity)
}

fn beside(path: &Path) -> Result<PathBuf, Failed> {
    let name = path.file_name().ok_or_else(|| Failed::Io(io::ErrorKind::InvalidInput.into()))?;
    let mut beside = name.to_os_string();
    beside.push(".peerd-part");
    Ok(path.with_file_name(beside))
}

fn flush_parent(path: &Path) -> Result<(), Failed> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok(flush_folder(parent.unwrap_or(Path::new(".")))?)
}
