//! The table, for a terminal and for docs/benchmarks.md.
use std::fs;

use super::programs::{Floor, Program};
use super::scores::{Score, Scores, Verdict};
use crate::ground::{Done, Ground, Stop, answer};

const PAGE: &str = "docs/benchmarks.md";
/// What is between these is written by `--write`.
const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->";

/// Markdown whose columns also line up in a terminal.
pub fn table(scores: &Scores, programs: &[&Program]) -> String {
    let mut lines =
        vec![["program", "unit", "Chromium", "native", "BEAM", "ratio (best)", "floor", "", "ractor", "kameo", "actix"].map(str::to_owned)];
    for row in programs.iter().flat_map(|program| program.rows) {
        let told = |subject: &str| scores.of(row.name, subject).map_or_else(String::new, figure);
        let beam = scores.beam(row.name).map_or_else(String::new, |(subject, score)| format!("{} {}", figure(score), &subject[5..]));
        let ratio = scores.ratio(row.name, "peerd-chromium");
        let floor = match row.floor {
            Floor::Times(floor) => format!("{floor}x"),
            Floor::AtMost(most) => format!("<= {most}"),
            Floor::None => String::new(),
        };
        let verdict = match scores.judge(row) {
            Verdict::Met => "met",
            Verdict::Near => "near",
            Verdict::Missed(_) => "missed",
            Verdict::NotAsked => "",
        };
        lines.push([
            row.name.to_owned(),
            row.unit.to_owned(),
            told("peerd-chromium"),
            told("peerd-native"),
            beam,
            ratio.map_or_else(String::new, |ratio| format!("{:.1}x ({:.1}x)", ratio.median, ratio.best)),
            floor,
            verdict.to_owned(),
            told("ractor"),
            told("kameo"),
            told("actix"),
        ]);
    }
    aligned(&lines)
}

/// The first line is the head.
pub fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let wide = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let draw = |line: &[String; N]| {
        let cells: Vec<String> = line.iter().enumerate().map(|(at, cell)| format!("{cell:width$}", width = wide(at))).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule: Vec<String> = (0..N).map(|at| "-".repeat(wide(at).max(1))).collect();
    let mut drawn: Vec<String> = lines.iter().map(draw).collect();
    drawn.insert(1, format!("| {} |", rule.join(" | ")));
    drawn.join("\n")
}

/// The median, and in brackets the best.
pub fn figure(score: Score) -> String {
    let number = |value: f64| if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    format!("{} ({})", number(score.median), number(score.min))
}

pub fn conditions(ground: &Ground, rounds: usize, scale: f64) -> Vec<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = |line: &&str| line.starts_with("model name");
    let model = cpu.lines().find(named).and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown CPU").to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let rust = answer(ground.program("rustc").arg("--version")).unwrap_or_default();
    vec![
        format!("{cores} cores, {model}; {rounds} rounds, scale {scale}; a figure is the median and (the best)"),
        format!("{rust}, opt-level 3, lto fat; volatile actors, payload 8 B, a budget of 64 reductions a slice for all programs"),
    ]
}

pub fn write(ground: &Ground, table: &str, conditions: &[String]) -> Done {
    between(ground, BEGIN, END, table, conditions)
}

/// The table of `./x bench captp`.
pub fn write_captp(ground: &Ground, table: &str, conditions: &[String]) -> Done {
    between(ground, "<!-- captp: begin -->\n", "<!-- captp: end -->", table, conditions)
}

/// The table of `./x bench guests`.
pub fn write_guests(ground: &Ground, table: &str, conditions: &[String]) -> Done {
    between(ground, "<!-- guests: begin -->\n", "<!-- guests: end -->", table, conditions)
}

fn between(ground: &Ground, begin: &str, end: &str, table: &str, conditions: &[String]) -> Done {
    let path = ground.path(PAGE);
    let text = fs::read_to_string(&path)?;
    let parts = text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let Some((before, after)) = parts else { return Err(Stop::Failed(format!("{PAGE} has lost its marks"))) };
    let told: Vec<String> = conditions.iter().map(|line| format!("- {line}")).collect();
    fs::write(path, format!("{before}{begin}{table}\n\n{}\n{end}{after}", told.join("\n")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::programs::{EVERYBODY, PROGRAMS};

    #[test]
    fn the_page_has_a_place_for_the_table() {
        let text = fs::read_to_string(Ground::find().path(PAGE)).expect("the page is there");
        assert!(text.contains(BEGIN) && text.contains(END));
    }

    #[test]
    fn a_row_tells_the_ratio_of_medians_to_the_better_beam() {
        let mut scores = Scores::default();
        for (subject, value) in EVERYBODY.iter().zip([20.0, 25.0, 300.0, 200.0, 900.0, 800.0, 700.0]) {
            scores.add("ping-pong", subject, value);
        }
        let program = PROGRAMS.iter().find(|program| program.name == "ping-pong").expect("it is one of them");
        let table = table(&scores, &[program]);
        let last: Vec<&str> = table.lines().last().expect("it has a row").split('|').map(str::trim).collect();
        assert_eq!(last[3..9], ["25.0 (25.0)", "20.0 (20.0)", "200 (200) s2", "8.0x (8.0x)", "8x", "met"], "{table}");
    }
}
