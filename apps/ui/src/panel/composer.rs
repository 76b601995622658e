//! Where the owner writes. Enter sends, Shift+Enter makes a line.
use super::own;
use crate::{mirror::mirror, parts::icon, wire};
use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};
use peerd_agent::view::Command;

#[component]
pub fn Composer() -> impl IntoView {
    let (mirror, own) = (mirror(), own());
    let text = RwSignal::new(String::new());
    // What could not be said comes back, unless something else is being written.
    Effect::new(move || {
        if let Some(words) = mirror.unsaid.get() {
            mirror.unsaid.set(None);
            if text.with_untracked(String::is_empty) {
                text.set(words);
            }
        }
    });
    let send = move || {
        let words = text.get_untracked().trim().to_owned();
        if words.is_empty() {
            return;
        }
        if mirror.settings.with_untracked(Option::is_none) {
            return mirror.problem.set(Some("peerd is still starting; your words stay here until then.".into()));
        }
        if !mirror.has_model() {
            return mirror.problem.set(Some("To ask in your own words, choose a model first: add a provider in the settings.".into()));
        }
        text.set(String::new());
        own.replayed.set(false);
        spawn_local(async move {
            let tab = own.meant_tab().await;
            match mirror.shown.get_untracked() {
                Some(chat) => wire::tell(&Command::Say { chat, text: words, tab }),
                None => mirror.start(&Command::NewChat, Some(Command::Say { chat: 0, text: words, tab })),
            }
        });
    };
    let key = move |event: KeyboardEvent| {
        // While an input method composes, Enter chooses a word.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        send();
    };
    let hint = move || if mirror.has_model() { "What should be done on this page?" } else { "Add a model to ask in your own words" };
    view! {
        <form class="composer" on:submit=submit>
            <textarea
                rows="1"
                data-testid="composer"
                aria-label="Your task"
                placeholder=hint
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
                on:keydown=key
            ></textarea>
            <button
                type="submit"
                class="send"
                data-testid="send"
                aria-label="Send"
                title="Send (Enter)"
                disabled=move || text.with(|text| text.trim().is_empty())
            >
                {icon("send")}
            </button>
        </form>
    }
}
