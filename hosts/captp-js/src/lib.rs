//! CapTP for JavaScript: the machine behind captp.js, in a page, a sandbox or a Worker.
//!
//! ```text
//! E(ref).method(..) ─ module/eventual.js ─ values, one by one ─▶ Endpoint (a core/captp Peer) ─ bytes ─▶ module/netlayers.js
//!    your objects ◀─ module/captp.js ◀─ values, one by one ─────────┘
//! ```
//! Values cross the boundary piece by piece: whoever sends one pushes its leaves and says what they make up, and both sides keep a stack
//! for it. References cross as numbers (`handles`). What the machine wants done it tells its `Host`, which only takes note: the
//! module acts on it when the endpoint has returned.
mod endpoint;
mod handles;
mod host;
mod told;

pub use endpoint::Endpoint;
