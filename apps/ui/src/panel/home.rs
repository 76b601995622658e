//! The first screen: something real within seconds, with no key, no vault and no account.
use super::{Sheet, head::Mark, own, recipe, recipes::Recipes};
use crate::{
    browser,
    mirror::{Mirror, mirror},
    parts::icon,
};
use leptos::prelude::*;
use peerd_agent::view::RecipeInfo;

#[component]
pub fn Home() -> impl IntoView {
    let (mirror, own) = (mirror(), own());
    let hero = Memo::new(move |_| mirror.recipes.with(|recipes| recipes.iter().find(|recipe| recipe.bundled).cloned()));
    view! {
        <div class="home">
            <div class="hero">
                <Mark />
                <h1>"An agent in the browser you already use"</h1>
                <p>"It works in your tabs, shows what it verified, and asks before it goes further than you said."</p>
                {move || match hero.get() {
                    Some(recipe) => view! { <Watch recipe /> }.into_any(),
                    None => view! { <First mirror /> }.into_any(),
                }}
            </div>
            <Show when=move || own.sheet.get() != Sheet::Recipes>
                <Recipes />
            </Show>
        </div>
    }
}

/// The big button: the first bundled recipe, on the tab at hand, with what it brings along.
#[component]
fn Watch(recipe: RecipeInfo) -> impl IntoView {
    let (mirror, own) = (mirror(), own());
    let facts = format!("“{}” · {} steps · no model, no key", recipe.name, recipe.steps.len());
    let run = move |_| recipe::run(mirror, own, recipe.id, recipe::defaults(&recipe.slots));
    view! {
        <button
            type="button"
            class="main-button big"
            data-testid="hero-run"
            disabled=move || mirror.starting.get()
            on:click=run
        >
            {icon("play")}
            "Watch it work"
        </button>
        <p class="faint">{facts}</p>
    }
}

#[component]
fn First(mirror: Mirror) -> impl IntoView {
    let needed = move || !mirror.has_model();
    view! {
        <Show
            when=needed
            fallback=|| view! { <p class="faint">"Write below what should be done, or record a recipe by doing it once yourself."</p> }
        >
            <button type="button" class="main-button big" on:click=|_| browser::open_settings()>{icon("key")} "Add a model"</button>
            <p class="faint">"Or record a recipe: do something once, and let it be repeated without any model."</p>
        </Show>
    }
}
