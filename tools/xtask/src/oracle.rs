//! `./x oracle`: this core beside Erlang/OTP and workerd, program by program. The work is done in tools/oracle.
use crate::args::Args;
use crate::ground::{Done, Ground, Stop};
use crate::node::through;
use crate::rows::{Rows, Verdict};
use crate::setup;

pub const HELP: &str = "\
./x oracle otp [--runs N] [--seed S] [--at-once K] [--seconds S] [--keep] [--json FILE]
./x oracle workerd [the same]
./x oracle corpus [otp | workerd] [--json FILE]
./x oracle show [otp | workerd] --seed S

`otp` plays random programs of supervision on Erlang/OTP and on this core and compares what they tell; it fails on a difference,
and, from 5,000 programs on, on a cell of semantics 12.2, 12.4 or 12.7 that no program met. Erlang is installed when it is missing
and this machine allows it; without it the corpus is compared, and the output says so. `workerd` does the same with programs of
storage and alarms on workerd, which npm installs; from 2,000 programs on each operation in each place, each option and each end
must have been met. `corpus` compares with the 1,000 answers of each that are kept in tools/oracle/corpus, and needs neither.
`show` prints a program and both traces.";

/// In `./x test`: so many programs, none begun after so long.
const OTP: [&str; 5] = ["otp", "--runs", "1000", "--seconds", "45"];
const WORKERD: [&str; 5] = ["workerd", "--runs", "1000", "--seconds", "20"];

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let mut words = args.rest();
    if words.first().is_some_and(|word| word == "otp") && !erlang() {
        println!("there is no Erlang here, and none can be installed: the corpus is compared instead");
        let json = words.iter().position(|word| word == "--json").map(|at| words.split_off(at));
        words = vec!["corpus".into()];
        words.extend(json.into_iter().flatten().take(2));
    }
    let plays_workerd = matches!(&words.iter().map(String::as_str).collect::<Vec<_>>()[..], ["workerd", ..] | ["show", "workerd", ..]);
    if plays_workerd && !args.help() {
        words.extend(["--workerd".to_owned(), setup::workerd(ground)?.display().to_string()]);
    }
    oracle(ground, &words)
}

/// The corpora, and a bounded number of fresh programs where Erlang is, and on workerd.
pub fn test(ground: &Ground, rows: &mut Rows) -> Done {
    play(ground, rows, "corpus", &["corpus"])?;
    play(ground, rows, "corpus-workerd", &["corpus", "workerd"])?;
    if erlang() {
        play(ground, rows, "otp", &OTP)?;
    } else {
        rows.add("oracle", "otp", Verdict::Skipped, "there is no Erlang here, and none can be installed");
    }
    match setup::workerd(ground) {
        Ok(program) => play(ground, rows, "workerd", &[&WORKERD[..], &["--workerd", &program.display().to_string()]].concat()),
        Err(why) => rows.judge("oracle", "workerd", Err(Stop::Failed(format!("{why:?}")))),
    }
}

fn play(ground: &Ground, rows: &mut Rows, name: &str, words: &[&str]) -> Done {
    let out = ground.path(&format!("target/oracle-{name}.json"));
    let _ = std::fs::remove_file(&out);
    let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    words.extend(["--json".to_owned(), out.display().to_string()]);
    let ended = oracle(ground, &words);
    rows.take("oracle", &out, ended)
}

fn oracle(ground: &Ground, words: &[String]) -> Done {
    let mut command = ground.program("cargo");
    command.args(["run", "--quiet", "--package", "oracle", "--"]).args(words);
    through(&mut command, "the oracle")
}

fn erlang() -> bool {
    setup::there(&["erl", "erlc"], "erlang-base")
}
