//! The list of chats.
use super::{Sheet, head::SheetHead, own};
use crate::{
    mirror::{Mirror, mirror},
    parts::{icon, now},
    text::format,
    wire,
};
use leptos::{ev::KeyboardEvent, prelude::*};
use peerd_agent::view::{ChatId, ChatInfo, Command};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

#[component]
pub fn Chats() -> impl IntoView {
    let mirror = mirror();
    let newest_first = move || {
        let mut chats = mirror.chats.get();
        chats.sort_by(|a, b| b.at.cmp(&a.at).then(b.id.cmp(&a.id)));
        chats
    };
    view! {
        <nav class="sheet" aria-label="Chats" on:keydown=|event| move_focus(&event)>
            <SheetHead title="Chats" />
            <Show when=move || mirror.chats.with(Vec::is_empty)>
                <p class="empty">"No chats yet. What you ask, and what was done, is kept here on this computer."</p>
            </Show>
            <ul class="rows">
                <For each=newest_first key=|chat| (chat.id, chat.title.clone(), chat.at, chat.state as u8) let:chat>
                    <Row chat mirror />
                </For>
            </ul>
        </nav>
    }
}

#[component]
fn Row(chat: ChatInfo, mirror: Mirror) -> impl IntoView {
    let own = own();
    let ChatInfo { id, title, at, state } = chat;
    let now = now();
    let open = move |_| {
        own.replayed.set(false);
        own.sheet.set(Sheet::None);
        mirror.show(Some(id));
    };
    view! {
        <li class="row" aria-current=move || (mirror.shown.get() == Some(id)).then_some("true")>
            <button type="button" class="row-main" data-testid="chat-item" data-chat=id.to_string() on:click=open>
                <span class="dot" data-phase=super::run::name(state)></span>
                <span class="row-title">{if title.is_empty() { "New chat".to_owned() } else { title.clone() }}</span>
                <time class="faint">{move || format::ago(now.get(), at)}</time>
            </button>
            <Delete id title />
        </li>
    }
}

/// Twice: the first click arms it, because a chat does not come back.
#[component]
fn Delete(id: ChatId, title: String) -> impl IntoView {
    let armed = RwSignal::new(false);
    let click = move |_| {
        if armed.get_untracked() {
            wire::tell(&Command::DeleteChat { chat: id });
        } else {
            armed.set(true);
        }
    };
    view! {
        <button
            type="button"
            class="icon-button delete"
            class:armed=move || armed.get()
            data-testid="chat-delete"
            aria-label=move || if armed.get() { format!("Really delete {title}") } else { format!("Delete {title}") }
            on:click=click
            on:blur=move |_| armed.set(false)
        >
            {move || if armed.get() { "Delete?".into_any() } else { icon("trash").into_any() }}
        </button>
    }
}

/// Arrow keys, Home and End walk through the list.
fn move_focus(event: &KeyboardEvent) {
    let Some(list) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let Ok(found) = list.query_selector_all(".row-main") else { return };
    let rows: Vec<HtmlElement> = (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect();
    let here = document().active_element().and_then(|active| rows.iter().position(|row| **row == active));
    let to = match (event.key().as_str(), here) {
        ("ArrowDown", Some(here)) => here + 1,
        ("ArrowDown", None) | ("Home", _) => 0,
        ("ArrowUp", Some(here)) => here.saturating_sub(1),
        ("End", _) => rows.len().saturating_sub(1),
        _ => return,
    };
    if let Some(row) = rows.get(to) {
        event.prevent_default();
        drop(row.focus());
    }
}
