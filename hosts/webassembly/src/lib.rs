//! Guests in a browser: the Worker's own engine compiles them, and they run beside the kernel's module in one thread.
//!
//! ```text
//! compile ─▶ Compiled ─▶ Quick (Engine) ─▶ host::turn ─▶ js/guests.js ─▶ the trapping build, one instance a class, then reset
//!                            └ exhausted ─▶ the behaviour calls its port ─▶ Slow ─▶ host::begin ─▶ the yielding build, in slices
//! ```
//! Whoever makes a module of this gives it the imports of a `Guests` of js/guests.js, and has that run slices when the vat has nothing
//! else to do. A renderer process has room for about 124 memories: 48 classes have an instance at a time, and as many for slow turns.
// Elsewhere there is nobody to import from.
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code, reason = "imports and exports by name, and bytes that guests' modules write into this memory")]
mod compiled;
mod host;

mod quick;

mod slow;

pub use compiled::{Compiled, NotCompiled, compile};
pub use quick::Quick;
pub use slow::Slow;
