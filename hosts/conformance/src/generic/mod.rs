//! Servers and machines that do as they are told, over the library's own gen_server, gen_statem, event-sourced actors, keyed calls and work queues.
pub mod keyed;
pub mod ledger;
pub mod machine;
pub mod served;
pub mod worker;
