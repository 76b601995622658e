//! The bar on top: the name, and what opens beside the chat.
use super::{Own, Sheet, own};
use crate::{browser, mirror::mirror, parts::icon, wire};
use leptos::prelude::*;
use peerd_agent::view::{Command, TabId};

#[component]
pub fn Head() -> impl IntoView {
    let (mirror, own) = (mirror(), own());
    let new_chat = move |_| {
        own.replayed.set(false);
        own.sheet.set(Sheet::None);
        mirror.start(&Command::NewChat, None);
    };
    view! {
        <header class="head">
            {toggle(own, Sheet::Chats, "chats", "Chats", "chats-toggle")}
            <span class="name">
                <Mark />
                <span class="word">"peerd"</span>
            </span>
            <span class="fill"></span>
            <button
                type="button"
                class="icon-button"
                data-testid="new-chat"
                title="New chat"
                aria-label="New chat"
                disabled=move || mirror.starting.get() || !mirror.heard.get()
                on:click=new_chat
            >
                {icon("new")}
            </button>
            {toggle(own, Sheet::Recipes, "recipes", "Recipes", "recipes-toggle")}
            {toggle(own, Sheet::Lent, "key", "Lent to chats", "lent-toggle")}
            {toggle(own, Sheet::Tree, "tree", "Actors", "tree-toggle")}
            {page("open-notebooks", "notebook.html", "book", "Notebooks")}
            {page("open-apps", "apps.html", "app", "Apps")}
            {page("open-linux", "linux.html", "terminal", "Linux terminal")}
            <button
                type="button"
                class="icon-button"
                data-testid="open-settings"
                title="Settings"
                aria-label="Settings"
                on:click=|_| browser::open_settings()
            >
                {icon("settings")}
            </button>
        </header>
    }
}

/// A page of ours in a tab of its own.
fn page(id: &'static str, href: &'static str, picture: &'static str, label: &'static str) -> impl IntoView {
    view! {
        <a
            class="icon-button"
            data-testid=id
            href=href
            target="_blank"
            title=label
            aria-label=format!("{label}, in a tab of its own")
        >
            {icon(picture)}
        </a>
    }
}

fn toggle(own: Own, sheet: Sheet, picture: &'static str, label: &'static str, id: &'static str) -> impl IntoView {
    let open = move || own.sheet.get() == sheet;
    view! {
        <button
            type="button"
            class="icon-button"
            data-testid=id
            title=label
            aria-label=label
            aria-expanded=move || open().to_string()
            on:click=move |_| own.toggle(sheet)
        >
            {icon(picture)}
        </button>
    }
}

/// The mark: a small tree of actors, as on the extension's icon.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d="M10 6L5.5 14M10 6l4.5 8" />
            <circle cx="10" cy="5.500" r="3" />
            <circle cx="5.200" cy="14.200" r="2.500" />
            <circle cx="14.800" cy="14.200" r="2.500" />
        </svg>
    }
}

/// The head of a sheet, with the button that closes it.
#[component]
pub fn SheetHead(title: &'static str) -> impl IntoView {
    let own = own();
    view! {
        <div class="sheet-head">
            <h2>{title}</h2>
            <button type="button" class="icon-button" aria-label="Close" on:click=move |_| own.sheet.set(Sheet::None)>
                {icon("close")}
            </button>
        </div>
    }
}

/// Brings a driven tab to the front.
pub fn take_me_there(tab: TabId) -> impl IntoView {
    view! {
        <button type="button" class="link" data-testid="take-me-there" on:click=says(Command::Show { tab })>
            "Take me there"
        </button>
    }
}

/// What a button that only tells the desk does.
pub fn says(command: Command) -> impl Fn(leptos::ev::MouseEvent) {
    move |_| wire::tell(&command)
}
