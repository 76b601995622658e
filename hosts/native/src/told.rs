//! The past of a journal in a folder, told record by record, and where in it a time of day lies.
use crate::{
    Failed, Handle, Store,
    folder::{drive, list},
};
use peerd::Addr;
use peerd_journal::{Actor, Bookmark, Deed, HEADER, Header, History, LastBy, Position, Recovery, Until};
use peerd_vat::{deeds::Told, journal_name};
use std::{
    fs,
    io::Read,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// The past as it is told.
impl Handle {
    /// The last place whose turn was no later than that. None: so much of the past is not kept.
    ///
    /// # Errors
    /// As `bookmark`, and `Refused`.
    pub fn bookmark_at(&self, time: SystemTime) -> Result<Option<Bookmark>, Failed> {
        let (past, since) = (self.past()?, time.duration_since(UNIX_EPOCH).unwrap_or_default());
        let mut last = LastBy::new(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        past.folder()?.look(past.identity, past.vat, None, &mut last)?;
        Ok(last.found.map(|position| Bookmark { identity: past.identity, position }))
    }

    /// Tells each record of this actor after that place, or of all that is kept, oldest first.
    ///
    /// # Errors
    /// As `bookmark_at`.
    pub fn history<M>(&self, actor: Addr<M>, after: Option<Bookmark>, mut tell: impl FnMut(Told)) -> Result<(), Failed> {
        let (past, only) = (self.past()?, actor.as_ref().actor_id().map(journal_name));
        let after = after.map(|bookmark| self.of_this(bookmark)).transpose()?;
        let tell = |deed: Deed<'_>| tell(Told::of(past.identity, &deed));
        past.folder()?.look(past.identity, past.vat, after, &mut History::new(only, after.unwrap_or_default(), tell))
    }
}

/// Tells each record of a folder that is kept, of this actor or of all. Nobody need own it, and nothing is changed.
///
/// # Errors
/// The system's, and `Refused`.
pub fn history(store: impl Into<Store>, only: Option<u64>, mut tell: impl FnMut(Told)) -> Result<(), Failed> {
    let store = store.into();
    let folder = store.path.as_path();
    let (files, header) = (list(folder)?, header(&store)?);
    let mut history = History::new(only.map(Actor), Position(0), |deed: Deed<'_>| tell(Told::of(header.identity, &deed)));
    let recovery = Recovery::new(Some(header.identity), header.vat, files, Until::End, store.codec()).seeing_all();
    drive(folder, recovery, &mut history).map(drop)
}

/// Of some file of it.
pub(crate) fn header(store: &Store) -> Result<Header, Failed> {
    let files = list(&store.path)?;
    files.iter().find_map(|(file, _)| head_of(&store.path.join(file.name()))).ok_or(Failed::NoJournal)
}

fn head_of(file: &Path) -> Option<Header> {
    let mut head = Vec::new();
    fs::File::open(file).ok()?.take(HEADER as u64).read_to_end(&mut head).ok()?;
    Header::of(&head).ok()
}
