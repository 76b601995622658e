//! Each pattern's claims, in a world of one owner, one target and whoever is lent something.
mod kit;

mod attenuator;
mod caretaker;
mod durable;
mod joiner;
mod membrane;
mod others;
