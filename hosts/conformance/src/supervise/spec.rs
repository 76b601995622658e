//! Flags and child specs, as keys and values: what is wrong with them is the library's to say.
//!
//! ```text
//! supervisor sup one_for_one intensity=2 period=3600
//!   a plain restart=temporary shutdown=brutal_kill plan=p
//!   b =inner                              a supervisor of that text below it
//!   c plain minimal                       without the 1,000 ms that cases give otherwise
//!   c plain restart=-                     `-` is as if the key were not there
//!   - plain                               no id;  `d -`: no start;  `d start=12`: a wrong one
//!   ! word                                no spec at all
//! ```
use super::{Told, Tree};
use crate::{
    puppet,
    stage::Cast,
    text::{bare, split},
};
use peerd_otp::supervisor::{AutoShutdown, BadSpec, BadTree, Callback, ChildSpec, SupervisorSpec, keyed, keyed::Term};

/// Unless a case says otherwise (conformance 1). The period is in seconds, as in OTP.
const FLAGS: [(&str, i64); 2] = [("intensity", 2), ("period", 3_600)];
const SHUTDOWN_MS: i64 = 1_000;
const SIMPLE: &str = "simple_one_for_one";

/// The whole text of the supervisor of this name: flags and children, `|` between them, supervisors among them in braces.
pub fn text(name: &str, cast: &Cast) -> Told<String> {
    let lines = cast.supervisors.get(name).ok_or_else(|| format!("no supervisor is called {name:?}"))?;
    let (flags, children) = lines.split_first().ok_or("a supervisor without flags")?;
    let mut text = flags.clone();
    for line in children {
        text += " | ";
        text += &whole(line, cast)?;
    }
    Ok(text)
}

/// `b =inner` with the text of inner.
fn whole(line: &str, cast: &Cast) -> Told<String> {
    let words: Vec<String> = split(line, ' ')
        .into_iter()
        .map(|word| match word.strip_prefix('=') {
            Some(inner) if !inner.starts_with('{') => Ok(format!("={{{}}}", text(inner, cast)?)),
            _ => Ok(word.to_owned()),
        })
        .collect::<Told<_>>()?;
    Ok(words.join(" "))
}

pub fn tree(text: &str) -> Told<Result<SupervisorSpec, BadTree>> {
    let parts = split(text, '|');
    let (first, children) = parts.split_first().ok_or("a tree without flags")?;
    if let Some(raw) = first.strip_prefix("! ") {
        return Ok(keyed::supervisor(&value(raw), &Term::List(Vec::new())));
    }
    let mut flags: Vec<(String, Term)> = Vec::new();
    for word in split(first, ' ') {
        match word.split_once('=').unwrap_or(("strategy", word)) {
            (_, "-") => {}
            (key, word) => flags.push((key.into(), value(word))),
        }
    }
    for (key, number) in FLAGS {
        if !flags.iter().any(|(known, _)| known == key) {
            flags.push((key.into(), Term::Number(number)));
        }
    }
    let is_simple = first.contains(SIMPLE);
    let children = children.iter().map(|line| child(line, is_simple)).collect::<Told<_>>()?;
    Ok(keyed::supervisor(&Term::Map(flags), &Term::List(children)))
}

/// A spec for `start_child`, or what the library says of it. Whether its supervisor takes it is that one's own answer.
pub fn one(line: &str, cast: &Cast) -> Told<Result<ChildSpec, BadSpec>> {
    let term = child(&whole(line, cast)?, false)?;
    Ok(keyed::child(&term, AutoShutdown::AnySignificant))
}

/// `check never {a plain | b plain}`: what the library says of a list, under this auto_shutdown.
pub fn check(auto_shutdown: &str, list: &str, cast: &Cast) -> Told<String> {
    let auto_shutdown = match auto_shutdown {
        "any_significant" => AutoShutdown::AnySignificant,
        "all_significant" => AutoShutdown::AllSignificant,
        _ => AutoShutdown::Never,
    };
    let list = match list.strip_prefix("! ") {
        Some(raw) => value(raw),
        None => Term::List(split(bare(list), '|').into_iter().map(|line| child(&whole(line, cast)?, false)).collect::<Told<_>>()?),
    };
    Ok(keyed::check_specs(&list, auto_shutdown).map_or_else(|bad| format!("error({bad})"), |()| "ok".into()))
}

fn child(line: &str, is_simple: bool) -> Told<Term> {
    if let Some(raw) = line.strip_prefix("! ") {
        return Ok(value(raw));
    }
    let words = split(line, ' ');
    let (id, rest) = words.split_first().ok_or("a child without words")?;
    let (what, fields) = match rest.split_first() {
        Some((what, fields)) if what.starts_with('=') || !what.contains('=') => (*what, fields),
        _ => ("-", rest),
    };
    let mut pairs: Vec<(String, Term)> = Vec::new();
    let mut put = |key: &str, value: Term| {
        // The first one counts: what a case says comes before what it would be otherwise.
        if !pairs.iter().any(|(known, _)| known == key) {
            pairs.push((key.into(), value));
        }
    };
    if *id != "-" {
        put("id", value(id));
    }
    let mut plan = String::new();
    for field in fields {
        match field.split_once('=') {
            // Arguments that are large and say nothing.
            Some(("pad", count)) => plan += &" ".repeat(count.parse().unwrap_or(0)),
            Some(("plan", name)) => plan += &format!("; plan {name}"),
            Some((_, "-")) | None => {}
            Some((key, word)) => put(key, value(word)),
        }
    }
    if what != "-" {
        let (behaviour, args) = match what.strip_prefix('=') {
            Some(tree) => (Tree::NAME, bare(tree).to_owned()),
            None => (puppet::NAME, format!("fixture {what}{}{plan}", if is_simple { String::new() } else { format!("; name {id}") })),
        };
        put("start", Term::List(vec![Term::word(behaviour), Term::Bytes(args.into_bytes())]));
        match behaviour {
            Tree::NAME => put("type", Term::word("supervisor")),
            _ if !fields.contains(&"minimal") => put("shutdown", Term::Number(SHUTDOWN_MS)),
            _ => {}
        }
    }
    Ok(Term::Map(pairs))
}

/// `12`, `[a,b]`, or a word.
fn value(text: &str) -> Term {
    if let Ok(number) = text.parse() {
        return Term::Number(number);
    }
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(items) => Term::List(split(items, ',').into_iter().map(value).collect()),
        None => Term::word(text),
    }
}
