//! Servers and machines that do as they are told, over the library's own gen_server and gen_statem.
pub mod machine;
pub mod served;
