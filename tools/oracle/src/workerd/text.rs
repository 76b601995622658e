//! The text form of programs, which both sides read: objects, then handlers, then steps, a line each.
//!
//! ```text
//! a 1,2                                         its alarm plays handler 1, then 2, then nothing
//! b -
//! 0 put k/1 x; get+c k/1 | commit: list prefix=k/ limit=2 reverse; set far3 | out 7; tell b 3 ! abort
//! > a 0
//! > restart
//! > wait
//! ```
//! Segments stand between bars, a transaction behind its fate. An empty key is `~`, a value `*N` has N bytes.
use super::program::{Act, End, Fate, Handler, Kind, Manner, Object, Op, Program, Range, Segment, Step, When};
use crate::corpus::Readable;
use std::fmt;

const KINDS: [(Kind, &str); 6] = [
    (Kind::Plain, ""),
    (Kind::Transaction(Fate::Commit), "commit: "),
    (Kind::Transaction(Fate::Throw), "throw: "),
    (Kind::Transaction(Fate::Rollback), "rollback: "),
    (Kind::Synchronous(Fate::Commit), "sync-commit: "),
    (Kind::Synchronous(Fate::Throw), "sync-throw: "),
];
const ENDS: [(End, &str); 3] = [(End::Answer, ""), (End::Throw, " ! throw"), (End::Abort, " ! abort")];
const MANNERS: [(Manner, &str); 5] =
    [(Manner::Plain, ""), (Manner::Awaited, "+a"), (Manner::Unconfirmed, "+u"), (Manner::NoCache, "+n"), (Manner::Concurrent, "+c")];

fn word<T: PartialEq>(words: &[(T, &'static str)], of: &T) -> &'static str {
    words.iter().find(|(one, _)| one == of).expect("every value has a word").1
}

/// The value whose word `text` begins or ends with, and the rest. The empty word stands first.
fn begins<'a, T: Copy>(words: &[(T, &'static str)], text: &'a str) -> (T, &'a str) {
    let found = words.iter().skip(1).find_map(|(one, word)| Some((*one, text.strip_prefix(word)?)));
    found.unwrap_or((words[0].0, text))
}

fn ends<'a, T: Copy>(words: &[(T, &'static str)], text: &'a str) -> (T, &'a str) {
    let found = words.iter().skip(1).find_map(|(one, word)| Some((*one, text.strip_suffix(word)?)));
    found.unwrap_or((words[0].0, text))
}

fn key(key: &str) -> &str {
    if key.is_empty() { "~" } else { key }
}

fn of_key(word: &str) -> String {
    if word == "~" { String::new() } else { word.to_owned() }
}

fn keys(keys: &[String]) -> String {
    keys.iter().map(|one| key(one)).collect::<Vec<_>>().join(",")
}

fn of_keys(word: &str) -> Vec<String> {
    word.split(',').map(of_key).collect()
}

impl fmt::Display for Program {
    /// Lines, the last one without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handlers = self.handlers.iter().enumerate().map(|(at, handler)| format!("{at} {handler}"));
        let objects = self.objects.iter().map(|object| {
            let alarm: Vec<String> = object.alarm.iter().map(ToString::to_string).collect();
            format!("{} {}", object.name, if alarm.is_empty() { "-".into() } else { alarm.join(",") })
        });
        let lines: Vec<String> = objects.chain(handlers).chain(self.steps.iter().map(ToString::to_string)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Call(object, handler) => write!(f, "> {object} {handler}"),
            Step::Restart => f.write_str("> restart"),
            Step::Wait => f.write_str("> wait"),
        }
    }
}

impl fmt::Display for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segment = |segment: &Segment| {
            let ops: Vec<String> = segment.ops.iter().map(ToString::to_string).collect();
            format!("{}{}", word(&KINDS, &segment.kind), ops.join("; "))
        };
        let segments: Vec<String> = self.segments.iter().map(segment).collect();
        write!(f, "{}{}", segments.join(" | "), word(&ENDS, &self.end))
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = word(&MANNERS, &self.manner);
        match &self.act {
            Act::Get(one) => write!(f, "get{how} {}", key(one)),
            Act::GetMany(many) => write!(f, "gets{how} {}", keys(many)),
            Act::Put(one, value) => write!(f, "put{how} {} {value}", key(one)),
            Act::PutMany(many) => {
                let many: Vec<String> = many.iter().map(|(one, value)| format!("{}={value}", key(one))).collect();
                write!(f, "puts{how} {}", many.join(","))
            }
            Act::Delete(one) => write!(f, "delete{how} {}", key(one)),
            Act::DeleteMany(many) => write!(f, "deletes{how} {}", keys(many)),
            Act::List(range) => write!(f, "list{how}{range}"),
            Act::DeleteAll => write!(f, "clear{how}"),
            Act::SetAlarm(when) => write!(f, "set{how} {when}"),
            Act::GetAlarm => write!(f, "alarm{how}"),
            Act::DeleteAlarm => write!(f, "unset{how}"),
            Act::Out(number) => write!(f, "out {number}"),
            Act::Tell(object, handler) => write!(f, "tell {object} {handler}"),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Past => f.write_str("past"),
            When::Now => f.write_str("now"),
            When::Soon => f.write_str("soon"),
            When::Far(hours) => write!(f, "far{hours}"),
        }
    }
}

impl fmt::Display for Range {
    /// Each of its words behind a space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (word, bound) in [("start", &self.start), ("after", &self.after), ("end", &self.end), ("prefix", &self.prefix)] {
            if let Some(bound) = bound {
                write!(f, " {word}={}", key(bound))?;
            }
        }
        if let Some(limit) = self.limit {
            write!(f, " limit={limit}")?;
        }
        f.write_str(if self.reverse { " reverse" } else { "" })
    }
}

impl Readable for Program {
    fn read(text: &str) -> Result<Program, String> {
        let mut program = Program { objects: Vec::new(), handlers: Vec::new(), steps: Vec::new() };
        for line in text.lines() {
            program.take(line).ok_or_else(|| line.to_owned())?;
        }
        Ok(program)
    }
}

impl Program {
    fn take(&mut self, line: &str) -> Option<()> {
        let (first, rest) = line.split_once(' ')?;
        if first == ">" {
            self.steps.push(read_step(rest)?);
        } else if let Ok(at) = first.parse::<usize>() {
            self.handlers.push(read_handler(rest).filter(|_| at == self.handlers.len())?);
        } else {
            let alarm = rest.split(',').filter(|word| *word != "-").map(|word| word.parse().ok()).collect::<Option<_>>()?;
            self.objects.push(Object { name: one_letter(first)?, alarm });
        }
        Some(())
    }
}

fn one_letter(word: &str) -> Option<char> {
    word.parse().ok()
}

fn read_step(words: &str) -> Option<Step> {
    match words {
        "restart" => Some(Step::Restart),
        "wait" => Some(Step::Wait),
        call => call.split_once(' ').and_then(|(object, handler)| Some(Step::Call(one_letter(object)?, handler.parse().ok()?))),
    }
}

fn read_handler(text: &str) -> Option<Handler> {
    let (end, text) = ends(&ENDS, text);
    let segment = |text: &str| {
        let (kind, ops) = begins(&KINDS, text);
        Some(Segment { kind, ops: ops.split("; ").map(read_op).collect::<Option<_>>()? })
    };
    Some(Handler { segments: text.split(" | ").map(segment).collect::<Option<_>>()?, end })
}

fn read_op(text: &str) -> Option<Op> {
    let words: Vec<&str> = text.split(' ').collect();
    let (manner, verb) = ends(&MANNERS, words[0]);
    let act = match (verb, &words[1..]) {
        ("get", [one]) => Act::Get(of_key(one)),
        ("gets", [many]) => Act::GetMany(of_keys(many)),
        ("put", [one, value]) => Act::Put(of_key(one), (*value).to_owned()),
        ("puts", [many]) => {
            let entry = |word: &str| word.split_once('=').map(|(one, value)| (of_key(one), value.to_owned()));
            Act::PutMany(many.split(',').map(entry).collect::<Option<_>>()?)
        }
        ("delete", [one]) => Act::Delete(of_key(one)),
        ("deletes", [many]) => Act::DeleteMany(of_keys(many)),
        ("list", range) => Act::List(read_range(range)?),
        ("clear", []) => Act::DeleteAll,
        ("set", [when]) => Act::SetAlarm(read_when(when)?),
        ("alarm", []) => Act::GetAlarm,
        ("unset", []) => Act::DeleteAlarm,
        ("out", [number]) => Act::Out(number.parse().ok()?),
        ("tell", [object, handler]) => Act::Tell(one_letter(object)?, handler.parse().ok()?),
        _ => return None,
    };
    Some(Op { act, manner })
}

fn read_when(word: &str) -> Option<When> {
    match word {
        "past" => Some(When::Past),
        "now" => Some(When::Now),
        "soon" => Some(When::Soon),
        far => far.strip_prefix("far")?.parse().ok().map(When::Far),
    }
}

fn read_range(words: &[&str]) -> Option<Range> {
    let mut range = Range::default();
    for word in words {
        match word.split_once('=') {
            Some(("start", bound)) => range.start = Some(of_key(bound)),
            Some(("after", bound)) => range.after = Some(of_key(bound)),
            Some(("end", bound)) => range.end = Some(of_key(bound)),
            Some(("prefix", bound)) => range.prefix = Some(of_key(bound)),
            Some(("limit", limit)) => range.limit = Some(limit.parse().ok()?),
            None if *word == "reverse" => range.reverse = true,
            _ => return None,
        }
    }
    Some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_reads_back_as_it_was_written() {
        let text = "\
a 1,2
b -
0 put k/1 x; get+c k/1 | commit: list after=a end=z limit=2 reverse; set far3 | puts ~=1,é=*9; out 7; tell b 1 ! abort
1 list; clear; alarm; unset+u
2 sync-throw: delete ~; deletes a,b; gets a,~ ! throw
> a 0
> restart
> wait";
        assert_eq!(Program::read(text).map(|program| program.to_string()), Ok(text.to_owned()));
        assert_eq!(Program::read("0 put k"), Err("0 put k".into()));
    }
}
