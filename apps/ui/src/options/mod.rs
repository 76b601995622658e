//! The settings: which models there are and which one is used, the keys, the limits.
mod data;
mod doctor;
mod form;
mod history;
mod limits;
mod line;
mod presets;
mod providers;
mod save;
mod vault;

use crate::{
    mirror::{Mirror, mirror},
    parts::{self, icon},
};
use form::{Form, Typed};
use leptos::prelude::*;

#[component]
pub fn Options() -> impl IntoView {
    let mirror = Mirror::open();
    parts::now();
    let typed = Typed::new(presets::asked_for());
    provide_context(typed);
    view! {
        <div class="options">
            <header class="options-head">
                <h1>"Settings"</h1>
                <p class="faint">"Kept on this computer. Nothing here is sent anywhere but to the model you choose."</p>
            </header>
            <Trouble />
            <Show when=move || mirror.settings.get().is_some() fallback=|| view! { <Waiting /> }>
                <providers::Providers />
                <Form />
                <doctor::Doctor />
                <vault::Keys />
                <limits::LimitsForm />
                <Rights />
            </Show>
            <data::Data />
        </div>
    }
}

#[component]
fn Waiting() -> impl IntoView {
    let mirror = mirror();
    let words =
        move || if mirror.silent.get() { "peerd does not answer. It is asked again all the time." } else { "Reading the settings…" };
    // What can't be read is not waited for.
    view! {
        <Show when=move || mirror.unopened.with(Option::is_none)>
            <div class="waiting" role="status">
                <p>{words}</p>
                <div class="bone"></div>
                <div class="bone short"></div>
            </div>
        </Show>
    }
}

#[component]
fn Trouble() -> impl IntoView {
    let mirror = mirror();
    view! {
        <div role="alert">
            // That nothing can be opened is said where something can be done about it.
            {move || mirror.problem.get().filter(|_| mirror.unopened.with(Option::is_none)).map(|text| view! {
                <div class="bar problem" data-testid="problem">
                    {icon("alert")}
                    <p>{text}</p>
                    <button type="button" class="icon-button small" aria-label="Close" on:click=move |_| mirror.problem.set(None)>
                        {icon("close")}
                    </button>
                </div>
            })}
        </div>
    }
}

#[component]
fn Rights() -> impl IntoView {
    let mirror = mirror();
    let all = move || mirror.settings.with(|settings| settings.as_ref().is_some_and(|settings| settings.all_sites));
    view! {
        <section class="block">
            <h2>"Sites"</h2>
            <Show
                when=all
                fallback=|| view! {
                    <p>"The browser has not yet allowed peerd to work on all sites. It still asks you before each task leaves its site."</p>
                    <button type="button" class="plain" data-testid="grant-sites" on:click=|_| crate::panel::ask_for_sites()>
                        {icon("globe")}
                        "Allow on all sites"
                    </button>
                }
            >
                <p>"The browser allows peerd to work on all sites. It still asks you before a task leaves the site it started on."</p>
            </Show>
        </section>
    }
}
