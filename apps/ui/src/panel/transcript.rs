//! One chat: its items down a rail, what may be done with it, and the bottom that stays in sight while text streams.
use super::{card::Card, offers::Offers};
use crate::{
    browser,
    mirror::{Mirror, mirror},
    parts::{Prose, icon},
    text::{export, format},
};
use leptos::prelude::*;
use peerd_agent::view::{Item, Tone};

#[component]
pub fn Transcript() -> impl IntoView {
    let mirror = mirror();
    stay_at_the_bottom(mirror);
    let items = move || {
        let chat = mirror.shown.get();
        mirror.items.get().into_iter().enumerate().map(|(at, item)| (chat, at, item)).collect::<Vec<_>>()
    };
    view! {
        <article class="transcript">
            <Title mirror />
            <div class="items" role="log" aria-live="polite" aria-relevant="additions text">
                <For each=items key=|(chat, at, _)| (*chat, *at) let((_, _, item))>
                    <One item />
                </For>
            </div>
            <Offers />
        </article>
    }
}

#[component]
fn Title(mirror: Mirror) -> impl IntoView {
    let copied = RwSignal::new(false);
    let all = move || mirror.items.with_untracked(|items| items.iter().map(|item| item.get_untracked()).collect::<Vec<_>>());
    let copy = move |_| {
        let text = export::text(&all());
        leptos::task::spawn_local(async move {
            copied.set(browser::copy(text).await);
            set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
        });
    };
    let save = move |_| {
        let title = mirror.title.get_untracked();
        let text = export::markdown(&title, mirror.at.get_untracked(), &all());
        if browser::save(&format!("{}.md", format::file_name(&title)), &text).is_none() {
            mirror.problem.set(Some("The file could not be made.".into()));
        }
    };
    view! {
        <div class="title">
            <h1>{move || mirror.title.get()}</h1>
            <button
                type="button"
                class="icon-button small"
                data-testid="copy-chat"
                title="Copy as text"
                aria-label="Copy as text"
                on:click=copy
            >
                {move || icon(if copied.get() { "check" } else { "copy" })}
            </button>
            <button
                type="button"
                class="icon-button small"
                data-testid="export-chat"
                title="Save as Markdown"
                aria-label="Save as Markdown"
                on:click=save
            >
                {icon("export")}
            </button>
        </div>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Assistant,
    Tool,
    Note,
}

/// The frame is made once for each kind; what changes inside is drawn in place, so that an open card stays open.
#[component]
fn One(item: ArcRwSignal<Item>) -> impl IntoView {
    let of = item.clone();
    let kind = Memo::new(move |_| {
        of.with(|item| match item {
            Item::User { .. } => Kind::User,
            Item::Assistant { .. } => Kind::Assistant,
            Item::Tool { .. } => Kind::Tool,
            Item::Note { .. } => Kind::Note,
        })
    });
    let item = RwSignal::from(item);
    let words = Signal::derive(move || {
        item.with(|item| match item {
            Item::User { text, .. } | Item::Assistant { text, .. } | Item::Note { text, .. } => text.clone(),
            Item::Tool { .. } => String::new(),
        })
    });
    move || match kind.get() {
        Kind::User => view! { <div class="user" data-testid="user">{move || words.get()}</div> }.into_any(),
        Kind::Assistant => {
            let live = move || item.with(|item| matches!(item, Item::Assistant { live: true, .. }));
            view! {
                <div class="assistant" data-testid="assistant" class:live=live aria-busy=move || live().to_string()>
                    <Prose text=words />
                </div>
            }
            .into_any()
        }
        Kind::Tool => view! { <Card item /> }.into_any(),
        Kind::Note => {
            let tone = move || item.with(|item| if let Item::Note { tone, .. } = item { tone_name(*tone) } else { "" });
            view! { <p class="note" data-testid="note" data-tone=tone>{move || words.get()}</p> }.into_any()
        }
    }
}

const fn tone_name(tone: Tone) -> &'static str {
    match tone {
        Tone::Info => "info",
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "bad",
    }
}

/// Follows the text while its reader is near the end, and lets go when they scroll up.
fn stay_at_the_bottom(mirror: Mirror) {
    /// So many pixels from the end still count as the end: a card or a few lines may have come at once.
    const NEAR: i32 = 240;
    let last_chat = StoredValue::new(None);
    Effect::new(move || {
        // Everything that can make the page longer.
        let chat = mirror.shown.get();
        mirror.run.track();
        mirror.items.with(|items| {
            if let Some(last) = items.last() {
                last.track();
            }
        });
        let fresh = last_chat.get_value() != Some(chat);
        last_chat.set_value(Some(chat));
        let Some(scroll) = document().get_element_by_id("scroll") else { return };
        let from_end = scroll.scroll_height() - scroll.scroll_top() - scroll.client_height();
        if fresh || from_end < NEAR {
            request_animation_frame(move || scroll.set_scroll_top(scroll.scroll_height()));
        }
    });
}
