//! What a step does to the world.
//!
//! ```text
//! supervisor NAME FLAGS        and its children below it: for `supervise NAME` and for specs that say `=NAME`
//! plan NAME OUTCOME..          how the next starts with `plan=NAME` go: up ignore error(x) crash(x) hang stuck(ms)
//! tell NAME TEXT               a message from the host;  exit NAME REASON: a signal of the host
//! NAME: COMMAND; ..            one turn of that puppet; without a name it is the root's, `test`, and what starts somebody
//!                              is the root's of the vat where that one has its place
//! sleep MS                     time passes and nothing runs
//! advance MS                   what happens meanwhile begins with the ms that passed
//! dead, reports                dead letters by class, and reports, since the last such step
//! swapped                      how many actors are out of memory
//! config FIELD N               before all others: the vat's own bounds
//! seed N                       for what puppets draw
//! times N STEP                 `$n` counts from 1, `$m` from 0; alike happenings become one line, `10 x + c#`
//! split 1,3 2                  only the vats of one island reach each other, what was under way is lost;  heal: all do again
//! stall                        what is said between vats stays under way, until `flow`
//! hold                         what a durable vat writes stays under way, until `land`
//! fail                         what a durable vat had gathered could not be written: it is broken, until `cut`
//! waker                        the host of the durable vat can be started from now on, and is asked to be: `arm in MS`, `arm none`
//! arms hang, arms go           whoever starts it says nothing, or that it will;  arm ok, arm no: it says at last that it will, or won't
//! wake                         it was started, or reminded
//! cut                          the durable vat (`cut N`: one of several) is gone, with what had not landed; the next life of it goes on from its journal
//! mark NAME                    a place in the durable vat's journal;  restore ACTOR NAME: it becomes what it was there, `undo` takes
//!                              that back
//! slice TURNS                  only so many, for actors that never rest; where there are links, so many slices and arrivals
//! hosts N                      from here on the vats of the case are shards, and so many hosts run them: `shard 1 at host 2`
//! host N dies|leaves|sticks    without a seal, with one, or what it is to give up it never does;  host joins: one more
//! move VAT N                   somebody wants it to be at that host; a puppet says `relocate N` for its own
//! where NAME                   `= host 1` or `= not now`
//! post MS NAME TEXT            a message that waits so long on its way until somebody runs the shard of that actor: `= expired`;
//!                              recall: it is taken back, `= cancelled` or `= gone`
//! let X = bytes NAME           also `ms STEP`, `turns min|max|mean PREFIX`; then `require X < 50 Y`, `require X - Y < Z`
//! ```
use crate::{
    case::Places,
    puppet::DO,
    text::{matches, split},
    words::reason,
    world::{World, root},
};
use peerd_journal::Position;
use peerd_vat::{Config, Input, Refused};
use std::collections::BTreeMap;

pub struct Doing {
    world: World,
    clock: fn() -> f64,
    measures: BTreeMap<String, f64>,
    places: Places,
    durable: bool,
    marks: BTreeMap<String, Position>,
}

/// Verbs of a root whose first word is who it starts.
const STARTS: [&str; 10] = ["spawn", "start", "serve", "supervise", "directory", "namespace", "scope", "queue", "store", "keyed"];

impl Doing {
    pub fn new(clock: fn() -> f64, places: Places, durable: bool) -> Doing {
        let world = World::new(Config::default(), &places, durable);
        Doing { world, clock, measures: BTreeMap::new(), places, durable, marks: BTreeMap::new() }
    }

    /// What came of it; none for a step that only sets something up, or whose answer is awaited with the next.
    pub fn step(&mut self, text: &str, below: &[&str], before_next: bool) -> Result<Option<Vec<String>>, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let happened = match words.as_slice() {
            ["supervisor", name, flags @ ..] => {
                let lines = std::iter::once(flags.join(" ")).chain(below.iter().map(|line| (*line).into())).collect();
                self.world.stage.cast().supervisors.insert((*name).into(), lines);
                return Ok(None);
            }
            ["plan", name, ..] => {
                let outcomes = split(text, ' ').into_iter().skip(2).map(String::from);
                self.world.stage.cast().plan(name, outcomes);
                return Ok(None);
            }
            ["let", name, "=", "bytes", actor] => {
                let bytes = self.world.state_bytes(actor)? as f64;
                self.measures.insert((*name).into(), bytes);
                return Ok(None);
            }
            ["let", name, "=", "ms", ..] => {
                let begun = (self.clock)();
                let inner = text.split_once(" ms ").map_or("", |(_, inner)| inner);
                let happened = self.step(inner, &[], before_next)?;
                self.measures.insert((*name).into(), (self.clock)() - begun);
                return Ok(happened);
            }
            ["let", name, "=", "turns", which, prefix] => {
                let turns = self.world.turns(prefix);
                let value = match (*which, turns.iter().min(), turns.iter().max()) {
                    ("min", Some(min), _) => *min as f64,
                    ("max", _, Some(max)) => *max as f64,
                    ("mean", Some(_), _) => turns.iter().sum::<u64>() as f64 / turns.len() as f64,
                    _ => return Err(format!("turns min, max or mean of {prefix}1, {prefix}2 ..")),
                };
                self.measures.insert((*name).into(), value);
                return Ok(None);
            }
            ["require", ..] => return self.require(&words[1..]).map(|()| None),
            ["config", field, value] => {
                self.world = World::new(config(field, number(value)?)?, &self.places, self.durable);
                return Ok(None);
            }
            ["seed", seed] => {
                let seed = number(seed)?;
                self.world.net.seed(seed);
                for at in self.world.net.all() {
                    self.world.admit(at, Input::Entropy { seed }).map_err(|refused| format!("{refused:?}"))?;
                }
                return Ok(None);
            }
            ["hosts", count] => {
                self.world.found_fleet(number(count)? as usize);
                return Ok(None);
            }
            ["dead"] => self.world.dead(),
            ["swapped"] => vec![format!("= {}", self.world.net.vat(0).swapped_out())],
            ["reports"] => self.world.reports(),
            ["slice", turns] => {
                self.world.slice(number(turns)?);
                let now = self.world.net.now;
                self.world.happened(now)
            }
            ["sleep", ms] => {
                self.world.net.now = self.world.net.now.after(number(ms)?);
                return Ok(None);
            }
            ["advance", ms] => {
                let from = self.world.net.now;
                self.world.advance(number(ms)?);
                self.world.happened(from)
            }
            ["times", count, ..] => {
                let inner = text.splitn(3, ' ').nth(2).ok_or("times N STEP")?;
                let mut all = Vec::new();
                for n in 1..=number(count)? {
                    self.act(&inner.replace("$n", &n.to_string()).replace("$m", &(n - 1).to_string()))?;
                    if !before_next {
                        self.world.settle();
                        let now = self.world.net.now;
                        all.extend(self.world.happened(now));
                    }
                }
                if before_next {
                    return Ok(None);
                }
                summed(&all)
            }
            _ => {
                self.act(text)?;
                if before_next {
                    return Ok(None);
                }
                self.world.settle();
                let now = self.world.net.now;
                self.world.happened(now)
            }
        };
        self.world.sound()?;
        Ok(Some(happened))
    }

    /// One input of the host; or several, where the commands of a step are for the roots of several vats.
    fn act(&mut self, text: &str) -> Result<(), String> {
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        match (first, first.strip_suffix(':')) {
            ("tell", _) => {
                let (name, word) = rest.split_once(' ').ok_or("tell NAME TEXT")?;
                self.message(name, word.into())
            }
            ("exit", _) => {
                let (name, why) = rest.split_once(' ').ok_or("exit NAME REASON")?;
                let (at, to) = self.world.find(name)?;
                self.input(at, Input::Exit { to, reason: reason(why) })
            }
            ("split", _) => {
                let island = |word: &str| word.split(',').map(|vat| number(vat).map(|vat| vat as usize - 1)).collect();
                self.world.split(&rest.split(' ').map(island).collect::<Result<Vec<Vec<usize>>, String>>()?);
                Ok(())
            }
            ("heal", _) => {
                self.world.heal();
                Ok(())
            }
            ("stall" | "flow", _) => {
                self.world.net.is_stalled = first == "stall";
                Ok(())
            }
            ("host", _) => self.world.host(&rest.split(' ').collect::<Vec<_>>()),
            ("move", _) => {
                let (vat, host) = rest.split_once(' ').ok_or("move VAT HOST")?;
                self.world.wish(number(vat)? as usize, number(host)? as u32)
            }
            ("where", _) => self.world.whereabouts(rest),
            ("post", _) => match rest.splitn(3, ' ').collect::<Vec<_>>()[..] {
                [ms, name, text] => self.world.post(name, text, number(ms)?),
                _ => Err("post MS NAME TEXT".into()),
            },
            ("recall", _) => {
                self.world.take_back();
                Ok(())
            }
            ("hold" | "land", _) => {
                self.world.hold(first == "hold");
                Ok(())
            }
            ("waker", _) => {
                self.world.rely_on_wakes();
                Ok(())
            }
            ("arms", _) => {
                self.world.net.waker.as_mut().ok_or("without a waker")?.hang(rest == "hang");
                Ok(())
            }
            ("arm", _) => {
                self.world.answer_for_waker(rest == "ok");
                Ok(())
            }
            ("wake", _) => self.input(0, Input::Woken),
            ("fail", _) => {
                self.world.fail_disk();
                Ok(())
            }
            ("mark", _) => {
                let position = self.world.net.position().ok_or("a vat without a journal")?;
                self.marks.insert(rest.into(), position);
                Ok(())
            }
            ("restore", _) => {
                let (actor, name) = rest.split_once(' ').ok_or("restore ACTOR NAME")?;
                let to = *self.marks.get(name).ok_or_else(|| format!("nothing is marked {name}"))?;
                let undo = self.world.restore(actor, to)?;
                self.marks.insert("undo".into(), undo);
                Ok(())
            }
            ("cut", _) if self.durable => {
                self.world.cut(if rest.is_empty() { 0 } else { number(rest)? as usize - 1 });
                Ok(())
            }
            (_, Some(name)) => self.message(name, format!("{DO}{rest}")),
            (_, None) => self.roots(text),
        }
    }

    /// Commands in a row for one root are one turn of it.
    fn roots(&mut self, text: &str) -> Result<(), String> {
        let mut turns: Vec<(usize, String)> = Vec::new();
        for command in split(text, ';') {
            let at = match command.split_whitespace().collect::<Vec<_>>()[..] {
                [verb, name, ..] if STARTS.contains(&verb) => self.place(name),
                _ => 0,
            };
            match turns.last_mut().filter(|(last, _)| *last == at) {
                Some((_, script)) => *script = format!("{script}; {command}"),
                None => turns.push((at, command.into())),
            }
        }
        for (n, (at, script)) in turns.iter().enumerate() {
            if n > 0 {
                self.world.settle();
            }
            self.message(&root(*at), format!("{DO}{script}"))?;
        }
        Ok(())
    }

    fn place(&self, name: &str) -> usize {
        self.places.iter().find(|(pattern, _)| matches(pattern, name)).map_or(0, |(_, vat)| vat - 1)
    }

    fn message(&mut self, name: &str, body: String) -> Result<(), String> {
        let (at, to) = self.world.find(name)?;
        self.input(at, Input::Message { to, body: body.into_bytes(), refs: Vec::new() })
    }

    fn input(&mut self, at: usize, input: Input) -> Result<(), String> {
        match self.world.admit(at, input) {
            Ok(()) => Ok(()),
            Err(Refused::Full(_)) => Err("refused: the mailbox is full".into()),
            Err(refused) => Err(format!("refused: {refused:?}")),
        }
    }

    /// `require X < Y`; each side is `X`, `50 X` or `X - Y`.
    fn require(&self, words: &[&str]) -> Result<(), String> {
        let at = words.iter().position(|word| *word == "<").ok_or("require X < Y")?;
        let (left, right) = (self.value(&words[..at])?, self.value(&words[at + 1..])?);
        if left < right { Ok(()) } else { Err(format!("{left} is not less than {right}")) }
    }

    fn value(&self, words: &[&str]) -> Result<f64, String> {
        let measure = |name: &str| self.measures.get(name).copied().ok_or_else(|| format!("{name} was not measured"));
        match words {
            [name] => measure(name),
            [factor, name] => Ok(factor.parse::<f64>().map_err(|_| format!("{factor:?} is no number"))? * measure(name)?),
            [left, "-", right] => Ok(measure(left)? - measure(right)?),
            _ => Err("a measure, a multiple of one, or a difference of two".into()),
        }
    }

    pub fn close(&mut self) -> Result<(), String> {
        self.world.close()
    }
}

fn config(field: &str, value: u64) -> Result<Config, String> {
    let value = u32::try_from(value).map_err(|_| "too large")?;
    match field {
        "mailbox_entries_max" => Ok(Config { mailbox_entries_max: value, ..Config::default() }),
        "mailbox_bytes_max" => Ok(Config { mailbox_bytes_max: value, ..Config::default() }),
        "reductions_per_slice" => Ok(Config { reductions_per_slice: value, ..Config::default() }),
        _ => Err(format!("a vat has no {field}")),
    }
}

fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("{word:?} is no number"))
}

/// Alike lines as one, numbers at the end of their words left open, in the order of their first.
fn summed(lines: &[String]) -> Vec<String> {
    let mut sums: Vec<(String, u64)> = Vec::new();
    for line in lines {
        let alike: Vec<String> = line.split(' ').map(open).collect();
        let alike = alike.join(" ");
        match sums.iter_mut().find(|(known, _)| *known == alike) {
            Some(sum) => sum.1 += 1,
            None => sums.push((alike, 1)),
        }
    }
    sums.into_iter().map(|(alike, count)| format!("{count} x {alike}")).collect()
}

/// `c12)` is `c#)`.
fn open(word: &str) -> String {
    let end = word.trim_end_matches(')');
    let stem = end.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem == end { word.into() } else { format!("{stem}#{}", &word[end.len()..]) }
}
