//! The generic server, the state machine and the actors beside them, against the claims that OTP's suites have tested for years.
mod kit;

mod bus;
mod far;
mod groups;
mod model;
mod registry;
mod reports;
mod requests;
mod server;
mod statem;
mod system;
mod tasks;
