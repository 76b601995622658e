//! What the machine claims, shown with whole peers over links in memory.
mod world;

mod calls;
