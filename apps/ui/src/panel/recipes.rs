//! The recipes there are, and the way to a new one: do it once yourself.
use super::{Sheet, own, recipe::Recipe};
use crate::{mirror::mirror, parts::icon, wire};
use leptos::{prelude::*, task::spawn_local};
use peerd_agent::view::Command;

#[component]
pub fn Recipes() -> impl IntoView {
    let (mirror, own) = (mirror(), own());
    let record = move |_| {
        own.sheet.set(Sheet::None);
        spawn_local(async move {
            match own.meant_tab().await {
                Some(tab) => wire::tell(&Command::RecordStart { tab }),
                None => mirror.problem.set(Some("There is no web page to record: open one in a tab first.".into())),
            }
        });
    };
    view! {
        <section class="recipes" aria-label="Recipes">
            <div class="sheet-head">
                <h2>"Recipes"</h2>
                <span class="fill"></span>
                <button
                    type="button"
                    class="plain"
                    data-testid="record-start"
                    disabled=move || mirror.recording.with(Option::is_some)
                    on:click=record
                >
                    {icon("record")}
                    "Record one"
                </button>
                <Show when=move || own.sheet.get() == Sheet::Recipes>
                    <button type="button" class="icon-button" aria-label="Close" on:click=move |_| own.sheet.set(Sheet::None)>
                        {icon("close")}
                    </button>
                </Show>
            </div>
            <Show when=move || mirror.recipes.with(Vec::is_empty)>
                <p class="empty">"None yet. Record one by doing it yourself, or keep what an agent did."</p>
            </Show>
            <ul class="recipe-list">
                <For each=move || mirror.recipes.get() key=|recipe| recipe.id let:recipe>
                    <Recipe recipe />
                </For>
            </ul>
        </section>
    }
}
