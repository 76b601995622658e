//! The actors of `guests/`, natively: what the modules that are made of the same files are compared with.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../guests/clerk.rs"]
pub mod clerk;
#[path = "../guests/counter.rs"]
pub mod counter;
#[path = "../guests/counter2.rs"]
pub mod counter2;
#[path = "../guests/hog.rs"]
pub mod hog;
#[path = "../guests/member.rs"]
pub mod member;
#[path = "../guests/player.rs"]
pub mod player;
