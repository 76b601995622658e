//! `./x bench durable`: durable messages here and elsewhere, and the same bytes without a kernel. The work is done in tools/bench/durable.
use super::contestant;
use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground};
use crate::node::through;
use crate::{setup, wasm};

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let chromium = browser::ensure()?;
    let cargo = setup::for_build(ground)?;
    let module = wasm::library_as(ground, &cargo, "peerd-drill", "drill", wasm::Profile::Fastest)?;
    let native = contestant::native(ground, "bench-durable")?;
    let mut script = ground.program("node");
    script.arg("tools/bench/durable/run.mjs").arg("--module").arg(module).arg("--native").arg(native).env("CHROMIUM", chromium.path);
    match setup::workerd(ground) {
        Ok(program) => {
            script.arg("--workerd").arg(program);
        }
        Err(why) => eprintln!("x: no workerd here: it is left out ({why:?})"),
    }
    through(script.args(args.rest()), "the durable messages")
}
