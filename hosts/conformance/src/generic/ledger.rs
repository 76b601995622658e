//! An event-sourced actor whose commands are scripts: its state is the list of the words that were persisted.
use crate::{
    puppet::{DO, SCRIPT},
    stage::Stage,
    text::{bare, split, term},
};
use peerd_otp::event_sourced::{EventSourced, Fold, Snapshots, Sourced};
use peerd_vat::{Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize, Serializer, ser};

/// `ledger`, or `pruned`: a snapshot with every second event, of which two are kept and no events before them.
pub struct Ledger<const PRUNED: bool>;

#[derive(Default, Serialize, Deserialize)]
pub struct Words<const PRUNED: bool>(Vec<String>);

#[derive(Deserialize)]
pub struct Word(String);

/// One that can't be written.
const UNENCODABLE: &str = "unencodable";
/// One that no state accepts.
const UNACCEPTED: &str = "unaccepted";
/// One that is accepted as the plan of that name says.
const FRAGILE: &str = "fragile";

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0 == UNENCODABLE { Err(ser::Error::custom("unencodable")) } else { self.0.serialize(to) }
    }
}

impl<const PRUNED: bool> Fold for Words<PRUNED> {
    type Event = Word;
    const SNAPSHOTS: Snapshots = if PRUNED { Snapshots::every(2).keep(2).deleting_events() } else { Snapshots::NEVER };

    fn apply(&mut self, Word(word): Word) -> Result<(), Crash> {
        let outcome = if word == FRAGILE { Stage::current().cast().next(FRAGILE) } else { "up".into() };
        match term(&outcome) {
            ("up", _) if word != UNACCEPTED => self.0.push(word),
            ("error", why) => return Err(Crash::new("crash", why)),
            _ => return Err(Crash::new("crash", UNACCEPTED)),
        }
        Ok(())
    }
}

impl<const PRUNED: bool> EventSourced for Ledger<PRUNED> {
    const NAME: &'static str = if PRUNED { "pruned" } else { "ledger" };
    type State = Words<PRUNED>;

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Words<PRUNED>, Crash> {
        Ok(Words::default())
    }

    fn handle(words: &mut Sourced<Words<PRUNED>>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        let text = String::from_utf8_lossy(body);
        let Some(script) = text.strip_prefix(DO) else {
            Stage::current().say(&format!("got {text}"), cx);
            return Ok(());
        };
        for command in split(script, ';') {
            if let Some(said) = obey(words, &split(command, ' '), cx)? {
                Stage::current().say(&said, cx);
            }
        }
        Ok(())
    }

    fn recovered(words: &mut Sourced<Words<PRUNED>>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        Stage::current().say(&format!("recovered {}", words.highest()), cx);
        Ok(())
    }
}

/// `persist WORD`, `fill BYTES`, `times N WORD`, `state`, `events [from=N] [to=N] [limit=N]`, `forget N`, `snapshot`,
/// `newest [to=N] [until=MS]`, `drop [from=N] [to=N] [until=MS]`, `say`, `send`, `defer`, `tag`, `crash`. Returns what it says.
fn obey<const P: bool>(state: &mut Sourced<Words<P>>, command: &[&str], cx: &mut Cx<'_>) -> Result<Option<String>, Crash> {
    let how = |key: &str, default| match command.iter().find_map(|word| word.strip_prefix(key)) {
        Some(number) => number.parse().map_err(|_| Crash::new(SCRIPT, format!("{key}NUMBER"))),
        None => Ok(default),
    };
    let number = |word: &str| word.parse::<u64>().map_err(|_| Crash::new(SCRIPT, format!("{word:?} is no number")));
    Ok(match command {
        ["persist", word] => rejected(state.persist(Word(bare(word).into()), cx)),
        ["fill", bytes] => rejected(state.persist(Word("x".repeat(number(bytes)? as usize)), cx)),
        ["times", count, word] => (0..number(count)?).find_map(|_| rejected(state.persist(Word((*word).into()), cx))),
        ["state"] => Some(if state.0.len() > 20 { format!("{} words", state.0.len()) } else { format!("[{}]", state.0.join(" ")) }),
        ["events", ..] => {
            let found = state.events(how("from=", 0)?..=how("to=", u64::MAX)?, cx).take(how("limit=", u64::MAX)? as usize);
            let found = found.map(|event| event.map(|(number, Word(word))| format!("{number}={word} "))).collect::<Result<String, _>>()?;
            Some(format!("{}highest {}", if found.is_empty() { "none ".into() } else { found }, state.highest()))
        }
        ["forget", to] => state.delete_events(number(to)?, cx).err().map(|why| format!("not deleted {}", why.message)),
        ["snapshot"] => state.snapshot(cx).err().map(|why| format!("not taken {}", why.message)),
        ["newest", ..] => {
            let (to, until) = (how("to=", u64::MAX)?, how("until=", u64::MAX)?);
            let newest = state.snapshots(cx).into_iter().rfind(|one| one.number <= to && one.taken.0 <= until);
            let Some(newest) = newest else { return Ok(Some("none".into())) };
            let written = state.state_at(newest.number, cx)?.map_or(0, |words| words.0.len());
            Some(format!("snapshot {} of {written}", newest.number))
        }
        ["drop", ..] => {
            let (from, to, until) = (how("from=", 0)?, how("to=", u64::MAX)?, how("until=", u64::MAX)?);
            state.delete_snapshots(|one| (from..=to).contains(&one.number) && one.taken.0 <= until, cx);
            None
        }
        ["say", words] => Some(bare(words).into()),
        ["send", to, word] => {
            let to = Stage::current().cast().find(to).ok_or_else(|| Crash::new(SCRIPT, format!("nobody is called {to:?}")))?;
            cx.send(to, bare(word).as_bytes());
            None
        }
        // `needs 1 {..}`: deferred until the tag is 1.
        ["needs", tag, _] if u64::from(cx.tag()) != number(tag)? => {
            cx.defer();
            None
        }
        ["needs", _, command] => return obey(state, &split(bare(command), ' '), cx),
        ["tag", tag] => {
            cx.become_tag(number(tag)? as u32);
            None
        }
        ["crash", why] => return Err(Crash::new("crash", bare(why))),
        _ => return Err(Crash::new(SCRIPT, format!("a ledger knows no {command:?}"))),
    })
}

fn rejected(persisted: Result<u64, Crash>) -> Option<String> {
    persisted.err().map(|why| format!("rejected {}: {}", why.kind, why.message))
}
