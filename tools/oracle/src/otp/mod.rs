//! Programs of supervision, on Erlang/OTP and here.
//!
//! ```text
//! seed ─▶ generate ─▶ Program ─▶ theirs (otp.erl, real time) ─▶ Story ─▶ trace ─┐
//!                        └─────▶ ours (one vat, virtual time) ─▶ Story ─▶ trace ─┴▶ compare ─▶ shrink
//! ```
mod cells;
mod compare;
mod generate;
pub mod live;
mod ours;
mod program;
mod shrink;
mod steps;
mod story;
mod text;
mod theirs;
mod timing;
mod trace;
