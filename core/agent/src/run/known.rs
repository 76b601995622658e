//! The tabs a chat has acted in, and what their actors left with it for another life.
use super::Session;
use crate::view::TabId;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A tab as this chat knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Known {
    pub tab: TabId,
    pub url: String,
    /// Of the last outcome there.
    pub trace: String,
    /// The tab's actor has it, or gave it, in this life.
    pub is_given: bool,
}

/// Limit: tabs whose refs outlive a life.
const KNOWN_MAX: usize = 8;

impl Session {
    /// What an outcome says of its tab.
    pub(super) fn know(&mut self, tab: TabId, url: &str, trace: &str) {
        self.tabs.retain(|known| known.tab != tab);
        self.tabs.push(Known { tab, url: url.into(), trace: trace.into(), is_given: true });
        if self.tabs.len() > KNOWN_MAX {
            self.tabs.remove(0);
        }
    }

    /// What the tab's actor may not know any more.
    pub(super) fn trace_for(&mut self, tab: Option<TabId>) -> Option<String> {
        let known = self.tabs.iter_mut().find(|known| Some(known.tab) == tab && !known.is_given)?;
        known.is_given = true;
        Some(known.trace.clone())
    }
}
