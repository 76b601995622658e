//! The vault: provider keys, sealed at rest under a key that a passphrase gives and that can't be read back from the browser.
//!
//! ```text
//! passphrase ─ Argon2id ─▶ 32 bytes ─ import ─▶ CryptoKey (AES-GCM, non-extractable, in this Worker only)
//!                                                └─ seals each provider's key, its name bound to it ─▶ store vault/key/ID
//! ```
//! `vault/check` holds the salt, the cost and a sealed word that tells a wrong passphrase. Nothing of it is ever logged.
mod derive;
mod seal;

use crate::{
    js,
    store::{Store, VAULT},
};
use derive::Cost;
use peerd_agent::view::Vault as State;
use seal::Sealed;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use web_sys::CryptoKey;

/// How long an unlocked vault that nobody uses stays so.
const OPEN_MS: u64 = 45 * 60 * 1_000;

const CHECK: &str = "vault/check";
const CHECK_WORD: &str = "peerd";
const CHECK_NAME: &str = "peerd/v1/check";

#[derive(Default)]
pub struct Vault {
    inner: RefCell<Inner>,
}

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    Locked(Check),
    /// Until this time of day; a machine that slept wakes to a locked vault.
    Unlocked(Check, CryptoKey, u64),
}

#[derive(Clone, Serialize, Deserialize)]
struct Check {
    salt: String,
    cost: Cost,
    word: Sealed,
}

/// Why a key can't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    Vault,
    NoKey,
    /// Not what was sealed under this name.
    Broken,
}

/// Why a vault did not open, or a key was not saved, in words for its owner.
pub type Refusal = String;

/// A key in the clear; overwritten when it goes.
pub struct Secret(String);

impl std::ops::Deref for Secret {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        seal::wipe(std::mem::take(&mut self.0).into_bytes());
    }
}

impl Vault {
    pub async fn read(store: &Store) -> Result<Vault, Refusal> {
        let inner = match store.get(CHECK).await.map_err(|error| js::why(&error))? {
            None => Inner::Empty,
            Some(text) => Inner::Locked(serde_json::from_str(&text).map_err(|_| "The vault's entry in the store is damaged.".to_owned())?),
        };
        Ok(Vault { inner: RefCell::new(inner) })
    }

    pub fn state(&self) -> State {
        self.expire();
        match &*self.inner.borrow() {
            Inner::Empty => State::Empty,
            Inner::Locked(_) => State::Locked,
            Inner::Unlocked(..) => State::Unlocked,
        }
    }

    /// First use sets the passphrase.
    pub async fn unlock(&self, store: &Store, passphrase: Secret) -> Result<(), Refusal> {
        self.expire();
        let known = match &*self.inner.borrow() {
            Inner::Unlocked(..) => return Ok(()),
            Inner::Locked(check) => Some(check.clone()),
            Inner::Empty => None,
        };
        let (check, key) = match known {
            Some(check) => {
                let key = derive::key(&passphrase, &check.salt, &check.cost).await?;
                let word = seal::open(&key, CHECK_NAME, &check.word).await;
                if word.as_deref() != Some(CHECK_WORD) {
                    return Err("That passphrase does not open the vault.".into());
                }
                (check, key)
            }
            None => set_passphrase(store, &passphrase).await?,
        };
        *self.inner.borrow_mut() = Inner::Unlocked(check, key, js::wall_ms() + OPEN_MS);
        Ok(())
    }

    pub fn lock(&self) {
        let mut inner = self.inner.borrow_mut();
        if let Inner::Unlocked(check, ..) = &*inner {
            *inner = Inner::Locked(check.clone());
        }
    }

    pub async fn save(&self, store: &Store, provider: &str, secret: Secret) -> Result<(), Refusal> {
        let key = self.open_key().ok_or("The vault is locked: give its passphrase first.")?;
        let sealed = seal::seal(&key, &bound_to(provider), &secret).await.map_err(|error| js::why(&error))?;
        let text = serde_json::to_string(&sealed).expect("two strings are JSON");
        store.put(&entry(provider), &text).await.map_err(|error| js::why(&error))
    }

    pub async fn remove(&self, store: &Store, provider: &str) -> Result<(), Refusal> {
        store.delete(&entry(provider)).await.map_err(|error| js::why(&error))
    }

    pub async fn key(&self, store: &Store, provider: &str) -> Result<Secret, Locked> {
        let key = self.open_key().ok_or(Locked::Vault)?;
        let text = store.get(&entry(provider)).await.ok().flatten().ok_or(Locked::NoKey)?;
        let sealed = serde_json::from_str(&text).map_err(|_| Locked::Broken)?;
        seal::open(&key, &bound_to(provider), &sealed).await.ok_or(Locked::Broken)
    }

    /// The providers that have a key.
    pub async fn providers(&self, store: &Store) -> Vec<String> {
        let prefix = entry("");
        let keys = store.list(&prefix).await.unwrap_or_default();
        keys.iter().filter_map(|key| key.strip_prefix(&prefix)).map(ToOwned::to_owned).collect()
    }

    /// Milliseconds until it locks by itself; none if it is not open.
    pub fn left(&self) -> Option<u64> {
        match &*self.inner.borrow() {
            Inner::Unlocked(_, _, until) => until.checked_sub(js::wall_ms()).filter(|ms| *ms > 0),
            Inner::Empty | Inner::Locked(_) => None,
        }
    }

    /// Used, it stays open for as long as when it was opened.
    fn open_key(&self) -> Option<CryptoKey> {
        self.expire();
        match &mut *self.inner.borrow_mut() {
            Inner::Unlocked(_, key, until) => {
                *until = js::wall_ms() + OPEN_MS;
                Some(key.clone())
            }
            Inner::Empty | Inner::Locked(_) => None,
        }
    }

    /// Timers stand still while a machine sleeps; the time of day does not.
    fn expire(&self) {
        if self.left().is_none() {
            self.lock();
        }
    }
}

async fn set_passphrase(store: &Store, passphrase: &str) -> Result<(Check, CryptoKey), Refusal> {
    let (salt, cost) = (seal::to_base64(&js::random_bytes::<16>()), Cost::default());
    let key = derive::key(passphrase, &salt, &cost).await?;
    let word = seal::seal(&key, CHECK_NAME, CHECK_WORD).await.map_err(|error| js::why(&error))?;
    let check = Check { salt, cost, word };
    let text = serde_json::to_string(&check).expect("strings and numbers are JSON");
    store.put(CHECK, &text).await.map_err(|error| js::why(&error))?;
    Ok((check, key))
}

fn entry(provider: &str) -> String {
    format!("{VAULT}key/{provider}")
}

/// A sealed key that is moved to another provider's entry does not open there.
fn bound_to(provider: &str) -> String {
    format!("peerd/v1/key/{provider}")
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}
