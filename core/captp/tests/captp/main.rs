//! What the machine claims, shown with whole peers over links in memory, and with a peer that says whatever a test wants.
mod script;
mod world;

mod calls;
mod collection;
mod faults;
mod handoffs;
mod limits;
mod links;
mod order;
mod sessions;
mod values;
