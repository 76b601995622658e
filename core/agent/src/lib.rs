//! The agent: model codecs, the loop, tools, grants, recipes.
//!
//! ```text
//! panel ─ Command ─▶ desk ─▶ chat (the loop) ─ ToProvider ─▶ provider ─▶ http port
//!                             │  ▲ Need / Allowed
//!                             └─ ToWeb ─▶ web actor ─▶ chrome port ─▶ page
//! ```
//! Nothing here reads a clock, a file or the network: events come in, actions go out.
//! `actors` puts these state machines on the vat.
#![no_std]
extern crate alloc;

mod address;

pub mod view;

pub mod model;

pub mod grants;
pub mod outcome;
pub mod web;

pub mod recipe;
pub mod run;

pub mod actors;
pub mod past;
