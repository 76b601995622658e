//! Back-pressure: how much may be under way from one vat to one actor of another, and giving that back as it is handled.
//!
//! A receiver that stalls stops only what is sent to it: each far actor has a window of its own at each sending vat.
use crate::refs::Key;
use alloc::collections::BTreeMap;

/// Messages and bytes of bodies that a vat may have under way to one far actor. A message larger than what is left may go if
/// anything is left.
pub(crate) const WINDOW_ENTRIES: i32 = 256;
pub(crate) const WINDOW_BYTES: i64 = 256 * 1024;

/// At the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    entries: i32,
    bytes: i64,
}

impl Default for Window {
    fn default() -> Window {
        Window::FULL
    }
}

impl Window {
    pub const FULL: Window = Window { entries: WINDOW_ENTRIES, bytes: WINDOW_BYTES };

    pub fn is_open(self) -> bool {
        self.entries > 0 && self.bytes > 0
    }

    pub fn spend(&mut self, bytes: usize) {
        self.entries -= 1;
        self.bytes -= bytes as i64;
    }

    /// Never more than the whole: a peer can't make a window larger than this vat would.
    pub fn grant(&mut self, entries: i32, bytes: i64) {
        self.entries = self.entries.saturating_add(entries).min(WINDOW_ENTRIES);
        self.bytes = self.bytes.saturating_add(bytes).min(WINDOW_BYTES);
    }
}

/// At the receiver, for one sending vat: by actor, what is in mailboxes and what is to be given back.
#[derive(Default)]
pub(crate) struct Intake {
    queued: BTreeMap<Key, Amount>,
    owed: BTreeMap<Key, Amount>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Amount {
    pub entries: i32,
    pub bytes: i64,
}

impl Intake {
    pub fn queued(&mut self, to: Key, bytes: usize) {
        let queued = self.queued.entry(to).or_default();
        queued.entries += 1;
        queued.bytes += bytes as i64;
    }

    /// It was in a mailbox and is there no more.
    pub fn consumed(&mut self, to: Key, bytes: usize) {
        if let Some(queued) = self.queued.get_mut(&to) {
            queued.entries -= 1;
            queued.bytes -= bytes as i64;
            if queued.entries == 0 {
                self.queued.remove(&to);
            }
        }
        self.owe(to, bytes);
    }

    /// It can be sent again.
    pub fn owe(&mut self, to: Key, bytes: usize) {
        let owed = self.owed.entry(to).or_default();
        owed.entries += 1;
        owed.bytes += bytes as i64;
    }

    pub fn pay(&mut self) -> Option<(Key, Amount)> {
        self.owed.pop_first()
    }

    /// A connection begins with full windows, less what older ones left in mailboxes.
    pub fn begin(&mut self) {
        self.owed = self.queued.iter().map(|(to, left)| (*to, Amount { entries: -left.entries, bytes: -left.bytes })).collect();
    }
}
