//! The one_for_one supervisor against the claims that OTP's suite has tested for years. Each case is a script for a world.
mod kit;

mod clerk;

mod api;
mod identity;
mod ladder;
mod nested;
mod restart;
mod scale;
mod simple;
mod start;
mod stop;
