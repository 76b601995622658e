//! A journal in one file, and a folder made of such a file.
use crate::{Failed, Store, folder::flush_folder};
use peerd_journal::{Actor, Export, Identity, Recovered, exported, image_of};
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
    let store = into.into();
    let folder = store.path.as_path();
    let (bytes, beside) = (fs::read(file)?, beside(folder)?);
    let (identity, ..) = image_of(&bytes, store.codec()).ok_or(Failed::Export)?;
    // What an import that was cut off has left is nobody's.
    match fs::remove_dir_all(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Failed::Io(error)),
        _ => fs::create_dir(&beside)?,
    }
    for (header, bytes) in exported(&bytes).ok_or(Failed::Export)? {
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
