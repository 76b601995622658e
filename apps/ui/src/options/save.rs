//! Saving a provider with its key, in the order the vault needs: provider, passphrase, then the key once it is open.
use crate::{mirror::Mirror, wire};
use leptos::prelude::*;
use peerd_agent::view::{Command, Provider, Vault};

/// A key that waits for the vault to open. In this page's memory only, and no longer than that.
#[derive(Clone, Copy)]
pub struct Saving {
    pub state: RwSignal<State>,
    waiting: RwSignal<Option<(String, String)>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Idle,
    /// The passphrase was sent.
    Opening,
    Saved,
    Failed,
}

impl Saving {
    pub fn new(mirror: Mirror) -> Self {
        let saving = Saving { state: RwSignal::default(), waiting: RwSignal::new(None) };
        Effect::new(move || {
            if mirror.vault.get() == Vault::Unlocked {
                saving.hand_over();
            }
        });
        // The vault did not open: the key is typed again, or the passphrase; either way it does not wait here.
        Effect::new(move || {
            if mirror.problem.get().is_some() && saving.state.get_untracked() == State::Opening {
                saving.waiting.set(None);
                saving.state.set(State::Failed);
            }
        });
        saving
    }

    /// `key` with the passphrase that opens the vault; None for the passphrase where it is open.
    pub fn save(self, provider: Provider, key: Option<(String, Option<String>)>) {
        let id = provider.id.clone();
        wire::tell(&Command::SaveProvider { provider });
        match key {
            None => self.state.set(State::Saved),
            Some((key, passphrase)) => {
                self.waiting.set(Some((id, key)));
                match passphrase {
                    Some(passphrase) => {
                        self.state.set(State::Opening);
                        wire::tell(&Command::Unlock { passphrase });
                    }
                    None => self.hand_over(),
                }
            }
        }
    }

    fn hand_over(self) {
        if let Some((id, key)) = self.waiting.get_untracked() {
            self.waiting.set(None);
            wire::tell(&Command::SaveKey { id, key });
            self.state.set(State::Saved);
        }
    }
}
