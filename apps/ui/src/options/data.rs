//! All that is kept: a copy of it carried away, another put in its place, a new beginning, its past, and the room for it.
use super::{
    history::History,
    line::{Line, Wish},
};
use crate::{mirror::mirror, parts::icon, text::format};
use leptos::{html, prelude::*};
use web_sys::File;

#[component]
pub fn Data() -> impl IntoView {
    let (mirror, line) = (mirror(), Line::open());
    let chosen: RwSignal<Option<File>, LocalStorage> = RwSignal::new_local(None);
    let replace = move |_| {
        if let Some(file) = chosen.get_untracked() {
            line.ask(Wish::Restore, Some(&file));
            chosen.set(None);
        }
    };
    let history = move |_| {
        if line.keeps.with_untracked(Option::is_some) {
            line.keeps.set(None);
        } else {
            line.list();
        }
    };
    view! {
        <section class="block" class:urgent=move || mirror.unopened.with(Option::is_some) data-testid="data">
            <h2>"Your data"</h2>
            <Unopened line />
            <p>
                "Chats, recipes and settings lie on this computer only. A copy is one file, with which this peerd or another one can go on. Keys are not in it."
            </p>
            <div class="choices">
                <button
                    type="button"
                    class="plain"
                    data-testid="copy-save"
                    disabled=move || line.is_working()
                    on:click=move |_| line.ask(Wish::Copy, None)
                >
                    {icon("export")}
                    "Save a copy"
                </button>
                <Choose line chosen />
                <button
                    type="button"
                    class="plain"
                    data-testid="history-open"
                    aria-expanded=move || line.keeps.with(Option::is_some).to_string()
                    disabled=move || line.is_working()
                    on:click=history
                >
                    "History"
                </button>
            </div>
            {move || chosen.with(|file| file.as_ref().map(File::name)).map(|name| view! {
                <div class="bar" role="group" aria-label="Restore a copy">
                    <p>{format!("All chats, recipes and settings here are replaced by those of {name}.")}</p>
                    <button type="button" class="plain" data-testid="copy-replace" on:click=replace>"Replace all"</button>
                    <button type="button" class="plain" on:click=move |_| chosen.set(None)>"Cancel"</button>
                </div>
            })}
            <div role="status" data-testid="data-said">
                {move || match (line.is_working(), line.said.get()) {
                    (true, _) => Some(view! { <p class="hint">"Working…"</p> }),
                    (false, "") => None,
                    (false, said) => Some(view! { <p class="saved">{said}</p> }),
                }}
            </div>
            <p class="wrong" role="alert" data-testid="data-failed">{move || line.failed.get()}</p>
            <History line />
            <Room />
        </section>
    }
}

/// How much may be kept.
#[component]
fn Room() -> impl IntoView {
    let mirror = mirror();
    move || {
        mirror.room.get().map(|room| {
            let used = format!("{} of {} that the browser lets peerd keep are used.", format::size(room.used), format::size(room.quota));
            if room.short {
                view! {
                    <div class="bar problem" data-testid="room-short">
                        {icon("alert")}
                        <p>
                            {format!("There is hardly any room left: {used} So the history was shortened. Make room on this computer's disk; when there is none, peerd can't go on.")}
                        </p>
                    </div>
                }
                .into_any()
            } else {
                view! { <p class="hint" data-testid="room">{used}</p> }.into_any()
            }
        })
    }
}

/// A button that lets a file be chosen.
#[component]
fn Choose(line: Line, chosen: RwSignal<Option<File>, LocalStorage>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let open = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            chosen.set(input.files().and_then(|files| files.get(0)));
            // Chosen again, the same file is a change, too.
            input.set_value("");
        }
    };
    view! {
        <button type="button" class="plain" disabled=move || line.is_working() on:click=open>"Restore a copy…"</button>
        <input type="file" accept=".peerd" hidden node_ref=input data-testid="copy-file" on:change=choose />
    }
}

/// What can be done when there is no vat.
#[component]
fn Unopened(line: Line) -> impl IntoView {
    let mirror = mirror();
    let sure = RwSignal::new(false);
    let anew = move |_| {
        if sure.get_untracked() {
            sure.set(false);
            line.ask(Wish::Anew, None);
        } else {
            sure.set(true);
        }
    };
    move || {
        mirror.unopened.get().map(|why| {
            view! {
                <div class="bar problem" data-testid="unopened">
                    {icon("alert")}
                    <p>{format!("What peerd has kept here can't be opened: {why}.")}</p>
                </div>
                <p>"The files are as they were. To begin anew sets them aside and starts without chats, recipes and settings."</p>
                <div class="choices">
                    <button type="button" class="plain" data-testid="data-again" on:click=move |_| line.ask(Wish::Again, None)>
                        "Try again"
                    </button>
                    <button type="button" class="plain" data-testid="data-anew" on:click=anew>
                        {move || if sure.get() { "Really begin anew" } else { "Begin anew" }}
                    </button>
                </div>
            }
        })
    }
}
