//! The channel to the desk: commands out, updates in, both as JSON strings.
use crate::{browser, mirror::Mirror};
use leptos::prelude::{GetUntracked, Set, WithUntracked, set_timeout};
use peerd_agent::view::{ChatId, Command, Update};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

const CHANNEL: &str = "peerd";
/// The Worker needs a moment to start: hello is repeated until it answers.
const HELLO_MS: u64 = 400;
/// After so many hellos without an answer the panel says so, and goes on asking.
const PATIENCE: u32 = 25;

/// One message. Panels hear each other's commands too, and skip them.
#[derive(Deserialize)]
struct Heard {
    update: Option<Update>,
}

#[derive(Serialize)]
struct Said<'a> {
    command: &'a Command,
}

thread_local! {
    static LINE: Option<BroadcastChannel> = BroadcastChannel::new(CHANNEL).ok();
}

/// Opens the line and says hello until the desk answers. `chat` is the one the panel remembers.
pub fn listen(mirror: Mirror, chat: Option<ChatId>) {
    let hear = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(text) = event.data().as_string() else { return };
        if let Ok(Heard { update: Some(update) }) = serde_json::from_str(&text) {
            mirror.apply(update);
        }
    });
    LINE.with(|line| {
        if let Some(line) = line {
            line.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        }
    });
    // The page's life is the listener's.
    hear.forget();
    hello(mirror, chat, 1);
}

fn hello(mirror: Mirror, chat: Option<ChatId>, nth: u32) {
    if mirror.heard.get_untracked() {
        // What was heard may have been said to another panel: the remembered chat is asked for once more, if it is still wanted.
        if chat.is_some() && mirror.shown.get_untracked() == chat && !mirror.open.get_untracked() {
            post(&Command::Hello { chat });
        }
        return;
    }
    mirror.silent.set(nth > PATIENCE && mirror.unopened.with_untracked(Option::is_none));
    browser::ensure_host();
    post(&Command::Hello { chat });
    set_timeout(move || hello(mirror, chat, nth + 1), Duration::from_millis(HELLO_MS));
}

/// Tells the desk. Should the offscreen document have been put to sleep, the service worker brings it back.
pub fn tell(command: &Command) {
    browser::ensure_host();
    post(command);
}

fn post(command: &Command) {
    let text = serde_json::to_string(&Said { command }).expect("a command has no map with other keys than strings");
    LINE.with(|line| {
        if let Some(line) = line {
            // It fails only for a closed channel, and this one is never closed.
            let _ = line.post_message(&JsValue::from_str(&text));
        }
    });
}
