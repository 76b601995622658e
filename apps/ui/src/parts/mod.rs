//! Small things that both pages and several components use.
mod clock;
mod icon;
mod prose;
mod unlock;

pub use clock::now;
pub use icon::icon;
pub use prose::Prose;
pub use unlock::{Passphrase, Unlock, UnlockBar, passphrase_ready};
