//! What a tab's actor leaves with the chat, and a later life of it takes up: what refs mean, and an act that may have begun.
use super::*;

impl Drive {
    #[must_use]
    pub fn trace(&self) -> String {
        serde_json::to_value(self).map(|value| value.to_string()).unwrap_or_default()
    }

    /// Of this very tab; none when it can't be read, as after an update of the program.
    #[must_use]
    pub fn recall(&self, trace: &str) -> Option<Drive> {
        let mut earlier: Drive = serde_json::from_str(trace).ok()?;
        earlier.job.iter_mut().for_each(|job| job.recalled = true);
        (earlier.tab == self.tab).then_some(Drive { probing: self.probing, ..earlier })
    }

    #[must_use]
    pub fn is_doing(&self, effect: &str) -> bool {
        self.job.as_ref().is_some_and(|job| job.effect == effect)
    }

    /// It has shown nothing yet, so it can take up what an earlier life has shown.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.job.is_none() && self.refs.doc().is_empty()
    }

    /// The effect of the call under way.
    #[must_use]
    pub fn effect(&self) -> Option<&str> {
        self.job.as_ref().map(|job| job.effect.as_str())
    }
}
