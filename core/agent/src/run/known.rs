//! The tabs a chat has acted in, and what their actors left with it for another life.
use super::Session;
use crate::view::TabId;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A tab as this chat knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    pub tab: TabId,
    pub url: String,
    /// Of the last outcome there.
    pub trace: String,
}

/// Limit: tabs whose refs outlive a life.
const KNOWN_MAX: usize = 8;

impl Session {
    /// What an outcome says of its tab.
    pub(super) fn know(&mut self, tab: TabId, url: &str, trace: &str) {
        let known = Known { tab, url: url.into(), trace: trace.into() };
        match self.tabs.iter().position(|known| known.tab == tab) {
            Some(at) => {
                if let Some(place) = self.tabs.at(at) {
                    *place = known;
                }
            }
            None => self.tabs.push(known),
        }
        if self.tabs.len() > KNOWN_MAX {
            self.tabs.remove(0);
        }
        self.give(tab);
    }

    /// What the tab's actor may not know any more.
    pub(super) fn trace_for(&mut self, tab: Option<TabId>) -> Option<String> {
        let known = self.tabs.iter().find(|known| Some(known.tab) == tab && !self.given.contains(&known.tab))?;
        let (tab, trace) = (known.tab, known.trace.clone());
        self.give(tab);
        Some(trace)
    }

    /// They have the values that its owner typed in for this run alone.
    pub(super) fn forget_traces(&mut self) {
        for at in 0..self.tabs.len() {
            if let Some(known) = self.tabs.at(at) {
                known.trace.clear();
            }
        }
    }

    fn give(&mut self, tab: TabId) {
        if !self.given.contains(&tab) {
            self.given.push(tab);
        }
    }
}
