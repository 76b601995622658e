//! Nothing: each guest is an example of its own, because a module is one actor.
#![no_std]
