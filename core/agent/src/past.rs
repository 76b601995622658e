//! The past of what is kept, as its owner reads it: shelves turn by turn, each with what was written there.
use crate::{
    actors::shelf,
    run::{CHAT, ITEM, is_under_way},
    view::Item,
};
use alloc::{
    collections::{BTreeMap, VecDeque},
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::deeds::{Told, What};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Somebody whose past is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeps {
    /// As the journal calls it.
    pub actor: String,
    pub name: String,
    pub turns: u64,
    /// When the newest was, in milliseconds since 1970.
    pub at: u64,
}

/// One actor's past.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// Turns before these, that are kept and not shown.
    pub older: u64,
    /// What was there before the first turn.
    pub base: BTreeMap<String, String>,
    /// Oldest first.
    pub turns: VecDeque<Turn>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// A bookmark, to go back to.
    pub place: String,
    pub at: u64,
    /// In a few words.
    pub line: String,
    /// What was handled, readable.
    pub message: Option<String>,
    /// Texts by key that are new since the turn before; none: taken out.
    pub changed: Vec<(String, Option<String>)>,
    /// Its state besides these, readable.
    pub state: String,
    /// Messages to others whose past is kept.
    pub sent: u64,
    /// A task was under way then: to go back here would let it go on, and do again what it has done since.
    pub is_busy: bool,
}

/// Limit: turns shown, and bytes of them. More is no pleasure to scrub through.
const TURNS_MAX: usize = 500;
const BYTES_MAX: usize = 8 << 20;
/// Of a message or a state that is shown.
const SHOWN_MAX: usize = 16 << 10;

/// Makes a book of what is told.
#[derive(Default)]
pub struct Writer {
    book: Book,
    bytes: usize,
    is_busy: bool,
    /// The newest time of day that a turn had.
    at: u64,
}

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

impl Writer {
    /// The next record, and what the actor's map was before it and after it.
    pub fn tell(&mut self, told: &Told, before: Option<&Entries>, after: Option<&Entries>) {
        if self.book.turns.is_empty() && self.book.older == 0 {
            self.book.base = before.map(texts).unwrap_or_default();
            self.is_busy = self.book.base.get(CHAT).is_some_and(|head| is_under_way(head));
        }
        let changed = changed(told, after);
        if let Some((_, head)) = changed.iter().find(|(key, _)| key == CHAT) {
            self.is_busy = head.as_deref().is_some_and(is_under_way);
        }
        self.at = told.time.unwrap_or(self.at);
        let turn = Turn {
            place: told.bookmark.to_string(),
            at: self.at,
            line: line(told, &changed),
            message: told.handled.as_ref().map(|letter| readable(&letter.body)),
            changed,
            state: readable(&told.state),
            sent: told.sent.len() as u64,
            is_busy: self.is_busy,
        };
        self.bytes += weight(&turn);
        self.book.turns.push_back(turn);
        while self.book.turns.len() > TURNS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.book.turns.pop_front() else { break };
            self.bytes -= weight(&oldest);
            self.book.older += 1;
            put(&mut self.book.base, &oldest.changed);
        }
    }

    #[must_use]
    pub fn end(self) -> Book {
        self.book
    }
}

impl Book {
    /// All texts after the turn with this number.
    #[must_use]
    pub fn after(&self, turn: usize) -> BTreeMap<String, String> {
        let mut texts = self.base.clone();
        self.turns.iter().take(turn + 1).for_each(|turn| put(&mut texts, &turn.changed));
        texts
    }
}

fn put(texts: &mut BTreeMap<String, String>, changed: &[(String, Option<String>)]) {
    for (key, text) in changed {
        match text {
            Some(text) => texts.insert(key.clone(), text.clone()),
            None => texts.remove(key),
        };
    }
}

fn weight(turn: &Turn) -> usize {
    let texts = turn.changed.iter().map(|(key, text)| key.len() + text.as_ref().map_or(0, String::len));
    texts.sum::<usize>() + turn.message.as_ref().map_or(0, String::len) + turn.state.len()
}

/// What a person calls it, of its label and what it keeps.
#[must_use]
pub fn name(label: &str, map: &Entries) -> String {
    let title = || {
        let head: Value = serde_json::from_str(&shelf::text_under(map, CHAT)?).ok()?;
        head["chat"]["title"].as_str().filter(|title| !title.is_empty()).map(String::from)
    };
    match label {
        "desk" => "Settings, recipes and the list of chats".into(),
        _ => title().unwrap_or_else(|| label.into()),
    }
}

fn texts(map: &Entries) -> BTreeMap<String, String> {
    shelf::read(map.iter().map(|(key, piece)| (&key[..], &piece[..]))).into_iter().collect()
}

/// Whole texts, of which the record may have had some pieces only.
fn changed(told: &Told, after: Option<&Entries>) -> Vec<(String, Option<String>)> {
    let mut keys: Vec<String> = told.map.iter().map(|(key, _)| shelf::key_of(key)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().map(|key| (key.clone(), after.and_then(|map| shelf::text_under(map, &key)))).collect()
}

fn line(told: &Told, changed: &[(String, Option<String>)]) -> String {
    let keys = || {
        let shown: Vec<&str> = changed.iter().take(3).map(|(key, _)| key.as_str()).collect();
        let more = if changed.len() > 3 { format!(" and {} more", changed.len() - 3) } else { String::new() };
        format!("{}{more}", shown.join(", "))
    };
    match &told.what {
        What::Born => "Begun".into(),
        What::Turn | What::Admitted if changed.is_empty() => "Read, nothing changed".into(),
        What::Turn | What::Admitted => said(changed).unwrap_or_else(|| format!("Wrote {}", keys())),
        What::Failed(why) => format!("Failed, nothing changed: {why}"),
        What::Ended(why) => format!("Ended: {why}"),
        What::Restored(_) => "Gone back to an earlier place".into(),
        What::Upgraded => "Taken over by a newer version".into(),
        What::Forgotten => "Deleted".into(),
    }
}

/// Of a chat: what was said or done last.
fn said(changed: &[(String, Option<String>)]) -> Option<String> {
    let mut items = changed.iter().filter(|(key, _)| key.starts_with(ITEM)).filter_map(|(_, text)| in_words(text.as_deref()?));
    let (who, what) = items.next_back()?;
    Some(format!("{who}: {what}"))
}

/// An item of a chat, as it is kept: whose it is, and what it says.
#[must_use]
pub fn in_words(item: &str) -> Option<(&'static str, String)> {
    Some(match serde_json::from_str(item).ok()? {
        Item::User { text, .. } => ("You", text),
        Item::Assistant { text, .. } => ("peerd", text),
        Item::Tool { card } => {
            ("Step", if card.evidence.is_empty() { card.summary } else { format!("{} ({})", card.summary, card.evidence) })
        }
        Item::Note { text, .. } => ("Note", text),
    })
}

impl Book {
    /// What had been said and done in a chat after the turn with this number.
    #[must_use]
    pub fn talk(&self, turn: usize) -> Vec<(&'static str, String)> {
        self.after(turn).iter().filter(|(key, _)| key.starts_with(ITEM)).filter_map(|(_, text)| in_words(text)).collect()
    }
}

/// JSON in lines, other text as it is, and of bytes how many there are and what they begin with.
fn readable(bytes: &[u8]) -> String {
    let text = match (serde_json::from_slice::<Value>(bytes), core::str::from_utf8(bytes)) {
        (Ok(value), _) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        (_, Ok(text)) if !text.chars().any(char::is_control) => text.into(),
        _ => {
            let start: Vec<String> = bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
            return format!("{} bytes: {}{}", bytes.len(), start.join(" "), if bytes.len() > 32 { " …" } else { "" });
        }
    };
    match text.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_vat::deeds::Letter;

    fn entry(key: &str, text: &str) -> (Vec<u8>, Vec<u8>) {
        ([key.as_bytes(), &[0, 0, 0]].concat(), text.as_bytes().to_vec())
    }

    /// Each step writes one text, and is told with what was there before and after.
    fn book(steps: &[(&str, &str)]) -> Book {
        let (mut writer, mut map) = (Writer::default(), Entries::new());
        for (n, (key, text)) in (1..).zip(steps) {
            let before = map.clone();
            let (key, text) = entry(key, text);
            map.insert(key.clone(), text.clone());
            let body = br#"{"Write":{"changes":[]}}"#.to_vec();
            let told = Told {
                bookmark: peerd_journal::Bookmark { identity: Default::default(), position: peerd_vat::Position(n) },
                actor: 1,
                label: "chat 1".into(),
                behaviour: "shelf".into(),
                life: 1,
                time: Some(n * 1_000),
                what: What::Turn,
                handled: Some(Letter { peer: 0, body }),
                state: [1].into(),
                map: [(key, Some(text))].into(),
                sent: Vec::new(),
            };
            writer.tell(&told, Some(&before), Some(&map));
        }
        writer.end()
    }

    #[test]
    fn each_turn_shows_what_was_there_after_it() {
        let book = book(&[("a", "1"), ("b", "2"), ("a", "3")]);
        let after = |turn| book.after(turn).into_iter().map(|(key, text)| format!("{key}={text}")).collect::<Vec<_>>().join(" ");
        assert_eq!([after(0), after(1), after(2)], ["a=1", "a=1 b=2", "a=3 b=2"]);
        assert_eq!((book.turns[2].line.as_str(), book.turns[2].at), ("Wrote a", 3_000));
    }

    #[test]
    fn what_is_too_old_to_show_is_in_the_base() {
        let steps: Vec<_> = (0..TURNS_MAX + 10).map(|n| if n < 5 { ("old", "x") } else { ("new", "y") }).collect();
        let book = book(&steps);
        assert_eq!((book.older, book.turns.len()), (10, TURNS_MAX));
        assert_eq!(book.after(0).len(), 2);
    }

    #[test]
    fn a_chat_is_told_in_its_own_words() {
        let book = book(&[
            ("item/00000000", r#"{"User":{"text":"Which tea?","at":1}}"#),
            ("chat", "{}"),
            ("item/00000001", r#"{"Assistant":{"text":"Earl Grey.","live":false}}"#),
        ]);
        assert_eq!(
            book.turns.iter().map(|turn| turn.line.as_str()).collect::<Vec<_>>(),
            ["You: Which tea?", "Wrote chat", "peerd: Earl Grey."]
        );
        assert_eq!((book.talk(1).len(), book.talk(2)[1].clone()), (1, ("peerd", "Earl Grey.".into())));
    }

    #[test]
    fn a_name_is_what_a_person_calls_it() {
        let map: Entries = [entry("chat", r#"{"chat":{"title":"Tea"}}"#)].into();
        assert_eq!([name("chat 1", &map), name("chat 2", &Entries::new())], ["Tea", "chat 2"]);
    }

    #[test]
    fn bytes_are_told_by_their_number_and_beginning() {
        assert_eq!(readable(&[0, 255]), "2 bytes: 00 ff");
        assert_eq!(readable(b"{\"a\":1}"), "{\n  \"a\": 1\n}");
    }
}
