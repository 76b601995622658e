//! The files of one vat in the origin's private file system.
use crate::{Trouble, web};
use peerd_journal::{Epoch, File, Flight, Kept, Read, Role, Vat};
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

pub struct Folder(web::Directory);

/// An open file. Closed when it is dropped.
pub struct Open {
    name: String,
    handle: web::SyncHandle,
    at: web::At,
}

/// How the names of files begin that are of one epoch only.
const SCRATCH: &str = "swap-";

/// Limit: files that vanish while the folder is listed are looked for again so many times.
const LISTINGS_MAX: u32 = 8;

impl Folder {
    /// `path`, and in it the vat's own. Made where it is not there.
    pub async fn of(path: &str, vat: Vat) -> Result<Folder, Trouble> {
        let mut folder: web::Directory =
            web::root().await.map_err(|error| Trouble::of("the private file system", &error))?.unchecked_into();
        for name in path.split('/').filter(|name| !name.is_empty()).chain([format!("vat-{}", vat.0).as_str()]) {
            let made = folder.directory(name, &web::options("create", true)).await;
            folder = made.map_err(|error| Trouble::of(name, &error))?.unchecked_into();
        }
        Ok(Folder(folder))
    }

    /// Every file of a journal, open: as long as they are, nobody can delete one.
    pub async fn open_all(&self) -> Result<BTreeMap<File, Open>, Trouble> {
        for _ in 0..LISTINGS_MAX {
            match self.try_open_all().await {
                Err(Trouble::Gone(_)) => {}
                done => return done,
            }
        }
        Err(Trouble::Gone("one of the journal's files".into()))
    }

    async fn try_open_all(&self) -> Result<BTreeMap<File, Open>, Trouble> {
        let mut files = BTreeMap::new();
        for name in self.names().await? {
            if let Some(file) = File::of_name(&name) {
                files.insert(file, self.open(file, &JsValue::UNDEFINED).await?);
            }
        }
        Ok(files)
    }

    async fn names(&self) -> Result<Vec<String>, Trouble> {
        let listed = |error: JsValue| Trouble::of("the journal's folder", &error);
        let (keys, mut names) = (self.0.keys(), Vec::new());
        loop {
            let next = JsFuture::from(keys.next().map_err(listed)?).await.map_err(listed)?;
            let next: js_sys::IteratorNext = next.unchecked_into();
            if next.done() {
                return Ok(names);
            }
            names.extend(next.value().as_string());
        }
    }

    pub async fn create(&self, file: File) -> Result<Open, Trouble> {
        let open = self.open(file, &web::options("create", true)).await?;
        // A snapshot that was given up may lie there: it is nobody's.
        if file.role == Role::Snapshot {
            open.handle.truncate(0.0).map_err(|error| open.failed(&error))?;
        }
        Ok(open)
    }

    /// What lies there, with lengths and ages.
    pub async fn kept(&self) -> Result<Vec<Kept>, Trouble> {
        let mut kept = Vec::new();
        for name in self.names().await? {
            let Some(file) = File::of_name(&name) else { continue };
            let failed = |error: JsValue| Trouble::of(&name, &error);
            let handle: web::FileHandle = self.0.file(&name, &JsValue::UNDEFINED).await.map_err(failed)?.unchecked_into();
            let seen: web::Seen = handle.look().await.map_err(failed)?.unchecked_into();
            let age_ms = (js_sys::Date::now() - seen.written()).max(0.0) as u64;
            kept.push(Kept { file, length: seen.size() as u64, age_ms });
        }
        Ok(kept)
    }

    /// An empty file for what is no journal: nobody reads it after this epoch. What earlier ones have left goes, unless a frozen owner
    /// has it open still.
    pub async fn scratch(&self, epoch: Epoch) -> Result<Open, Trouble> {
        for name in self.names().await?.into_iter().filter(|name| name.starts_with(SCRATCH)) {
            let _ = self.0.remove(&name).await;
        }
        self.open_as(format!("{SCRATCH}{:016x}", epoch.0), &web::options("create", true)).await
    }

    /// Shared with other owners. Held by one alone, the file of a frozen tab could be neither read nor flushed by who comes next;
    /// that only one writes it is the epoch's lock's doing.
    async fn open(&self, file: File, options: &JsValue) -> Result<Open, Trouble> {
        self.open_as(file.name(), options).await
    }

    async fn open_as(&self, name: String, options: &JsValue) -> Result<Open, Trouble> {
        let failed = |error: JsValue| Trouble::of(&name, &error);
        let handle: web::FileHandle = self.0.file(&name, options).await.map_err(failed)?.unchecked_into();
        let handle = handle.open(&web::options("mode", "readwrite-unsafe")).await.map_err(failed)?;
        Ok(Open { handle: handle.unchecked_into(), at: web::At::new(), name })
    }

    /// It may be gone already.
    pub async fn delete(&self, file: File) -> Result<(), Trouble> {
        let name = file.name();
        match self.0.remove(&name).await.map_err(|error| Trouble::of(&name, &error)) {
            Ok(_) | Err(Trouble::Gone(_)) => Ok(()),
            Err(why) => Err(why),
        }
    }
}

impl Open {
    fn failed(&self, error: &JsValue) -> Trouble {
        Trouble::of(&self.name, error)
    }

    pub fn length(&self) -> Result<u64, Trouble> {
        self.handle.length().map(|size| size as u64).map_err(|error| self.failed(&error))
    }

    /// Fewer bytes than asked for where the file ends.
    pub fn read(&self, read: Read, to: &mut Vec<u8>) -> Result<(), Trouble> {
        to.resize(read.length, 0);
        let filled = self.get(read.at, to)?;
        to.truncate(filled);
        Ok(())
    }

    /// How many bytes there were.
    pub fn get(&self, from: u64, to: &mut [u8]) -> Result<usize, Trouble> {
        let mut filled = 0;
        while filled < to.len() {
            let at = self.at.of(from + filled as u64);
            let count = self.handle.read(&mut to[filled..], at).map_err(|error| self.failed(&error))? as usize;
            if count == 0 {
                break;
            }
            filled += count;
        }
        Ok(filled)
    }

    pub fn write(&self, flight: &Flight<'_>) -> Result<(), Trouble> {
        self.put(flight.at, flight.bytes)
    }

    pub fn put(&self, at: u64, bytes: &[u8]) -> Result<(), Trouble> {
        let written = self.handle.write(bytes, self.at.of(at)).map_err(|error| self.failed(&error))?;
        if written as usize == bytes.len() { Ok(()) } else { Err(Trouble::Short) }
    }

    pub fn flush(&self) -> Result<(), Trouble> {
        self.handle.flush().map_err(|error| self.failed(&error))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.handle.close();
    }
}
