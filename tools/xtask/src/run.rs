//! `./x run`: the first thing a newcomer types.
use crate::args::Args;
use crate::ground::{Done, Ground, Stop};
use crate::node::through;
use crate::wasm::Profile;
use crate::{browser, build};

pub const HELP: &str = "\
./x run [--headless] [--drift] [--json FILE] [--seed N]

Sets up what is missing, builds, starts the bundled practice shop on loopback and opens a Chromium with a fresh profile:
a practice page, and peerd's panel as a tab beside it. Its big button replays a recorded recipe: no model, no key.

  --headless   no window (also when there is no display): the same button is pressed, what the agent did is printed, and
               screenshots are written to target/run/. Exit code 0: the shop got exactly one order, with the recipe's values
  --drift      the practice server removes a control: the run must stop, naming the step (exit code 1)
  --seed N     which goods and names the practice server makes up (default: others each time)
  --json FILE  one row per step, and the row `order-received` (headless only)

It uses the e2e variant: the store variant, with the permission to act on sites granted; the profile is thrown away.";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let headless = args.flag("--headless") || no_display();
    let mut words: Vec<String> = Vec::new();
    for flag in ["--drift", "--until-loaded"] {
        if args.flag(flag) {
            words.push(flag.into());
        }
    }
    for name in ["--json", "--seed"] {
        if let Some(value) = args.value(name)? {
            words.extend([name.into(), value]);
        }
    }
    args.done()?;
    if !headless && words.iter().any(|word| word == "--json") {
        return Err(Stop::Lacking("--json needs --headless: a window's run is judged by the person in front of it".into()));
    }
    let browser = browser::ensure()?;
    build::variants(ground, &["e2e"], Profile::Release)?;
    let mut command = ground.program("node");
    command.arg(if headless { "tools/run/headless.mjs" } else { "tools/run/window.mjs" }).args(words);
    command.env("CHROMIUM", browser.path).env("PEERD_EXTENSION", ground.extension("e2e"));
    through(&mut command, "the run")
}

fn no_display() -> bool {
    let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    cfg!(target_os = "linux") && unset("DISPLAY") && unset("WAYLAND_DISPLAY")
}
