//! The providers there are, and which model is used.
use super::form::Typed;
use crate::{mirror::mirror, parts::icon, wire};
use leptos::prelude::*;
use peerd_agent::view::{Command, Provider, Settings};
use wasm_bindgen::JsCast;

#[component]
pub fn Providers() -> impl IntoView {
    let mirror = mirror();
    let providers = Memo::new(move |_| mirror.settings.get().map(|settings| settings.providers).unwrap_or_default());
    view! {
        <section class="block">
            <h2>"Models"</h2>
            <Show
                when=move || providers.with(|providers| !providers.is_empty())
                fallback=|| view! {
                    <p class="empty">"No provider yet. Recipes work without one; to ask in your own words, add one below."</p>
                }
            >
                <Choice />
                <ul class="rows">
                    <For each=move || providers.get() key=|provider| (provider.id.clone(), format!("{provider:?}")) let:provider>
                        <Row provider />
                    </For>
                </ul>
            </Show>
        </section>
    }
}

#[component]
fn Choice() -> impl IntoView {
    let mirror = mirror();
    let settings = Memo::new(move |_| mirror.settings.get().unwrap_or_default());
    let choose = move |event: leptos::ev::Event| {
        let chosen = event_target_value(&event);
        let found =
            settings.with_untracked(|settings| models(settings).into_iter().find(|(provider, model)| value(provider, model) == chosen));
        if let Some((provider, model)) = found {
            wire::tell(&Command::ChooseModel { provider: provider.id, model });
        }
    };
    view! {
        <label class="field">
            <span>"Model in use"</span>
            <select data-testid="choose-model" on:change=choose>
                {move || {
                    let settings = settings.get();
                    let chosen = settings.provider.clone().unwrap_or_default();
                    models(&settings)
                        .into_iter()
                        .map(|(provider, model)| {
                            let selected = provider.id == chosen && model == settings.model;
                            view! {
                                <option value=value(&provider, &model) prop:selected=selected>
                                    {format!("{model} — {}", provider.label)}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
        </label>
    }
}

/// All models, with the one in use even if its provider's list has lost it.
fn models(settings: &Settings) -> Vec<(Provider, String)> {
    let mut all = Vec::new();
    for provider in &settings.providers {
        let used =
            settings.provider.as_ref() == Some(&provider.id) && !settings.model.is_empty() && !provider.models.contains(&settings.model);
        all.extend(provider.models.iter().cloned().chain(used.then(|| settings.model.clone())).map(|model| (provider.clone(), model)));
    }
    all
}

fn value(provider: &Provider, model: &str) -> String {
    format!("{}/{model}", provider.id)
}

#[component]
fn Row(provider: Provider) -> impl IntoView {
    let typed: Typed = expect_context();
    let id = provider.id.clone();
    let key = match (provider.has_key, provider.needs_key) {
        (true, _) => view! { <span class="tag good">{icon("lock")} "key sealed"</span> }.into_any(),
        (false, true) => view! { <span class="tag warn">"no key"</span> }.into_any(),
        (false, false) => ().into_any(),
    };
    let remove = move |_| wire::tell(&Command::RemoveProvider { id: id.clone() });
    let facts = format!("{} · {}", provider.base, provider.models.join(", "));
    let label = provider.label.clone();
    let shown_id = provider.id.clone();
    view! {
        <li class="row" data-testid="provider-row" data-id=shown_id>
            <div class="row-main still">
                <span class="row-title">{label.clone()} " " {key}</span>
                <span class="faint">{facts}</span>
            </div>
            <button
                type="button"
                class="plain"
                data-testid="provider-change"
                on:click=move |_| {
                    typed.change(&provider);
                    to_the_form();
                }
            >
                "Change"
            </button>
            <button
                type="button"
                class="icon-button"
                data-testid="provider-remove"
                aria-label=format!("Remove {label}")
                title="Remove"
                on:click=remove
            >
                {icon("trash")}
            </button>
        </li>
    }
}

pub fn to_the_form() {
    let field = document().query_selector("[data-testid=provider-key]").ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(field.focus());
    }
}
