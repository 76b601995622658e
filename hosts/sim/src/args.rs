//! The command line.
use peerd_sim::Kind;

#[derive(Default)]
pub struct Args {
    pub names: Vec<String>,
    pub seed: Option<u64>,
    pub runs: u64,
    pub print: bool,
    pub shrink: bool,
    /// Stop at the first failure.
    pub first: bool,
    /// No other faults than these.
    pub faults: Option<Vec<Kind>>,
    pub json: Option<String>,
    pub help: bool,
}

/// Runs when nothing is said.
const RUNS: u64 = 20;

impl Args {
    pub fn read(words: impl Iterator<Item = String>) -> Result<Args, String> {
        let mut args = Args { shrink: true, ..Args::default() };
        let mut runs = None;
        let mut words = words;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
            let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
            match word.as_str() {
                "--seed" => args.seed = Some(number(value()?)?),
                "--runs" => runs = Some(number(value()?)?),
                "--json" => args.json = Some(value()?),
                "--print" => args.print = true,
                "--first" => args.first = true,
                "--faults" => args.faults = Some(kinds(&value()?)?),
                "--no-shrink" => args.shrink = false,
                "--help" | "-h" => args.help = true,
                name if !name.starts_with('-') => args.names.push(word),
                _ => return Err(format!("I don't know {word}; --help says what there is")),
            }
        }
        // One seed by itself is a reproduction: one run.
        args.runs = runs.unwrap_or(if args.seed.is_some() { 1 } else { RUNS });
        Ok(args)
    }
}

/// `freeze,drift`, or `none`.
fn kinds(names: &str) -> Result<Vec<Kind>, String> {
    let find = |name| Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| format!("there is no fault {name}"));
    if names == "none" { Ok(Vec::new()) } else { names.split(',').map(find).collect() }
}
