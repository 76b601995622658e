//! `./x history`: what a durable system's folder tells of its past. The work is done in hosts/native.
use crate::args::Args;
use crate::ground::{Done, Ground};
use crate::node::through;

pub const HELP: &str = include_str!("../../../hosts/native/src/bin/history/help.txt");

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let mut cargo = ground.program("cargo");
    cargo.args(["run", "--quiet", "--package", "peerd-native", "--bin", "history", "--"]).args(args.rest());
    through(&mut cargo, "the history")
}
