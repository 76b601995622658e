//! A handler of keyed calls that does as its request says: commands until one that waits, and the rest when that is over.
use crate::{
    puppet::SCRIPT,
    stage::Stage,
    text::{bare, split, term},
};
use peerd_otp::keyed::{Access, Hand, Handler, Heard, Order, Outcome, Step, Told};
use peerd_vat::{CALL_MS, Crash, Ref};
use serde::{Deserialize, Serialize};

/// What is kept: words, in the order in which they came.
#[derive(Default, Serialize, Deserialize)]
pub struct Shelf(Vec<String>);

/// A request that begins so is shared.
const SHARED: &str = "shared;";

#[derive(Serialize, Deserialize)]
pub struct Rest {
    script: String,
    /// What it does when it is cancelled.
    clean: String,
}

impl Handler for Shelf {
    const NAME: &'static str = "shelf";
    type Run = Rest;

    fn access(request: &[u8], _: &[Ref]) -> Access {
        if request.starts_with(SHARED.as_bytes()) { Access::Shared } else { Access::Exclusive }
    }

    fn begin(&mut self, request: &[u8], _: &[Ref], hand: &mut Hand<'_, '_>) -> Result<Step<Rest>, Crash> {
        let script = String::from_utf8_lossy(request).into_owned();
        self.obey(Rest { script, clean: "fail cancelled".into() }, hand)
    }

    fn heard(&mut self, run: Rest, heard: Heard<'_>, hand: &mut Hand<'_, '_>) -> Result<Step<Rest>, Crash> {
        Stage::current().say(&format!("heard {}", told(&heard.told)), hand.kernel());
        self.obey(run, hand)
    }

    fn cancelled(&mut self, run: Rest, hand: &mut Hand<'_, '_>) -> Result<Step<Rest>, Crash> {
        self.obey(Rest { script: run.clean, clean: String::new() }, hand)
    }
}

impl Shelf {
    fn obey(&mut self, run: Rest, hand: &mut Hand<'_, '_>) -> Result<Step<Rest>, Crash> {
        let Rest { script, mut clean } = run;
        let script = script.strip_prefix(SHARED).unwrap_or(&script);
        let commands = split(script, ';');
        for (at, command) in commands.iter().enumerate() {
            let words = split(command, ' ');
            let wrong = || Crash::new(SCRIPT, format!("a shelf knows no {command:?}"));
            match words[..] {
                ["keep", word] => self.0.push(word.into()),
                ["say", text] => Stage::current().say(bare(text), hand.kernel()),
                ["kept"] => Stage::current().say(&self.shown(), hand.kernel()),
                ["clean", script] => clean = bare(script).into(),
                ["sleep", ms] => drop(hand.sleep(ms.parse().map_err(|_| wrong())?)),
                ["ask", who, word] => {
                    let who = Stage::current().cast().find(who).ok_or_else(wrong)?;
                    hand.ask(who, word.as_bytes(), &[], CALL_MS);
                }
                ["call", front, key, script] => {
                    let front = Stage::current().cast().find(front).ok_or_else(wrong)?;
                    let request = bare(script).as_bytes();
                    hand.call(front, key, Order::new(Shelf::access(request, &[]), request), &[]);
                }
                ["wait"] => {
                    let rest = commands[at + 1..].join(";");
                    return Ok(Step::Wait(Rest { script: rest, clean }));
                }
                ["done", "kept"] => return Ok(Step::Done(self.shown().into_bytes())),
                ["done", word] => return Ok(Step::Done(bare(word).as_bytes().into())),
                ["fail", word] => return Ok(Step::Failed(bare(word).into())),
                // As the plan of that name says.
                ["fragile", plan] => {
                    let outcome = Stage::current().cast().next(plan);
                    if let ("error", why) = term(&outcome) {
                        return Err(Crash::new("crash", why));
                    }
                }
                [] => {}
                _ => return Err(wrong()),
            }
        }
        Ok(Step::Done(Vec::new()))
    }

    fn shown(&self) -> String {
        format!("[{}]", self.0.join(" "))
    }
}

fn told(told: &Told) -> String {
    match told {
        Told::Time => "the time".into(),
        Told::Ended(outcome) => ended(outcome),
        Told::Refused(why) => format!("refused {why:?}"),
        Told::Answer(body) => format!("answer {}", String::from_utf8_lossy(body)),
        Told::Failed(settle) => crate::words::settled(settle),
    }
}

pub fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(answer) => format!("done {}", String::from_utf8_lossy(answer)).trim_end().into(),
        Outcome::Failed(why) => format!("failed {why}"),
        Outcome::Cancelled => "cancelled".into(),
        Outcome::Killed => "killed".into(),
        Outcome::Crashed(why) => format!("crashed {why}"),
        Outcome::Lost => "lost".into(),
    }
}
