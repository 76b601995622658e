//! Guests in a vat, on engines that need no WebAssembly: each test is a claim.
mod guests;
mod kit;

mod bytes;
mod children;
mod durable;
mod hostile;
mod slow;
mod supervised;
mod turns;
