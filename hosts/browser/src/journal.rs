//! The journal of the one vat here: which it is, and what is said when it is not there.
use peerd_agent::actors;
use peerd_journal::{Identity, Vat};
use peerd_opfs::{Durable, FREE_MIN, KEEPING, Pace, Settings, Trouble};
use peerd_vat::{Config, VatId};
use serde::Deserialize;

const VAT: u32 = 1;

/// What the service worker keeps of it, where the private files' loss does not reach.
#[derive(Deserialize)]
struct Boot {
    journal: Kept,
}

#[derive(Deserialize)]
pub struct Kept {
    /// Of the private files.
    folder: String,
    /// 32 hexadecimal digits.
    identity: String,
    /// A journal of this identity has been there.
    opened: bool,
}

impl Kept {
    pub fn of(boot: &[u8]) -> Result<Kept, Trouble> {
        let Boot { journal } = serde_json::from_slice(boot).map_err(|error| Trouble::Browser(format!("the first message: {error}")))?;
        Ok(journal)
    }

    pub fn settings(&self) -> Result<Settings<'_>, Trouble> {
        let identity = u128::from_str_radix(&self.identity, 16).map_err(|error| Trouble::Browser(format!("the identity: {error}")))?;
        let fresh = Identity(identity.to_be_bytes());
        let expected = self.opened.then_some(fresh);
        Ok(Settings { folder: &self.folder, vat: Vat(VAT), expected, fresh, keeping: KEEPING, free_min: FREE_MIN, codec: None })
    }
}

/// Takes the vat from the Worker before, if that is still there.
pub async fn open(boot: &[u8]) -> Result<Durable, Trouble> {
    Durable::open(Kept::of(boot)?.settings()?, Pace::default(), config(), actors::behaviours()).await
}

pub fn config() -> Config {
    Config { vat: VatId(VAT), ..Config::default() }
}

/// All that is kept, as one file. Another Worker may go on with it meanwhile.
pub async fn copy(boot: &[u8]) -> Result<Vec<u8>, Trouble> {
    peerd_opfs::copy(&Kept::of(boot)?.settings()?).await
}

/// Puts such a file into this folder. Returns the identity to expect there, as digits.
pub async fn restore(bytes: &[u8], folder: &str) -> Result<String, Trouble> {
    Ok(digits(peerd_opfs::restore(bytes, folder, Vat(VAT), None).await?))
}

pub fn digits(Identity(identity): Identity) -> String {
    format!("{:032x}", u128::from_be_bytes(identity))
}
