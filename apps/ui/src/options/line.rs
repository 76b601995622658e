//! The line to the document that reads and writes the kept files: one wish at a time, and what comes of it.
use crate::browser;
use leptos::prelude::*;
use peerd_agent::past::{Book, Keeps};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{Blob, BroadcastChannel, File, MessageEvent};

/// The offscreen document listens there, see its host/files.js.
const CHANNEL: &str = "peerd.files";

/// What is asked for, or was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Copy,
    Restore,
    Anew,
    Again,
    History,
    Back,
}

impl Wish {
    const ALL: [(Wish, &str); 6] = [
        (Wish::Copy, "copy"),
        (Wish::Restore, "restore"),
        (Wish::Anew, "anew"),
        (Wish::Again, "again"),
        (Wish::History, "history"),
        (Wish::Back, "back"),
    ];

    fn word(self) -> &'static str {
        Wish::ALL.iter().find(|(wish, _)| *wish == self).map_or("", |(_, word)| word)
    }

    fn of(word: &str) -> Option<Wish> {
        Wish::ALL.iter().find(|(_, known)| *known == word).map(|(wish, _)| *wish)
    }

    const fn done(self) -> &'static str {
        match self {
            Wish::Copy => "The copy is saved.",
            Wish::Restore => "Restored. What was here before is kept aside, until the next time.",
            Wish::Anew => "Begun anew. What was here before is kept aside, until the next time.",
            Wish::Back => "Gone back.",
            Wish::Again | Wish::History => "",
        }
    }
}

#[derive(Clone, Copy)]
pub struct Line {
    channel: StoredValue<Option<BroadcastChannel>, LocalStorage>,
    working: RwSignal<Option<Wish>>,
    /// Whom the wish is about, if about one.
    about: StoredValue<Option<String>>,
    pub said: RwSignal<&'static str>,
    pub failed: RwSignal<Option<String>>,
    /// Whose past is kept; none: nobody has asked.
    pub keeps: RwSignal<Option<Vec<Keeps>>>,
    /// Of the actor that was asked for last.
    pub book: RwSignal<Option<Book>>,
    /// The actor that went back last, and the place that undoes it.
    pub undo: RwSignal<Option<(String, String)>>,
}

impl Line {
    pub fn open() -> Line {
        let line = Line {
            channel: StoredValue::new_local(BroadcastChannel::new(CHANNEL).ok()),
            working: RwSignal::new(None),
            about: StoredValue::new(None),
            said: RwSignal::new(""),
            failed: RwSignal::new(None),
            keeps: RwSignal::new(None),
            book: RwSignal::new(None),
            undo: RwSignal::new(None),
        };
        let hear = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| line.hear(&event.data()));
        line.channel.with_value(|channel| {
            if let Some(channel) = channel {
                channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
            }
        });
        // The page's life is the listener's.
        hear.forget();
        line
    }

    fn hear(self, data: &JsValue) {
        let field = |name: &str| js_sys::Reflect::get(data, &name.into()).ok();
        let word = |name: &str| field(name).and_then(|value| value.as_string());
        let wish = word("done").or_else(|| word("failed")).and_then(|word| Wish::of(&word));
        // Of other pages' wishes nothing is said here.
        let Some(wish) = wish.filter(|wish| self.working.get_untracked() == Some(*wish)) else { return };
        // Nor of what was wished before another was.
        if word("actor") != self.about.get_value() {
            return;
        }
        self.working.set(None);
        if let Some(why) = word("text") {
            return self.failed.set(Some(why));
        }
        // What was done before it is read again is still to be seen.
        if wish != Wish::History {
            self.said.set(wish.done());
        }
        match (wish, word("actor"), word("result")) {
            (Wish::History, None, Some(text)) => self.keeps.set(serde_json::from_str(&text).ok()),
            (Wish::History, Some(_), Some(text)) => self.book.set(serde_json::from_str(&text).ok()),
            (Wish::Back, Some(actor), Some(place)) => {
                self.undo.set(Some((actor.clone(), place)));
                self.read(&actor);
            }
            _ => {}
        }
        if let Some(file) = field("result").and_then(|file| file.dyn_into::<Blob>().ok()) {
            browser::download(&file, &format!("peerd-{}.peerd", browser::today()));
        }
    }

    pub fn ask(self, wish: Wish, file: Option<&File>) {
        self.say(wish, None, &[("file", file.map_or(JsValue::UNDEFINED, |file| file.clone().into()))]);
    }

    /// Whose past is kept.
    pub fn list(self) {
        self.say(Wish::History, None, &[]);
    }

    /// The past of this actor.
    pub fn read(self, actor: &str) {
        let said = self.said.get_untracked();
        self.say(Wish::History, Some(actor), &[]);
        self.said.set(said);
    }

    /// The actor becomes what it was at that place.
    pub fn go_back(self, actor: &str, place: &str) {
        self.undo.set(None);
        self.say(Wish::Back, Some(actor), &[("place", place.into())]);
    }

    fn say(self, wish: Wish, about: Option<&str>, with: &[(&str, JsValue)]) {
        browser::ensure_host();
        self.working.set(Some(wish));
        self.said.set("");
        self.failed.set(None);
        self.about.set_value(about.map(Into::into));
        let known = [("wish", wish.word().into()), ("actor", about.map_or(JsValue::UNDEFINED, Into::into))];
        let fields: Vec<(&str, JsValue)> = known.into_iter().chain(with.iter().cloned()).collect();
        let message = browser::object(&fields);
        self.channel.with_value(|channel| {
            if let Some(channel) = channel {
                // It fails only for a closed channel, and this one is never closed.
                let _ = channel.post_message(&message);
            }
        });
    }

    pub fn is_working(self) -> bool {
        self.working.get().is_some()
    }
}
