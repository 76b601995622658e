//! What turns of drawn guests come to here, told for engines that are not in this program: those of browsers.
use core::fmt::Write;

use peerd_guest::{Build, Limits, Rewritten, rewrite};

use crate::engine::{ENGINES, Guest, Outcome, Ran};
use crate::generated::{draw, message, state};

/// More than a drawn source can take, which ends itself.
const FUEL: i64 = 1 << 30;
/// Of the yielding build here: far from what a browser is given.
const SLICE: i32 = 61;
/// Limit: fuel of the start function.
const START_FUEL: u32 = 1_000_000;

pub struct Row {
    pub line: String,
    /// What the second engine here says instead.
    pub other: Option<String>,
}

/// A guest, and some turns of it, as one line of JSON: both builds, pages of memory, state and message (in hexadecimal), and for each turn
/// its fuel, what it came to, what it took and what it left.
///
/// None: these bytes are no guest, or one that does not begin.
///
/// # Errors
/// When the two builds don't agree.
pub fn row(name: &str, bytes: &[u8]) -> Result<Option<Row>, String> {
    let limits = Limits { start_fuel: START_FUEL, ..Limits::default() };
    let Some(class) = draw(bytes).and_then(|drawn| rewrite(&drawn.source, &limits).ok()) else { return Ok(None) };
    let mut other = None;
    let Some(whole) = agreed(&class, FUEL, &mut other)? else { return Ok(None) };
    let mut turns = vec![(FUEL, whole.clone())];
    // Its fuel ends in the middle.
    if whole.fuel > 1
        && let Some(half) = agreed(&class, whole.fuel / 2, &mut other)?
    {
        turns.push((whole.fuel / 2, half));
    }
    let turns: Vec<String> = turns.iter().map(|(fuel, ran)| turn(*fuel, ran)).collect();
    let pages = class.report.memory_bytes / peerd_guest::PAGE;
    let line = format!(
        "{{\"name\":\"{name}\",\"trap\":\"{}\",\"yielding\":\"{}\",\"pages\":{pages},\"image\":{},\"state\":\"{}\",\"message\":\"{}\",\"turns\":[{}]}}",
        hex(&class.trap),
        hex(&class.yielding),
        class.report.image_bytes,
        hex(&state()),
        hex(&message()),
        turns.join(",")
    );
    Ok(Some(Row { line, other }))
}

/// On wasmtime in both builds, which have to agree. What wasmi says instead goes to `other`: of two engines nobody knows which is wrong,
/// and browsers are asked, too.
fn agreed(class: &Rewritten, fuel: i64, other: &mut Option<String>) -> Result<Option<Ran>, String> {
    let play = |engine, build, slice| {
        let mut guest = Guest::begun(engine, class, build)?;
        Some(guest.turn(&state(), &message(), fuel, slice))
    };
    let [first, .., last] = ENGINES;
    let (Some(told), Some(sliced)) = (play(first, Build::Trap, i32::MAX), play(first, Build::Yielding, SLICE)) else { return Ok(None) };
    if told != sliced {
        return Err(format!("in slices {sliced:?} for {told:?}"));
    }
    match play(last, Build::Trap, i32::MAX) {
        Some(ran) if ran == told => {}
        ran => *other = Some(format!("{last:?} {ran:?} for {told:?}")),
    }
    Ok(Some(told))
}

fn turn(fuel: i64, ran: &Ran) -> String {
    let outcome = match &ran.outcome {
        Outcome::Returned(length) => format!("returned {length}"),
        Outcome::Exhausted => "exhausted".to_owned(),
        Outcome::Crashed(why) => format!("crashed {}", *why as i32),
    };
    let (state, outbox) = (hex(&ran.state), hex(&ran.outbox));
    format!("{{\"fuel\":{fuel},\"outcome\":\"{outcome}\",\"used\":{},\"state\":\"{state}\",\"outbox\":\"{outbox}\"}}", ran.fuel)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
