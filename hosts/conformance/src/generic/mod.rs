//! Servers and machines that do as they are told, over the library's own gen_server, gen_statem and event-sourced actors.
pub mod ledger;
pub mod machine;
pub mod served;
