//! Where actors go that have been idle for long: a file beside the journal, of this system only.
use crate::folder::Failed;
use peerd_vat::Swap;
use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

const NAME: &str = "swap";

pub(crate) struct SwapFile(fs::File);

impl SwapFile {
    /// Of whoever owns the folder. What an earlier system left is gone; where the operating system lets it, so is the name.
    pub fn open(folder: &Path) -> Result<SwapFile, Failed> {
        let path = folder.join(NAME);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        // It is found by nobody then, and goes with the process. Otherwise the next system empties it.
        let _ = fs::remove_file(&path);
        Ok(SwapFile(file))
    }
}

impl Swap for SwapFile {
    fn write(&mut self, at: u64, bytes: &[u8]) -> bool {
        self.0.seek(SeekFrom::Start(at)).and_then(|_| self.0.write_all(bytes)).is_ok()
    }

    fn read(&self, at: u64, to: &mut [u8]) -> bool {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(to)).is_ok()
    }
}
