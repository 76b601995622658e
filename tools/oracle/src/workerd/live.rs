//! The commands: fresh programs on both sides, the kept ones on ours, one of them in full.
use super::{
    cells,
    certain::is_certain,
    compare::{Difference, Divergence, difference},
    generate::generate,
    ours::{self, Played},
    program::Program,
    shrink::candidates,
    story::Story,
    theirs::Workerd,
};
use crate::{
    args::Args,
    corpus::{self, Kept},
    shrink::shrink,
    summary::{Cells, Summary, show_both},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Programs of the corpus.
const KEPT: usize = 1_000;
/// How often a program is played again, among few, before a difference is believed: this machine may have been busy.
const TRIES: usize = 3;
/// Programs drawn and played together.
const BATCH: u64 = 1_000;
/// Fewer programs than this can't be asked to meet every cell.
const RUNS_FOR_ALL_CELLS: u64 = 2_000;
/// Differences that are shrunk and shown; more are the same bug.
const SHOWN_MAX: usize = 6;

fn place(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

fn server(args: &Args) -> Result<Workerd, String> {
    let binary = args.workerd.as_deref().ok_or("where is workerd? --workerd PATH, or run ./x oracle workerd, which installs it")?;
    Workerd::start(binary, &place("workerd"), args.at_once)
}

fn summary_of(check: &'static str) -> Summary<Program> {
    Summary::new(check, cells::empty(), &Divergence::ALL.map(Divergence::told))
}

/// A program of a seed, and what this core tells of it.
struct Drawn {
    seed: u64,
    program: Program,
    ours: Played,
    /// When it was played last, this machine was too slow for workerd's clock: nothing was compared.
    is_late: bool,
}

pub fn workerd(args: &Args) -> Result<bool, String> {
    let begun = Instant::now();
    let until = args.seconds.map(|seconds| begun + Duration::from_secs(seconds));
    let mut server = server(args)?;
    println!("{}, {} programs at once", server.version(), args.at_once);
    let mut summary = summary_of("oracle workerd");
    let mut doubtful: Vec<Drawn> = Vec::new();
    let (mut drawn, mut open) = (0, 0);
    while drawn < args.runs && until.is_none_or(|until| Instant::now() < until) {
        let seeds: Vec<u64> = (drawn..args.runs.min(drawn + BATCH)).map(|run| args.seed.wrapping_add(run)).collect();
        drawn += seeds.len() as u64;
        let draw = |seed: &u64| {
            let program = generate(*seed);
            ours::play(&program).map(|ours| Drawn { seed: *seed, program, ours, is_late: false })
        };
        let certain: Vec<Drawn> = seeds.iter().filter_map(draw).collect();
        open += seeds.len() - certain.len();
        doubtful.extend(judge_all(certain, &mut server, until, args.keep, &mut summary)?);
    }
    let again = doubtful.len();
    for _ in 0..TRIES {
        doubtful = judge_all(doubtful, &mut server, None, args.keep, &mut summary)?;
    }
    let late = doubtful.extract_if(.., |one| one.is_late).count();
    for Drawn { seed, program, .. } in doubtful {
        let why = if summary.shown() < SHOWN_MAX { smallest(&program, &mut server)? } else { "not shrunk: enough of them are".into() };
        summary.differs(format!("seed {seed}"), why);
    }
    if args.keep {
        corpus::write(&place("corpus"), "workerd", &summary.kept(KEPT))?;
    }
    println!(
        "{open} left out, {again} played again, {late} of them given up because the machine was too slow; {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    let cells = if args.runs >= RUNS_FOR_ALL_CELLS { Cells::All } else { Cells::Some };
    summary.end(args.json.as_deref(), cells)
}

/// Those that differ, or the machine was too slow for workerd's clock.
fn judge_all(
    mut drawn: Vec<Drawn>,
    server: &mut Workerd,
    until: Option<Instant>,
    keep: bool,
    summary: &mut Summary<Program>,
) -> Result<Vec<Drawn>, String> {
    let all: Vec<&Program> = drawn.iter().map(|one| &one.program).collect();
    let mut doubtful = BTreeMap::new();
    server.play(&all, until, |at, theirs| {
        if !judge(&drawn[at], &theirs, keep, summary) {
            doubtful.insert(at, theirs.is_late);
        }
    })?;
    for (at, is_late) in &doubtful {
        drawn[*at].is_late = *is_late;
    }
    Ok(drawn.into_iter().enumerate().filter(|(at, _)| doubtful.contains_key(at)).map(|(_, one)| one).collect())
}

fn judge(Drawn { program, ours, .. }: &Drawn, theirs: &Story, keep: bool, summary: &mut Summary<Program>) -> bool {
    let wanted = theirs.trace();
    if theirs.is_late || difference(&wanted, &ours.story.trace()).is_some() {
        return false;
    }
    let before = summary.cells_met();
    ours.met.count(&mut summary.hits);
    let new = summary.same(program.steps.len(), wanted.clone(), ours.used.iter().map(|used| used.told()));
    if keep && new {
        summary.keep(Kept { program: program.clone(), expected: wanted }, summary.cells_met() > before);
    }
    true
}

/// Made as small as it can be while it still differs, and where it does.
fn smallest(program: &Program, server: &mut Workerd) -> Result<String, String> {
    let smallest = shrink(program, candidates, |candidates| -> Result<_, String> {
        let whole: Vec<&Program> = candidates.iter().filter(|candidate| is_certain(candidate)).collect();
        Ok(differing(&whole, server)?.map(|(at, _)| whole[at].clone()))
    })?;
    Ok(match differing(&[&smallest], server)? {
        Some((_, found)) => told(&smallest, &found),
        None => format!("{program}\nonly sometimes"),
    })
}

fn told(program: &Program, found: &Difference) -> String {
    format!("{program}\nstep {}\n  workerd {}\n  ours    {}", found.step, found.theirs, found.ours)
}

/// The first one that differs.
fn differing(programs: &[&Program], server: &mut Workerd) -> Result<Option<(usize, Difference)>, String> {
    let mut first: Option<(usize, Difference)> = None;
    server.play(programs, None, |at, theirs| {
        let ours = ours::play(programs[at]).filter(|_| !theirs.is_late);
        if let Some(found) = ours.and_then(|played| difference(&theirs.trace(), &played.story.trace()))
            && first.as_ref().is_none_or(|(before, _)| at < *before)
        {
            first = Some((at, found));
        }
    })?;
    Ok(first)
}

pub fn corpus(args: &Args) -> Result<bool, String> {
    let begun = Instant::now();
    let kept = corpus::read::<Program>(&place("corpus"), "workerd")?;
    let mut summary = summary_of("oracle corpus of workerd");
    for (at, Kept { program, expected }) in kept.iter().enumerate() {
        let Some(Played { story, met, .. }) = ours::play(program) else {
            summary.differs(format!("program {at}"), format!("{program}\nis not certain any more"));
            continue;
        };
        let trace = story.trace();
        match difference(expected, &trace) {
            None => {
                met.count(&mut summary.hits);
                summary.same(program.steps.len(), trace, []);
            }
            Some(found) => summary.differs(format!("program {at}"), told(program, &found)),
        }
    }
    println!("{:.1} s, without workerd", begun.elapsed().as_secs_f64());
    summary.end(args.json.as_deref(), Cells::All)
}

pub fn show(args: &Args) -> Result<bool, String> {
    let program = generate(args.seed);
    println!("{program}");
    let ours = ours::play(&program).map(|played| played.story.trace()).ok_or("this program is left to chance")?;
    let mut theirs = Vec::new();
    server(args)?.play(&[&program], None, |_, story| theirs = story.trace())?;
    Ok(show_both("workerd", &theirs, &ours))
}
