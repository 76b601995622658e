//! Plays one scene: each step, then a comparison of what happened with what must.
use crate::{case::Line, matrix::Chosen, steps::Doing, text::matches};

/// A step and the lines below it.
struct Step<'a> {
    number: usize,
    text: &'a str,
    /// No turn runs between this step and the one before it.
    at_once: bool,
    expect: Vec<&'a str>,
    any_order: bool,
}

/// How a step says that it comes before anything answers the one above it.
const AND: &str = "and ";
/// A line below a step: anything may happen here.
const REST: &str = "...";
/// A line below a step: nothing of it may look like this.
const NEVER: &str = "never ";
/// How the lines below a step say that only their number and text count.
const ANY_ORDER: &str = "in any order";

pub fn play(scene: &Chosen, clock: fn() -> f64) -> Result<(), String> {
    let steps = steps(&scene.lines)?;
    let mut doing = Doing::new(clock, scene.far.clone().unwrap_or_default(), scene.durable);
    for (at, step) in steps.iter().enumerate() {
        let before_next = steps.get(at + 1).is_some_and(|next| next.at_once);
        let told = |why: String| format!("line {}, {}: {why}", step.number, step.text);
        let happened = doing.step(step.text, &step.expect, before_next).map_err(told)?;
        if let Some(happened) = happened {
            compare(step, &happened, scene.durable).map_err(told)?;
        }
    }
    doing.close().map_err(|why| format!("at the end: {why}"))
}

fn steps(lines: &[Line]) -> Result<Vec<Step<'_>>, String> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in lines {
        if !line.indented {
            let at_once = line.text.starts_with(AND);
            let text = line.text.strip_prefix(AND).unwrap_or(&line.text);
            steps.push(Step { number: line.number, text, at_once, expect: Vec::new(), any_order: false });
            continue;
        }
        let step = steps.last_mut().ok_or_else(|| format!("line {}: below nothing", line.number))?;
        match line.text.as_str() {
            ANY_ORDER => step.any_order = true,
            text => step.expect.push(text),
        }
    }
    Ok(steps)
}

/// What durable actors say waits until their turn has landed; births and ends are seen at once. Each keeps its own order.
fn compare(step: &Step<'_>, happened: &[String], durable: bool) -> Result<(), String> {
    let told = || format!("expected {:?}, got {happened:?}", step.expect);
    for pattern in step.expect.iter().filter_map(|line| line.strip_prefix(NEVER)) {
        if happened.iter().any(|line| matches(pattern, line)) {
            return Err(told());
        }
    }
    let expect: Vec<&str> = step.expect.iter().copied().filter(|line| !line.starts_with(NEVER)).collect();
    let fits = match (step.any_order, durable) {
        (true, _) => is_permutation(&expect, happened),
        (false, false) => is_sequence(&expect, happened),
        (false, true) => [true, false].into_iter().all(|of_life| {
            let expect: Vec<&str> = expect.iter().copied().filter(|line| *line == REST || is_of_life(line) == of_life).collect();
            let happened: Vec<&String> = happened.iter().filter(|line| is_of_life(line) == of_life).collect();
            is_sequence(&expect, &happened)
        }),
    };
    if fits { Ok(()) } else { Err(told()) }
}

/// A birth or an end, with the ms before it if time has passed, or a `*` for them.
fn is_of_life(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '*').trim_start();
    line.starts_with("+ ") || line.starts_with("- ")
}

fn is_sequence<T: AsRef<str>>(expect: &[&str], happened: &[T]) -> bool {
    match (expect.split_first(), happened.split_first()) {
        (None, None) => true,
        (Some((&REST, later)), _) => (0..=happened.len()).any(|at| is_sequence(later, &happened[at..])),
        (Some((pattern, later)), Some((line, rest))) => matches(pattern, line.as_ref()) && is_sequence(later, rest),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// With `...` among them, whatever they leave over may be.
fn is_permutation(expect: &[&str], happened: &[String]) -> bool {
    let mut left: Vec<&String> = happened.iter().collect();
    let found = |pattern: &&str| left.iter().position(|line| matches(pattern, line)).map(|at| left.remove(at)).is_some();
    expect.iter().filter(|line| **line != REST).all(found) && (left.is_empty() || expect.contains(&REST))
}
