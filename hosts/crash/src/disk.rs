//! A store in memory that can lose power: what was flushed is there, of what was only written any part may be.
use peerd_journal::{File, Read};
use peerd_sim::Draw;
use std::collections::{BTreeMap, BTreeSet};

/// What a host did, in order. A crash is a place on the tape.
#[derive(Clone)]
pub enum Op {
    Write {
        file: File,
        at: u64,
        bytes: Vec<u8>,
    },
    Flush(File),
    Delete(File),
    /// Its name is new: until the folder is flushed, it may be gone with all that was flushed.
    Begin(File),
    /// The folder was flushed.
    Names,
    /// The power went here: what was not flushed is gone, and another owner comes.
    Cut,
}

#[derive(Clone, Default)]
pub struct Disk {
    files: BTreeMap<File, Kept>,
    /// A folder is not flushed with its files: what was deleted may be there again.
    deleted: BTreeMap<File, Vec<u8>>,
    begun: BTreeSet<File>,
}

#[derive(Clone, Default)]
struct Kept {
    flushed: Vec<u8>,
    pending: Vec<(u64, Vec<u8>)>,
}

/// What a crash makes of the bytes that were written and not flushed.
pub enum Fate<'a> {
    Lost,
    All,
    /// Pieces of this size arrive or don't, each by itself.
    Sectors(usize, &'a mut Draw),
}

impl Disk {
    /// All of it is flushed.
    pub fn of(store: Store) -> Disk {
        let files = store.0.into_iter().map(|(file, flushed)| (file, Kept { flushed, pending: Vec::new() })).collect();
        Disk { files, ..Disk::default() }
    }

    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Write { file, at, bytes } => self.files.entry(*file).or_default().pending.push((*at, bytes.clone())),
            Op::Flush(file) => {
                let kept = self.files.entry(*file).or_default();
                for (at, bytes) in std::mem::take(&mut kept.pending) {
                    write(&mut kept.flushed, at, &bytes);
                }
            }
            Op::Delete(file) => {
                let kept = self.files.remove(file);
                self.deleted.extend(kept.map(|kept| (*file, kept.flushed)));
            }
            Op::Begin(file) => {
                self.begun.insert(*file);
            }
            Op::Names => {
                self.begun.clear();
                self.deleted.clear();
            }
            Op::Cut => self.files.retain(|_, kept| {
                kept.pending.clear();
                !kept.flushed.is_empty()
            }),
        }
    }

    /// What is found when the power is back.
    pub fn crash(&self, mut fate: Fate<'_>) -> Store {
        let mut store = Store::default();
        for (file, kept) in &self.files {
            let mut bytes = kept.flushed.clone();
            let mut is_there = !bytes.is_empty();
            let has_name = !self.begun.contains(file)
                || match &mut fate {
                    Fate::Lost => false,
                    Fate::All => true,
                    Fate::Sectors(_, draw) => draw.one_in(2),
                };
            for (at, pending) in &kept.pending {
                match &mut fate {
                    Fate::Lost => {}
                    Fate::All => {
                        is_there = true;
                        write(&mut bytes, *at, pending);
                    }
                    Fate::Sectors(size, draw) => {
                        for (n, sector) in pending.chunks(*size).enumerate().filter(|_| !draw.one_in(3)) {
                            is_there = true;
                            write(&mut bytes, at + (n * *size) as u64, sector);
                        }
                    }
                }
            }
            if is_there && has_name {
                store.0.insert(*file, bytes);
            }
        }
        if let Fate::Sectors(_, draw) = &mut fate {
            let back = self.deleted.iter().filter(|_| draw.one_in(2));
            store.0.extend(back.map(|(file, bytes)| (*file, bytes.clone())));
        }
        store
    }
}

/// What was never written between two written bytes reads as zeros.
pub fn write(to: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let at = at as usize;
    if to.len() < at + bytes.len() {
        to.resize(at + bytes.len(), 0);
    }
    to[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Files as they lie there.
#[derive(Clone, Default)]
pub struct Store(pub BTreeMap<File, Vec<u8>>);

impl Store {
    pub fn files(&self) -> impl Iterator<Item = (File, u64)> {
        self.0.iter().map(|(file, bytes)| (*file, bytes.len() as u64))
    }

    pub fn read(&self, read: Read) -> &[u8] {
        let bytes = self.0.get(&read.file).map_or(&[][..], Vec::as_slice);
        let from = bytes.len().min(read.at as usize);
        &bytes[from..bytes.len().min(from + read.length)]
    }
}
