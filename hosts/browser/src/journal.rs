//! The journal of the one vat here: which it is, and what is said when it is not there.
use peerd_agent::actors;
use peerd_journal::{Identity, Vat};
use peerd_opfs::{Durable, Pace, Settings, Trouble};
use peerd_vat::{Config, VatId};
use serde::Deserialize;

const FOLDER: &str = "peerd";
const VAT: u32 = 1;

/// What the service worker keeps of it, where the private files' loss does not reach.
#[derive(Deserialize)]
struct Boot {
    journal: Kept,
}

#[derive(Deserialize)]
struct Kept {
    /// 32 hexadecimal digits.
    identity: String,
    /// A journal of this identity has been there.
    opened: bool,
}

/// Takes the vat from the Worker before, if that is still there.
pub async fn open(boot: &[u8]) -> Result<Durable, Trouble> {
    let Boot { journal } = serde_json::from_slice(boot).map_err(|error| Trouble::Browser(format!("the first message: {error}")))?;
    let identity = u128::from_str_radix(&journal.identity, 16).map_err(|error| Trouble::Browser(format!("the identity: {error}")))?;
    let fresh = Identity(identity.to_be_bytes());
    let expected = journal.opened.then_some(fresh);
    let settings = Settings { folder: FOLDER, vat: Vat(VAT), expected, fresh };
    let config = Config { vat: VatId(VAT), ..Config::default() };
    Durable::open(settings, Pace::default(), config, actors::behaviours()).await
}
