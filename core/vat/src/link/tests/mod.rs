//! Claims about the link: puppets in several vats over a network that delays, parts and resets.
mod kit;
mod network;

mod bonds;
mod calls;
mod credit;
mod facets;
mod garbage;
mod hostile;
mod letters;
mod letters_kit;
mod loss;
mod order;
mod ports;
mod relay;
mod system;
