//! How much the origin may store, and what is given up when that comes to an end.
use crate::web;
use js_sys::Reflect;
use peerd_journal::Keeping;

/// In bytes, as the browser estimates them, over all that the origin stores. Of a web page without special rights Chromium says the same
/// quota whatever room there is, so that it is not told by that: there a write that fails is the first to say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub used: u64,
    pub quota: u64,
    /// With less than this free, the past goes, and snapshots are made early.
    pub free_min: u64,
}

/// Of the room that there is, if nothing else is said.
pub const FREE_MIN: u64 = 64 << 20;
/// What is a snapshot then.
const SHORT_LOG: u64 = 1 << 20;
/// The past takes at most this part of what may be stored.
const PAST_SHARE: u64 = 10;

impl Room {
    /// None: the browser does not say.
    pub async fn look(free_min: u64) -> Option<Room> {
        let estimate = web::estimate().await.ok()?;
        let field = |key: &str| Reflect::get(&estimate, &key.into()).ok()?.as_f64();
        Some(Room { used: field("usage")? as u64, quota: field("quota")? as u64, free_min })
    }

    #[must_use]
    pub fn free(&self) -> u64 {
        self.quota.saturating_sub(self.used)
    }

    /// Soon nothing more can be kept.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.free() < self.free_min
    }

    /// What is kept here of what should be.
    pub(crate) fn keeping(&self, wanted: Keeping) -> Keeping {
        if self.is_short() {
            return Keeping { past_ms: 0, log_bytes: wanted.log_bytes.min(SHORT_LOG), ..wanted };
        }
        Keeping { past_bytes: wanted.past_bytes.min(self.quota / PAST_SHARE), ..wanted }
    }
}
