//! `./x mutants`: one wrong line at a time, and the command that must notice. What survives shows what nobody checks.
//!
//! Rows are in mutants/*.txt, as many as one likes, apart by an empty line:
//!
//! ```text
//! a_late_child_is_not_killed                    its name
//! in core/otp/src/supervisor/stop.rs
//! by oracle corpus                              found by: oracle .., sim .., crash .., kills .., conformance CASE, or test (the words of `cargo test`)
//! says I9                                       what the first failure must name; left out: any failure will do
//! - cx.exit(actor, Reason::Kill);               what is there exactly once, a line or more
//! + let _ = actor;                              what is there instead; nothing: it is taken out
//! ```
//! The words after `by` are those of the command: `sim supervisors --runs 1000`, `test -p peerd-otp intensity`.
mod finder;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::args::Args;
use crate::ground::{Done, Ground, Stop, step};
use crate::rows::{Rows, Verdict};
use finder::{Copy, Found};

pub const HELP: &str = "\
./x mutants [NAME..] [--list] [--json FILE]

Copies the sources to target/mutants, puts in one wrong line of mutants/*.txt at a time and runs the command that must find it:
one incremental build each. NAME is a file of mutants/ (sim, oracle, ..) or a part of the names to run; without one, all run.
The end is a table: who was found, by what, in how many seconds. Exit code 1 when a mutant survives or does not compile, and
when a command fails without any mutant.";

/// What `./x test` has time for: of the simulator's, a few that are about different things.
const IN_TEST: [&str; 4] = [
    "checker_I9_a_link_is_not_told",
    "checker_C13_an_entry_one_period_old_is_forgotten",
    "fault_never_woken_answers_to_the_lost_reach_the_next",
    "fault_flood_the_bound_is_not_looked_at",
];

#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    name: String,
    /// The stem of the file that has it.
    list: String,
    file: String,
    by: String,
    says: Option<String>,
    find: String,
    instead: String,
}

impl Mutant {
    /// `few seed 12: I9: a2 was never told ..` names I9.
    fn is_named_in(&self, failure: &str) -> bool {
        self.says.as_ref().is_none_or(|says| failure.contains(&format!(": {says}: ")))
    }
}

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let list = args.flag("--list");
    let json = args.value("--json")?;
    let names = args.rest();
    let all = read(ground)?;
    let meant = |mutant: &Mutant, name: &String| mutant.list == *name || mutant.name.contains(name.as_str());
    let wanted: Vec<&Mutant> = all.iter().filter(|mutant| names.is_empty() || names.iter().any(|name| meant(mutant, name))).collect();
    if wanted.is_empty() {
        return Err(Stop::Lacking("no mutant has such a name; --list names them".into()));
    }
    if list {
        wanted.iter().for_each(|mutant| println!("{:60}  {}: {}", mutant.name, mutant.by, mutant.file));
        return Ok(());
    }
    let mut rows = Rows::default();
    run(ground, &wanted, &mut rows)?;
    rows.end(json.as_deref())
}

/// A few of them, and the names of those that are left to `./x mutants`.
pub fn bounded(ground: &Ground, rows: &mut Rows) -> Done {
    let all = read(ground)?;
    let (few, rest): (Vec<&Mutant>, Vec<&Mutant>) = all.iter().partition(|mutant| IN_TEST.contains(&mutant.name.as_str()));
    run(ground, &few, rows)?;
    let rest: Vec<&str> = rest.iter().map(|mutant| mutant.name.as_str()).collect();
    println!("mutants: {} are left to ./x mutants: {}", rest.len(), rest.join(", "));
    Ok(())
}

fn run(ground: &Ground, wanted: &[&Mutant], rows: &mut Rows) -> Done {
    let copy = Copy::make(ground)?;
    for by in wanted.iter().map(|mutant| mutant.by.as_str()).collect::<BTreeSet<_>>() {
        let holds = step(&format!("{by}, without a mutant"), || copy.finds(by))?;
        if holds != Found::Nothing {
            rows.add("mutants", by, Verdict::Failed, &format!("without a mutant: {}", holds.told()));
            return Ok(());
        }
    }
    let mut table = Vec::new();
    for mutant in wanted {
        let begun = Instant::now();
        eprintln!("x: {}", mutant.name);
        let found = copy.with(mutant)?;
        let (verdict, why) = match &found {
            Ok(Found::Nothing) => (Verdict::Failed, format!("SURVIVED `{}`", mutant.by)),
            Ok(Found::NoBuild) => (Verdict::Failed, "does not compile".to_owned()),
            Ok(found) if mutant.is_named_in(&found.told()) => (Verdict::Passed, String::new()),
            Ok(found) => (Verdict::Failed, format!("found by another checker: {}", found.told())),
            Err(why) => (Verdict::Failed, why.clone()),
        };
        let told = found.as_ref().map_or_else(Clone::clone, Found::told);
        table.push(format!(
            "{:70} {:8} {:5.1} s  {told}",
            mutant.name,
            if verdict == Verdict::Passed { "found" } else { "NOT" },
            begun.elapsed().as_secs_f64()
        ));
        rows.add("mutants", &mutant.name, verdict, &why);
    }
    table.iter().for_each(|line| println!("{line}"));
    Ok(())
}

fn read(ground: &Ground) -> Done<Vec<Mutant>> {
    let mut files: Vec<PathBuf> = fs::read_dir(ground.path("mutants"))?.filter_map(Result::ok).map(|file| file.path()).collect();
    files.sort();
    let mut mutants = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "txt")) {
        let list = file.file_stem().unwrap_or_default().to_string_lossy();
        for block in fs::read_to_string(file)?.split("\n\n").filter(|block| !block.trim().is_empty()) {
            mutants.push(of_block(&list, block).ok_or_else(|| Stop::Failed(format!("{}: no mutant:\n{block}", file.display())))?);
        }
    }
    Ok(mutants)
}

fn of_block(list: &str, block: &str) -> Option<Mutant> {
    let mut lines = block.trim_matches('\n').lines();
    let (name, file, by) = (lines.next()?, lines.next()?.strip_prefix("in ")?, lines.next()?.strip_prefix("by ")?);
    let (mut says, mut find, mut instead) = (None, Vec::new(), Vec::new());
    for line in lines {
        match line.split_at_checked(2)? {
            ("- ", line) => find.push(line),
            ("+ ", line) => instead.push(line),
            _ => says = Some(line.strip_prefix("says ")?.to_owned()),
        }
    }
    let (find, instead) = (find.join("\n"), instead.join("\n"));
    (!find.is_empty()).then(|| Mutant { name: name.into(), list: list.into(), file: file.into(), by: by.into(), says, find, instead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_mutant() {
        let mutant = of_block("sim", "name\nin a/b.rs\nby oracle corpus\n- one\n-     two\n+ three").expect("it is whole");
        assert_eq!((mutant.find.as_str(), mutant.instead.as_str()), ("one\n    two", "three"));
        assert_eq!(of_block("sim", "name\nin a/b.rs\nby oracle corpus\n+ three"), None);
    }

    #[test]
    fn a_mutant_that_says_who_finds_it_is_found_by_nobody_else() {
        let mutant = of_block("sim", "name\nin a/b.rs\nby sim few\nsays I9\n- one").expect("it is whole");
        assert!(mutant.is_named_in("few seed 3: I9: a2 was never told"));
        assert!(!mutant.is_named_in("few seed 3: panic: an I9"));
    }

    #[test]
    fn what_is_named_after_a_checker_says_so() {
        for mutant in read(&Ground::find()).expect("mutants/ is readable") {
            let Some(checker) = mutant.name.strip_prefix("checker_") else { continue };
            let says = mutant.says.unwrap_or_default();
            assert!(checker.starts_with(&format!("{}_", says.replace('-', "_"))), "checker_{checker} says {says:?}");
        }
    }

    #[test]
    fn what_every_test_looks_for_is_there() {
        let all = read(&Ground::find()).expect("mutants/ is readable");
        assert!(IN_TEST.iter().all(|name| all.iter().any(|mutant| mutant.name == *name)));
    }

    #[test]
    fn every_mutants_text_is_in_its_file_exactly_once() {
        let ground = Ground::find();
        for mutant in read(&ground).expect("mutants/ is readable") {
            let text = fs::read_to_string(ground.path(&mutant.file)).unwrap_or_default();
            assert_eq!(text.matches(&mutant.find).count(), 1, "{} in {}", mutant.name, mutant.file);
        }
    }
}
