//! The agent: model codecs, the loop, tools, grants, recipes.
//!
//! Nothing here reads a clock, a file or the network: events come in, actions go out.
//! `actors` puts these state machines on the vat.
#![no_std]
extern crate alloc;

pub mod model;
pub mod view;
