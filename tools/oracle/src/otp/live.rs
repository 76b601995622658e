//! The commands: fresh programs on both sides, the kept ones on ours, one of them in full.
use super::{
    cells,
    compare::{Difference, Divergence, difference, expected},
    generate::generate,
    ours,
    program::Program,
    shrink::{candidates, is_whole},
    story::Story,
    theirs::Beam,
    timing::{is_clear, was_quick},
    trace::trace,
};
use crate::{
    args::Args,
    corpus::{self, Kept},
    shrink::shrink,
    summary::{Cells, Summary, show_both},
};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Programs of the corpus.
const KEPT: usize = 1_000;
/// How often a program is played again, among few, before a difference is believed: this machine may have been busy.
const TRIES: usize = 3;
const AGAIN_AT_ONCE: usize = 40;
/// Programs drawn and played together.
const BATCH: u64 = 2_000;
/// Fewer programs than this can't be asked to meet every cell.
const RUNS_FOR_ALL_CELLS: u64 = 5_000;
/// Differences that are shrunk and shown; more are the same bug.
const SHOWN_MAX: usize = 6;

fn place(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

fn beam() -> Result<Beam, String> {
    Beam::start(&place("src/otp/otp.erl"), &place("../../target/oracle"))
}

fn summary_of(check: &'static str) -> Summary<Program> {
    Summary::new(check, cells::empty(), &Divergence::ALL.map(Divergence::told))
}

pub fn otp(args: &Args) -> Result<bool, String> {
    let begun = Instant::now();
    let until = args.seconds.map(|seconds| begun + Duration::from_secs(seconds));
    let mut beam = beam()?;
    println!("OTP {}, {} programs at once", beam.version(), args.at_once);
    let mut summary = summary_of("oracle otp");
    let mut doubtful: Vec<(u64, Program)> = Vec::new();
    let mut done = 0;
    while done < args.runs && until.is_none_or(|until| Instant::now() < until) {
        let seeds: Vec<u64> = (done..args.runs.min(done + BATCH)).map(|run| args.seed.wrapping_add(run)).collect();
        done += seeds.len() as u64;
        let programs: Vec<Program> = seeds.iter().map(|seed| generate(*seed)).collect();
        let all: Vec<&Program> = programs.iter().collect();
        beam.play(&all, args.at_once, until, |at, story| {
            if !judge(&programs[at], &story, args.keep, &mut summary) {
                doubtful.push((seeds[at], programs[at].clone()));
            }
        })?;
    }
    let again = doubtful.len();
    for _ in 0..TRIES {
        let tried = std::mem::take(&mut doubtful);
        let all: Vec<&Program> = tried.iter().map(|(_, program)| program).collect();
        beam.play(&all, AGAIN_AT_ONCE, None, |at, story| {
            if !judge(&tried[at].1, &story, args.keep, &mut summary) {
                doubtful.push(tried[at].clone());
            }
        })?;
    }
    for (seed, program) in doubtful {
        let why = if summary.shown() < SHOWN_MAX { smallest(&program, &mut beam)? } else { "not shrunk: enough of them are".into() };
        summary.differs(format!("seed {seed}"), why);
    }
    if args.keep {
        corpus::write(&place("corpus"), "otp", &summary.kept(KEPT))?;
    }
    println!("{again} played again; {:.0} s", begun.elapsed().as_secs_f64());
    let cells = if args.runs >= RUNS_FOR_ALL_CELLS { Cells::All } else { Cells::Some };
    summary.end(args.json.as_deref(), cells)
}

/// False: they differ, or the machine was too slow for OTP's clock.
fn judge(program: &Program, theirs: &Story, keep: bool, summary: &mut Summary<Program>) -> bool {
    let (wanted, used) = expected(program, theirs);
    let ours = trace(program, &ours::play(program));
    if !was_quick(program, theirs) || difference(&wanted, &ours).is_some() {
        return false;
    }
    let met = summary.cells_met();
    cells::count(program, theirs, &mut summary.hits);
    let new = summary.same(program.steps.len(), wanted.clone(), used.into_iter().map(Divergence::told));
    if keep && new {
        summary.keep(Kept { program: program.clone(), expected: wanted }, summary.cells_met() > met);
    }
    true
}

/// Made as small as it can be while it still differs, and where it does.
fn smallest(program: &Program, beam: &mut Beam) -> Result<String, String> {
    let smallest = shrink(program, candidates, |candidates| -> Result<_, String> {
        let whole: Vec<&Program> = candidates.iter().filter(|candidate| is_whole(candidate) && is_clear(candidate)).collect();
        let found = differing(&whole, beam)?;
        Ok(found.map(|(at, _)| whole[at].clone()))
    })?;
    Ok(match differing(&[&smallest], beam)? {
        Some((_, found)) => told(&smallest, &found),
        None => format!("{program}\nonly sometimes"),
    })
}

fn told(program: &Program, found: &Difference) -> String {
    format!("{program}\nstep {}\n  OTP  {}\n  ours {}", found.step, found.theirs, found.ours)
}

/// The first one that differs.
fn differing(programs: &[&Program], beam: &mut Beam) -> Result<Option<(usize, Difference)>, String> {
    let mut first: Option<(usize, Difference)> = None;
    beam.play(programs, AGAIN_AT_ONCE, None, |at, story| {
        let program = programs[at];
        let (wanted, _) = expected(program, &story);
        let found = difference(&wanted, &trace(program, &ours::play(program))).filter(|_| was_quick(program, &story));
        if let Some(found) = found
            && first.as_ref().is_none_or(|(before, _)| at < *before)
        {
            first = Some((at, found));
        }
    })?;
    Ok(first)
}

pub fn corpus(args: &Args) -> Result<bool, String> {
    let begun = Instant::now();
    let kept = corpus::read(&place("corpus"), "otp")?;
    let mut summary = summary_of("oracle corpus");
    for (at, Kept { program, expected }) in kept.iter().enumerate() {
        let story = ours::play(program);
        let trace = trace(program, &story);
        match difference(expected, &trace) {
            None => {
                cells::count(program, &story, &mut summary.hits);
                summary.same(program.steps.len(), trace, []);
            }
            Some(found) => {
                summary.differs(format!("program {at}"), told(program, &found));
            }
        }
    }
    println!("{:.1} s, without Erlang", begun.elapsed().as_secs_f64());
    summary.end(args.json.as_deref(), Cells::All)
}

pub fn show(args: &Args) -> Result<bool, String> {
    let program = generate(args.seed);
    println!("{program}");
    let ours = trace(&program, &ours::play(&program));
    let mut theirs = Vec::new();
    beam()?.play(&[&program], 1, None, |_, story| theirs = expected(&program, &story).0)?;
    Ok(show_both("OTP", &theirs, &ours))
}
