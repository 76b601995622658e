//! What could not be done, said in plain words until it is closed.
use crate::{browser, mirror::mirror, parts::icon};
use leptos::prelude::*;

#[component]
pub fn Problem() -> impl IntoView {
    let mirror = mirror();
    // The region stays in the page: a screen reader announces only changes of what it already knows.
    view! {
        <div role="alert">
            {move || {
                mirror.problem.get().map(|text| {
                    let settings = text.contains("settings");
                    view! {
                        <div class="bar problem" data-testid="problem">
                            {icon("alert")}
                            <p>{text}</p>
                            {settings.then(|| view! {
                                <button type="button" class="plain" on:click=|_| browser::open_settings()>"Settings"</button>
                            })}
                            <button type="button" class="icon-button small" aria-label="Close" on:click=move |_| mirror.problem.set(None)>
                                {icon("close")}
                            </button>
                        </div>
                    }
                })
            }}
            <NoRoom />
        </div>
    }
}

/// Said until it is closed, or there is room again.
#[component]
fn NoRoom() -> impl IntoView {
    let mirror = mirror();
    let closed = RwSignal::new(false);
    let is_short = Memo::new(move |_| mirror.room.get().is_some_and(|room| room.short));
    Effect::new(move |_| {
        if !is_short.get() {
            closed.set(false);
        }
    });
    move || {
        (is_short.get() && !closed.get()).then(|| {
            view! {
                <div class="bar problem" data-testid="room-short">
                    {icon("alert")}
                    <p>"There is hardly any room left to keep chats in. Make some on this computer's disk."</p>
                    <button type="button" class="plain" on:click=|_| browser::open_settings()>"Settings"</button>
                    <button type="button" class="icon-button small" aria-label="Close" on:click=move |_| closed.set(true)>
                        {icon("close")}
                    </button>
                </div>
            }
        })
    }
}
