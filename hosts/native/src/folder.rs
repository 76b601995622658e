//! A vat's files in a folder of this machine: one owner at a time, and what is said to be flushed survives a loss of power.
use crate::Store;
use peerd_journal::{Codec, File, Flight, Identity, Position, Read, Recovered, Recovery, Refusal, Refused, Role, Until, Vat, Witness};
use peerd_seal::Key;
use peerd_vat::{Crash, NotRestored};
use std::{
    error, fmt,
    fs::{self, OpenOptions, TryLockError},
    io::{self, Read as _, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// What its owner has locked. The operating system lets go of it with the process.
const LOCK: &str = "lock";

pub(crate) struct Folder {
    path: PathBuf,
    key: Option<Key>,
    /// Held until it is left.
    lock: fs::File,
    /// Nothing is deleted while somebody reads.
    reading: Mutex<()>,
}

/// Writes one file after another, each from its beginning to its end.
#[derive(Default)]
pub(crate) struct Pen {
    open: Option<(File, fs::File)>,
}

/// Why a journal can't be opened or gone on with.
#[derive(Debug)]
pub enum Failed {
    /// Somebody else has it open.
    Owned,
    /// The operating system says no.
    Io(io::Error),
    /// What lies there must not be opened, and was not touched.
    Refused(Refusal),
    /// An actor can't come back: its behaviour is not in the table, or has another version.
    Actors(Crash),
    /// The journal takes nothing now: a write has failed, the lock is gone, or a record is too large.
    Stopped(Refused),
    /// The system has no journal: `System::open` gives it one.
    NoJournal,
    /// The system has ended.
    Ended,
    /// A place of another journal, or one that is not there yet.
    Bookmark,
    /// The actor stays as it is.
    NotRestored(NotRestored),
    /// The lease under which it was to be opened is older than what lies there.
    Stale,
    /// No export, not all of it, one of another journal, or of an actor that is not there.
    Export,
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Failed {
        Failed::Stopped(refused)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Io(error)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::Owned => write!(f, "somebody else has this journal open"),
            Failed::Io(error) => write!(f, "the operating system says no: {error}"),
            Failed::Refused(Refusal::Sealed { file, .. }) => write!(f, "{} is sealed under another key, and stays as it is", file.name()),
            Failed::Refused(Refusal::Codec { file, codec: 0 }) => write!(f, "{} is not sealed, and a key was given", file.name()),
            Failed::Refused(Refusal::Codec { file, codec }) => {
                write!(f, "{} is sealed (codec {codec}), and no key was given that is for that", file.name())
            }
            Failed::Refused(refusal) => write!(f, "what lies there must not be opened: {refusal:?}"),
            Failed::Actors(crash) => write!(f, "an actor can't come back: {crash:?}"),
            Failed::NoJournal => write!(f, "this system has no journal"),
            Failed::Ended => write!(f, "the system has ended"),
            Failed::Bookmark => write!(f, "a place of another journal, or one that is not there yet"),
            Failed::NotRestored(why) => write!(f, "the actor stays as it is: {why:?}"),
            Failed::Stale => write!(f, "the lease is older than what lies there"),
            Failed::Export => write!(f, "no whole export that would be of use here"),
            Failed::Stopped(refused) => f.write_str(match refused {
                Refused::Full => "so much has gathered that it must be committed first",
                Refused::TooLarge => "this record is over the limit",
                Refused::Broken => "a write has failed: open the journal again",
                Refused::Fenced => "the lock was taken away: somebody else may have this journal now",
                Refused::Busy => "something has gathered still",
            }),
        }
    }
}

impl error::Error for Failed {}

impl Folder {
    /// Made if it is not there.
    pub fn open(store: &Store) -> Result<Folder, Failed> {
        let path = store.path.as_path();
        fs::create_dir_all(path)?;
        if store.is_stolen {
            // Another file in its place is what an owner before this one looks for.
            fs::remove_file(path.join(LOCK)).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
        }
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Failed::Owned),
            Err(TryLockError::Error(error)) => return Err(Failed::Io(error)),
        }
        let folder = Folder { path: path.into(), key: store.key, lock, reading: Mutex::default() };
        // Between the two somebody may have put another there, and have that one.
        if !folder.is_owned()? {
            return Err(Failed::Owned);
        }
        folder.flush_names()?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            flush_folder(parent)?;
        }
        Ok(folder)
    }

    /// Whether what is locked is still what the next owner would lock. Who took it away has the vat now.
    pub fn is_owned(&self) -> io::Result<bool> {
        match fs::metadata(self.path.join(LOCK)) {
            Ok(there) => Ok(is_one_file(&self.lock.metadata()?, &there)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Another may own it from now on, also if somebody still reads here.
    pub fn leave(&self) {
        // One that can't be unlocked is so when the process ends.
        let _ = self.lock.unlock();
    }

    /// What its files are sealed with.
    pub fn codec(&self) -> Option<Box<dyn Codec>> {
        self.key.map(Key::codec)
    }

    pub fn recover(&self, expected: Option<Identity>, vat: Vat, until: Until) -> Result<Recovered, Failed> {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        drive(&self.path, Recovery::new(expected, vat, list(&self.path)?, until, self.codec()), &mut ())
    }

    /// Shows a witness what is after that place, or all that is kept.
    pub fn look(&self, identity: Identity, vat: Vat, after: Option<Position>, witness: &mut impl Witness) -> Result<(), Failed> {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let recovery = Recovery::new(Some(identity), vat, list(&self.path)?, Until::End, self.codec());
        let recovery = match after {
            Some(position) => recovery.seeing_after(position),
            None => recovery.seeing_all(),
        };
        drive(&self.path, recovery, witness).map(drop)
    }

    pub fn files(&self) -> io::Result<Vec<(File, u64)>> {
        list(&self.path)
    }

    /// With lengths, and when they were last written.
    pub fn ages(&self) -> io::Result<Vec<(File, u64, SystemTime)>> {
        list_with_ages(&self.path)
    }

    /// Not without the lock: the next owner may have to read it.
    pub fn delete(&self, file: File) -> Result<(), Failed> {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_owned()? {
            return Err(Failed::Stopped(Refused::Fenced));
        }
        match fs::remove_file(self.place(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failed::Io(error)),
            _ => Ok(()),
        }
    }

    pub fn flush_names(&self) -> io::Result<()> {
        flush_folder(&self.path)
    }

    fn place(&self, file: File) -> PathBuf {
        self.path.join(file.name())
    }
}

impl Pen {
    /// Written and flushed, and the lock is still held: only then is it durable for this owner.
    pub fn land(&mut self, folder: &Folder, flight: Flight<'_>) -> Result<(), Failed> {
        let is_new = flight.at == 0;
        self.write(folder, flight)?;
        self.flush(folder, is_new)?;
        // After the flush: a lock that was held before it says nothing about the bytes.
        if folder.is_owned()? { Ok(()) } else { Err(Failed::Stopped(Refused::Fenced)) }
    }

    /// Written, and not flushed.
    pub fn write(&mut self, folder: &Folder, flight: Flight<'_>) -> io::Result<()> {
        if let Some(before) = flight.flush_before {
            fs::File::open(folder.place(before))?.sync_all()?;
        }
        let mut file = match self.open.take() {
            Some((open, file)) if open == flight.file => file,
            _ => begin(&folder.place(flight.file), flight.file.role)?,
        };
        let end = file.seek(SeekFrom::End(0))?;
        if end != flight.at {
            return Err(io::Error::other(format!("the file ends at {end}, not at {}", flight.at)));
        }
        file.write_all(flight.bytes)?;
        self.open = Some((flight.file, file));
        Ok(())
    }

    /// What was written last; of a new file its name as well.
    pub fn flush(&mut self, folder: &Folder, is_new: bool) -> io::Result<()> {
        if let Some((_, file)) = &self.open {
            file.sync_data()?;
        }
        if is_new { folder.flush_names() } else { Ok(()) }
    }
}

/// The files of a journal, with lengths.
pub(crate) fn list(path: &Path) -> io::Result<Vec<(File, u64)>> {
    Ok(list_with_ages(path)?.into_iter().map(|(file, length, _)| (file, length)).collect())
}

fn list_with_ages(path: &Path) -> io::Result<Vec<(File, u64, SystemTime)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if let Some(file) = entry.file_name().to_str().and_then(File::of_name) {
            let about = entry.metadata()?;
            files.push((file, about.len(), about.modified()?));
        }
    }
    Ok(files)
}

/// Reads what it asks for, to its end.
pub(crate) fn drive(path: &Path, mut recovery: Recovery, witness: &mut impl Witness) -> Result<Recovered, Failed> {
    let mut bytes = Vec::new();
    while let Some(Read { file, at, length }) = recovery.read() {
        let mut file = fs::File::open(path.join(file.name()))?;
        file.seek(SeekFrom::Start(at))?;
        bytes.clear();
        // Fewer bytes than asked for where the file ends.
        file.take(length as u64).read_to_end(&mut bytes)?;
        recovery.give_to(witness, &bytes);
    }
    recovery.finish().map_err(Failed::Refused)
}

fn begin(path: &Path, role: Role) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    match role {
        // A name is used once.
        Role::Log => options.create_new(true),
        // One that was given up may lie there: it is nobody's.
        Role::Snapshot => options.create(true).truncate(true),
    };
    options.write(true).open(path)
}

#[cfg(unix)]
fn is_one_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere a file says nothing stable of itself: a lock that was replaced is not seen, one that was removed is.
#[cfg(not(unix))]
fn is_one_file(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

#[cfg(unix)]
pub(crate) fn flush_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Elsewhere a folder can't be flushed, and its names are as durable as the file system makes them.
#[cfg(not(unix))]
pub(crate) fn flush_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
