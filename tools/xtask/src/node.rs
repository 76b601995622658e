//! Commands that hand their words to a program of its own: the browser tests, MiniWoB.
use crate::args::Args;
use crate::browser;
use crate::build;
use crate::ground::{Done, Ground, Stop};
use crate::guests;
use crate::setup;
use crate::wasm::Profile;

pub const E2E_HELP: &str = "\
./x e2e [NAME ..] [--case NAME[,NAME..]] [--lanes N] [--json FILE] [--headed] [--list]

Drives the real extension in a real Chromium with a model that is scripted on the wire. Nothing but loopback is used.
NAME is a case, a group of them, or `sandboxes`: compute, notebooks, apps and the Linux machine. Screenshots go to target/e2e/.

  --lanes   groups that are played at once, 2 unless said otherwise; one when it is --headed";

pub const MINIWOB_HELP: &str = "\
./x miniwob [--tasks a,b,c] [--seeds 1,2,3] [--json FILE] [--headed]

Runs the task pages of PyPI's miniwob package through the extension's own tools; a policy takes the model's place on
the wire. Exit code 1 when fewer than 40 tasks reach reward 1 on every seed.";

pub const ESCAPE_HELP: &str = "\
./x escape [--kind compute|notebook|assembly|app|guest|linux|firefox[,..]] [--case NAME[,NAME..]] [--brief] [--json FILE] [--list]

Code in a sandbox of the real extension, in a real Chromium, and actors that are metered guests in its Worker try to reach the network, what
others keep, and the extension, and to bring their host down; programs in the Linux machine try to be more than a user of it; `assembly` is
a compiler that a file has taken over; `firefox` is code in a sandbox that a page in Firefox is host to. Listeners on loopback count accepted
connections and datagrams, the browser's own log the names that it looked up. Each attempt is first made with its wall taken down, and must then do what it says; then with the browser's wall alone, where
there is ours behind it, and as it is shipped. What is known to get through is asserted, too, so that more of it is noticed.

  --brief   what ./x test plays: most attempts, and of those that bring a host down the ones that differ";

pub fn escape(ground: &Ground, args: &mut Args) -> Done {
    script(ground, "tools/escape/run.mjs", args.rest())
}

pub fn e2e(ground: &Ground, args: &mut Args) -> Done {
    guests::build(ground)?;
    script(ground, "tools/e2e/run.mjs", args.rest())
}

pub fn miniwob(ground: &Ground, args: &mut Args) -> Done {
    setup::pip()?;
    script(ground, "tools/miniwob/run.mjs", args.rest())
}

/// Builds the e2e variant and runs a node script on it. The browser and the extension are told by environment.
pub fn script(ground: &Ground, path: &str, mut words: Vec<String>) -> Done {
    let fast = words.iter().any(|word| word == "--fast");
    words.retain(|word| word != "--fast");
    let browser = browser::ensure()?;
    build::variants(ground, &["store", "dev", "e2e"], if fast { Profile::Fast } else { Profile::Release })?;
    let mut command = ground.program("node");
    command.arg(path).args(words);
    command.env("CHROMIUM", browser.path).env("PEERD_EXTENSION", ground.extension("e2e"));
    through(&mut command, path)
}

/// Its exit code becomes ours: 0, 2, or 1 for anything else. It has said why itself.
pub fn through(command: &mut std::process::Command, what: &str) -> Done {
    let status = command.status().map_err(|error| Stop::Lacking(format!("{what} could not start: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(2) => Err(Stop::Lacking(format!("{what} lacks something (see above)"))),
        _ => Err(Stop::Failed(String::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::{E2E_HELP, ESCAPE_HELP, MINIWOB_HELP};
    use crate::ground::Ground;

    #[test]
    fn each_option_that_is_told_of_is_taken() {
        for (help, name) in [(E2E_HELP, "e2e"), (ESCAPE_HELP, "escape"), (MINIWOB_HELP, "miniwob")] {
            let script = std::fs::read_to_string(Ground::find().path(&format!("tools/{name}/run.mjs"))).expect("its script");
            let taken = script.lines().find(|line| line.contains("options(process.argv")).expect("what it takes");
            let told: Vec<&str> =
                help.split(|c: char| !c.is_ascii_lowercase() && c != '-').filter_map(|word| word.strip_prefix("--")).collect();
            assert!(told.len() > 2, "{name} tells of no options");
            for option in told {
                assert!(taken.contains(&format!("\"{option}\"")), "./x {name} tells of --{option}, which {taken} does not take");
            }
        }
    }
}
