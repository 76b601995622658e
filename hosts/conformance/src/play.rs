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
/// How the lines below a step say that only their number and text count.
const ANY_ORDER: &str = "in any order";

pub fn play(scene: &Chosen, clock: fn() -> f64) -> Result<(), String> {
    let steps = steps(&scene.lines)?;
    let mut doing = Doing::new(clock);
    for (at, step) in steps.iter().enumerate() {
        let before_next = steps.get(at + 1).is_some_and(|next| next.at_once);
        let told = |why: String| format!("line {}, {}: {why}", step.number, step.text);
        let happened = doing.step(step.text, &step.expect, before_next).map_err(told)?;
        if let Some(happened) = happened {
            compare(step, &happened).map_err(told)?;
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

fn compare(step: &Step<'_>, happened: &[String]) -> Result<(), String> {
    let fits = if step.any_order {
        let mut left: Vec<&String> = happened.iter().collect();
        let found = |pattern: &&str| left.iter().position(|line| matches(pattern, line)).map(|at| left.remove(at)).is_some();
        step.expect.iter().all(found) && happened.len() == step.expect.len()
    } else {
        happened.len() == step.expect.len() && step.expect.iter().zip(happened).all(|(pattern, line)| matches(pattern, line))
    };
    if fits { Ok(()) } else { Err(format!("expected {:?}, got {happened:?}", step.expect)) }
}
