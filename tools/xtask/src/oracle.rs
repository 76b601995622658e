//! `./x oracle`: this core beside Erlang/OTP, program by program. The work is done in tools/oracle.
use crate::args::Args;
use crate::ground::{Done, Ground};
use crate::node::through;
use crate::rows::{Rows, Verdict};
use crate::setup;

pub const HELP: &str = "\
./x oracle otp [--runs N] [--seed S] [--at-once K] [--seconds S] [--keep] [--json FILE]
./x oracle corpus [--json FILE]
./x oracle show --seed S

`otp` plays random programs of supervision on Erlang/OTP and on this core and compares what they tell; it fails on a difference,
and, from 5,000 programs on, on a cell of semantics 12.2, 12.4 or 12.7 that no program met. Erlang is installed when it is missing
and this machine allows it; without it the corpus is compared, and the output says so. `corpus` compares with the 1,000 answers
that are kept in tools/oracle/corpus, and needs no Erlang. `show` prints a program and both traces.";

/// In `./x test`: so many programs, none begun after so long.
const TEST_RUNS: &str = "1000";
const TEST_SECONDS: &str = "45";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let mut words = args.rest();
    if words.first().is_some_and(|word| word == "otp") && !erlang() {
        println!("there is no Erlang here, and none can be installed: the corpus is compared instead");
        let json = words.iter().position(|word| word == "--json").map(|at| words.split_off(at));
        words = vec!["corpus".into()];
        words.extend(json.into_iter().flatten().take(2));
    }
    oracle(ground, &words)
}

/// The corpus, and a bounded number of fresh programs where Erlang is.
pub fn test(ground: &Ground, rows: &mut Rows) -> Done {
    for (name, words) in [("corpus", vec!["corpus"]), ("otp", vec!["otp", "--runs", TEST_RUNS, "--seconds", TEST_SECONDS])] {
        if name == "otp" && !erlang() {
            rows.add("oracle", name, Verdict::Skipped, "there is no Erlang here, and none can be installed");
            continue;
        }
        let out = ground.path(&format!("target/oracle-{name}.json"));
        let _ = std::fs::remove_file(&out);
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        words.extend(["--json".to_owned(), out.display().to_string()]);
        let ended = oracle(ground, &words);
        rows.take("oracle", &out, ended)?;
    }
    Ok(())
}

fn oracle(ground: &Ground, words: &[String]) -> Done {
    let mut command = ground.program("cargo");
    command.args(["run", "--quiet", "--package", "oracle", "--"]).args(words);
    through(&mut command, "the oracle")
}

fn erlang() -> bool {
    setup::there(&["erl", "erlc"], "erlang-base")
}
