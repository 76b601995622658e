//! Claims about the whole kernel. Each is a script for puppets and the transcript it must give.
pub(crate) mod disk;
mod kit;
pub(crate) mod notes;
pub(crate) mod puppet;
mod tower;

mod init;
mod thin;

mod alarms;
mod awaits;
mod bonds;
mod bounds;
mod calls;
mod deaths;
mod deferred;
mod durable;
mod durable_calls;
mod edge;
mod exits;
mod facets;
mod foreign;
mod history;
mod identities;
mod kept;
mod map;
mod monitors;
mod objects;
mod poison;
mod priority;
mod rest;
mod rights;
mod schedule;
mod seal;
mod signals;
mod swap;
mod system;
mod table;
mod timers;
mod upgrade;

mod random;
