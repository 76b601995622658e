//! Who says what a supervisor supervises: its arguments, or code that makes of them what it likes.
use super::SupervisorSpec;
use peerd_vat::{Crash, Ref};

/// A supervisor whose specification is computed at each of its starts and upgrades. Its vat has `behaviour_of::<C>()`.
pub trait Callback: Send + Sync + 'static {
    /// The behaviour's name.
    const NAME: &'static str;
    const VERSION: u32 = 1;
    /// Whether an upgrade may run init over the arguments of the start, which are then kept.
    const KEEPS_ARGS: bool = true;

    /// `refs` is the supervisor's endowment, which its specs point into.
    fn init(args: &[u8], refs: &[Ref]) -> Result<Init, Crash>;
}

/// What a callback wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Init {
    Tree(SupervisorSpec),
    /// No supervisor at all; in an upgrade, no change.
    Ignore,
}

/// The arguments are the encoded specification.
pub(super) struct Given;

impl Callback for Given {
    const NAME: &'static str = super::NAME;
    const KEEPS_ARGS: bool = false;

    fn init(args: &[u8], _refs: &[Ref]) -> Result<Init, Crash> {
        let spec = SupervisorSpec::decode(args).ok_or_else(|| Crash::new("supervisor_data", "arguments are no supervisor spec"))?;
        Ok(Init::Tree(spec))
    }
}
