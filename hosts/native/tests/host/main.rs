//! What a native host promises. It is about the real clock and real threads: bounds are wide, and no order is by luck.
#![allow(clippy::disallowed_methods, reason = "the host's clock is held against the machine's")]
mod crew;

mod bugs;
mod clock;
mod cluster;
mod files;
mod kept;
mod objects;
mod outside;
mod past;
mod ports;
mod room;
mod rooms;
mod sealed;
mod stopping;
mod threads;
mod vats;
mod wakes;
