//! The generic server, the state machine and the actors beside them, against the claims that OTP's suites have tested for years.
mod kit;

mod registry;
mod server;
mod statem;
