//! The side panel: a head, one chat or the first screen, and the composer at its foot. Also opened as a tab.
mod approvals;
mod card;
mod chats;
mod composer;
mod head;
mod home;
mod lent;
mod offers;
mod problem;
mod recipe;
mod recipes;
mod recording;
mod requests;
mod run;
mod sites;
mod transcript;
mod tree;

use crate::{
    browser::{self, Place},
    mirror::{Mirror, mirror},
    parts::{self, UnlockBar},
    wire,
};
use leptos::{ev::KeyboardEvent, prelude::*};
use peerd_agent::view::{Command, RunPhase, TabId};
use std::future::Future;

/// What lies beside the chat, or over it in a narrow panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sheet {
    #[default]
    None,
    Chats,
    Recipes,
    Lent,
    Tree,
    Requests,
}

/// What is this panel's own: what it shows beside the chat, and where it is.
#[derive(Clone, Copy)]
pub struct Own {
    pub sheet: RwSignal<Sheet>,
    pub place: RwSignal<Option<Place>>,
    /// A recipe was started here: what is offered after it.
    pub replayed: RwSignal<bool>,
}

impl Own {
    pub fn toggle(self, sheet: Sheet) {
        self.sheet.update(|shown| *shown = if *shown == sheet { Sheet::None } else { sheet });
    }

    /// The tab a task starts on, once it is known where this panel is.
    pub fn meant_tab(self) -> impl Future<Output = Option<TabId>> {
        let known = self.place.get_untracked();
        async move {
            let place = match known {
                Some(place) => place,
                None => browser::place().await,
            };
            browser::meant_tab(place).await
        }
    }
}

pub fn own() -> Own {
    expect_context()
}

#[component]
pub fn Panel() -> impl IntoView {
    let mirror = Mirror::open();
    let own = Own { sheet: RwSignal::default(), place: RwSignal::new(None), replayed: RwSignal::new(false) };
    provide_context(own);
    parts::now();
    leptos::task::spawn_local(async move { own.place.set(Some(browser::place().await)) });
    window_event_listener(leptos::ev::keydown, move |event| escape(&event, mirror, own));
    view! {
        <div class="panel">
            <head::Head />
            <div class="body" data-sheet=move || format!("{:?}", own.sheet.get())>
                <Side />
                <main class="main">
                    <sites::Sites />
                    <UnlockBar />
                    <recording::Recorder />
                    <div class="scroll" id="scroll">
                        <Middle />
                    </div>
                    <div class="foot">
                        <problem::Problem />
                        <approvals::Approvals />
                        <run::Run />
                        <composer::Composer />
                    </div>
                </main>
            </div>
        </div>
    }
}

#[component]
fn Side() -> impl IntoView {
    let own = own();
    move || match own.sheet.get() {
        Sheet::None => ().into_any(),
        Sheet::Chats => view! { <chats::Chats /> }.into_any(),
        Sheet::Recipes => view! {
            <aside class="sheet" aria-label="Recipes">
                <recipes::Recipes />
            </aside>
        }
        .into_any(),
        Sheet::Lent => view! { <lent::Lent /> }.into_any(),
        Sheet::Tree => view! { <tree::Tree /> }.into_any(),
        Sheet::Requests => view! { <requests::Requests /> }.into_any(),
    }
}

/// The chat; the first screen while there is none or nothing in it; or what is wrong.
#[component]
fn Middle() -> impl IntoView {
    let mirror = mirror();
    let state = Memo::new(move |_| {
        if !mirror.heard.get() {
            return if mirror.silent.get() { State::Silent } else { State::Starting };
        }
        match (mirror.shown.get(), mirror.open.get()) {
            (None, _) => State::Home,
            (Some(_), false) => State::Opening,
            (Some(_), true) if mirror.items.with(Vec::is_empty) && mirror.run.with(|run| run.phase == RunPhase::Idle) => State::Home,
            (Some(_), true) => State::Chat,
        }
    });
    move || match state.get() {
        State::Starting => view! { <Waiting words="Starting…" /> }.into_any(),
        State::Opening => view! { <Waiting words="Opening the chat…" /> }.into_any(),
        State::Silent => view! { <Silent /> }.into_any(),
        State::Home => view! { <home::Home /> }.into_any(),
        State::Chat => view! { <transcript::Transcript /> }.into_any(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Starting,
    Silent,
    Opening,
    Home,
    Chat,
}

#[component]
fn Waiting(words: &'static str) -> impl IntoView {
    view! {
        <div class="waiting" role="status">
            <p>{words}</p>
            <div class="bone"></div>
            <div class="bone short"></div>
            <div class="bone"></div>
        </div>
    }
}

#[component]
fn Silent() -> impl IntoView {
    let reload = move |_| drop(window().location().reload());
    view! {
        <div class="waiting" role="alert">
            <h1>"peerd does not answer"</h1>
            <p>"Its background page has not started. It is asked again all the time; if this stays, load the panel again."</p>
            <button type="button" class="main-button" on:click=reload>"Load again"</button>
        </div>
    }
}

/// Escape closes what lies open; with nothing open it stops the run.
fn escape(event: &KeyboardEvent, mirror: Mirror, own: Own) {
    if event.key() != "Escape" || event.default_prevented() || event.is_composing() {
        return;
    }
    if mirror.problem.get_untracked().is_some() {
        mirror.problem.set(None);
    } else if own.sheet.get_untracked() != Sheet::None {
        own.sheet.set(Sheet::None);
    } else if mirror.run.with_untracked(|run| run.phase.is_under_way())
        && let Some(chat) = mirror.shown.get_untracked()
    {
        wire::tell(&Command::Stop { chat });
    }
}

/// The browser's prompt for all sites, for the settings too. Must be called right in a click.
pub fn ask_for_sites() {
    sites::ask();
}
