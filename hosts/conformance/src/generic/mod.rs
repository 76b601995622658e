//! Servers and machines that do as they are told, over the library's own gen_server, gen_statem, event-sourced actors and work queues.
pub mod ledger;
pub mod machine;
pub mod served;
pub mod worker;
