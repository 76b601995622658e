//! `./x crash`: seeded workloads of the journal, and everything that may happen to their files.
#![expect(clippy::disallowed_methods, reason = "it says how long it took; no run reads this clock")]
mod speed;

use peerd_crash::{
    Fate, KEY, Size, Tally, after, back, cut, flips, forged, given_up, lost, play,
    power::{Host, power},
    recover_under,
    trace::{self, Seen},
    vats,
};
use peerd_journal::Until;
use std::{fs, process::ExitCode, time::Instant};

const HELP: &str = "\
./x crash [--seed S] [--runs N] [--groups G] [--json FILE]
./x crash --keep FOLDER [--sealed | --given-up] [--seed S] [--groups G]
./x crash --speed
peerd-crash --trace FILE.. [--seed S] [--json FILE]

Writes N workloads (2 from seed 1 if nothing is said) of the journal in memory: owners that append groups of records, roll to new
files, take snapshots and lose power. Then, for each: the power goes at every byte of every append and between any two steps, with
unflushed sectors lost, torn and out of order; a bit of every byte is flipped; groups are forged, forked, left out, written twice;
frozen owners write late; stores are lost. All of that twice, in the open and sealed; then whoever has another key, or none, must be
refused at each of these places and harm nothing. Recovery must give the fold of a prefix with all that was acknowledged, or refuse where
acknowledged bytes are damaged. And 100 vats of durable actors live five times each, with power cuts in any step of a flight: no message
between them is lost or comes twice, and nothing has left that is not there. Prints what was tried and what was dropped, by kind.
--keep writes the files of one run to a folder, as they lie there, and prints the hash of their image; with --sealed, sealed under the
key that tests have; with --given-up, of a vat of durable actors that was given up in order. --speed says how fast commits are
framed, and read back, in memory: no file is written. --trace takes what strace saw of the owners of a journal, one after
another: see `./x crash --power`.
Exit code: 0 when all hold, 1 when one does not, 2 when this can't be done.";

struct Args {
    seed: u64,
    runs: u64,
    groups: u64,
    json: Option<String>,
    keep: Option<String>,
    sealed: bool,
    given_up: bool,
    speed: bool,
    traces: Vec<String>,
    help: bool,
}

fn main() -> ExitCode {
    let args = match read(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(why) => return lacking(&why),
    };
    if args.help {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    if args.speed {
        return speed::tell();
    }
    if let Some(folder) = &args.keep {
        return keep(folder, &args);
    }
    if !args.traces.is_empty() {
        return traced(&args);
    }
    let (mut tally, begun) = (Tally::default(), Instant::now());
    let (mut bytes, mut records, mut steps) = (0, 0, 0);
    for seed in args.seed..args.seed.saturating_add(args.runs) {
        for again in 0..VATS {
            tally.judged("vats", vats(seed.wrapping_mul(VATS).wrapping_add(again)).map(drop));
        }
        let sizes = [several(args.groups), Size { owners: 1, groups: args.groups, rolls: 0 }];
        for (size, key) in sizes.into_iter().flat_map(|size| [None, Some(KEY)].map(|key| (size, key))) {
            match play(seed, size, key) {
                Err(why) => tally.judged("fold", Err(format!("seed {seed}: {why}"))),
                Ok(tape) => {
                    tally.judged("fold", Ok(()));
                    cut(seed, &tape, &mut tally);
                    flips(seed, &tape, &mut tally);
                    after(seed, &tape, &mut tally);
                    lost(seed, &tape, &mut tally);
                    back(seed, &tape, &mut tally);
                    if size.owners == 1 {
                        forged(seed, &tape, &mut tally);
                    }
                    (bytes, records, steps) = (bytes + tape.bytes(), records + tape.records, steps + tape.ops.len());
                }
            }
        }
    }
    println!("{} runs, {records} records, {bytes} bytes, {steps} steps in {:.1} s", args.runs * 4, begun.elapsed().as_secs_f64());
    end(&tally, &args)
}

fn end(tally: &Tally, args: &Args) -> ExitCode {
    println!("{}", tally.text());
    if let Some(file) = &args.json
        && let Err(error) = fs::write(file, tally.rows())
    {
        return lacking(&format!("{file}: {error}"));
    }
    ExitCode::from(u8::from(tally.failed() > 0))
}

/// The host as it was traced must hold, and two that are wrong must be found.
fn traced(args: &Args) -> ExitCode {
    let mut seen = Vec::new();
    for file in &args.traces {
        match fs::read_to_string(file) {
            Ok(text) => seen.extend(trace::read(&text)),
            Err(error) => return lacking(&format!("{file}: {error}")),
        }
    }
    let said = seen.iter().filter(|step| matches!(step, Seen::Acked(_))).count();
    println!("{} steps of {} owners, {said} acknowledgements", seen.len(), args.traces.len());
    let mut tally = Tally::default();
    power("power", &seen, Host::AsTraced, args.seed, &mut tally);
    for (kind, host) in [("never-flushes-is-found", Host::NeverFlushes), ("speaks-early-is-found", Host::SpeaksEarly)] {
        let mut wrong = Tally::default();
        power(kind, &seen, host, args.seed, &mut wrong);
        tally.judged(kind, (wrong.failed() > 0).then_some(()).ok_or_else(|| "nothing noticed".into()));
    }
    end(&tally, args)
}

fn keep(folder: &str, args: &Args) -> ExitCode {
    let key = args.sealed.then_some(KEY);
    let played = || play(args.seed, several(args.groups), key).map(|tape| tape.disk.crash(Fate::All));
    let store = match if args.given_up { given_up(args.seed) } else { played() } {
        Ok(store) => store,
        Err(why) => return lacking(&why),
    };
    for (file, bytes) in &store.0 {
        if let Err(error) = fs::write(format!("{folder}/{}", file.name()), bytes) {
            return lacking(&format!("{folder}: {error}"));
        }
    }
    match recover_under(key, &store, None, Until::End) {
        Ok(found) => println!("{} files, position {}, image {:?}", store.0.len(), found.image.position.0, found.image.hash()),
        Err(refusal) => return lacking(&format!("{refusal:?}")),
    }
    ExitCode::SUCCESS
}

/// Vats that live and die for each run.
const VATS: u64 = 100;

const fn several(groups: u64) -> Size {
    Size { owners: 4, groups, rolls: 5 }
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut args = Args {
        seed: 1,
        runs: 2,
        groups: 12,
        json: None,
        keep: None,
        sealed: false,
        given_up: false,
        speed: false,
        traces: Vec::new(),
        help: false,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
        match word.as_str() {
            "--seed" => args.seed = number(value()?)?,
            "--runs" => args.runs = number(value()?)?,
            "--groups" => args.groups = number(value()?)?,
            "--json" => args.json = Some(value()?),
            "--keep" => args.keep = Some(value()?),
            "--trace" => args.traces.push(value()?),
            "--sealed" => args.sealed = true,
            "--given-up" => args.given_up = true,
            "--speed" => args.speed = true,
            "--help" | "-h" => args.help = true,
            _ => return Err(format!("I don't know {word}; --help says what there is")),
        }
    }
    Ok(args)
}

fn lacking(why: &str) -> ExitCode {
    eprintln!("crash: {why}");
    ExitCode::from(2)
}
