//! Where actors go that have been idle for long: a file beside the journal, of this owner only.
use crate::folder::Open;
use peerd_vat::Swap;
use send_wrapper::SendWrapper;

/// Of the Worker that opened it, as all handles are.
pub(crate) struct SwapFile(SendWrapper<Open>);

impl SwapFile {
    pub fn of(file: Open) -> SwapFile {
        SwapFile(SendWrapper::new(file))
    }
}

impl Swap for SwapFile {
    fn write(&mut self, at: u64, bytes: &[u8]) -> bool {
        self.0.put(at, bytes).is_ok()
    }

    fn read(&self, at: u64, to: &mut [u8]) -> bool {
        self.0.get(at, to).is_ok_and(|count| count == to.len())
    }
}
