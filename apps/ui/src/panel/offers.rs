//! What may come next, after a run that ended well: keep it, stay at the side, bring a model.
use super::own;
use crate::{
    browser,
    mirror::{Mirror, mirror},
    parts::icon,
    wire,
};
use leptos::prelude::*;
use peerd_agent::view::{Command, Item, RunPhase, Verdict};

#[component]
pub fn Offers() -> impl IntoView {
    let (mirror, own) = (mirror(), own());
    let ended = Memo::new(move |_| mirror.run.with(|run| run.phase == RunPhase::Done));
    let acted = move || mirror.items.with(|items| items.iter().any(|item| item.with(was_verified)));
    view! {
        <Show when=move || ended.get() && acted()>
            <Show when=move || !own.replayed.get()>
                <Keep mirror />
            </Show>
            <Show when=move || own.replayed.get() || !mirror.has_model()>
                <section class="offers" aria-label="What next">
                    <Dock />
                    <Show when=move || !mirror.has_model()>
                        <h2>"Now in your own words"</h2>
                        <p class="faint">"Recipes ask no model. With one of your choice, peerd works on what you write."</p>
                        {OFFERS.map(offer).into_iter().collect_view()}
                    </Show>
                </section>
            </Show>
        </Show>
    }
}

/// Only what was seen to work is worth repeating.
fn was_verified(item: &Item) -> bool {
    matches!(item, Item::Tool { card } if card.verdict == Verdict::Verified)
}

struct Offer {
    picture: &'static str,
    title: &'static str,
    words: &'static str,
    /// Where in the settings.
    page: &'static str,
    id: &'static str,
}

const OFFERS: [Offer; 3] = [
    Offer {
        picture: "key",
        title: "Paste a key",
        words: "Anthropic, OpenAI or any compatible server. Sealed on this computer.",
        page: "options.html#key",
        id: "offer-key",
    },
    Offer {
        picture: "globe",
        title: "OpenRouter",
        words: "One key for many models.",
        page: "options.html#openrouter",
        id: "offer-openrouter",
    },
    Offer {
        picture: "chip",
        title: "A model on this computer",
        words: "Ollama, LM Studio, llama.cpp: nothing leaves the machine.",
        page: "options.html#local",
        id: "offer-local",
    },
];

fn offer(offer: Offer) -> impl IntoView {
    view! {
        <a class="offer" href=offer.page target="_blank" data-testid=offer.id>
            {icon(offer.picture)}
            <span>
                <strong>{offer.title}</strong>
                <span class="faint">{offer.words}</span>
            </span>
        </a>
    }
}

/// Only where the panel is a tab. The call must be the first thing in the click: the browser opens a side panel only then.
#[component]
fn Dock() -> impl IntoView {
    let own = own();
    let docked = RwSignal::new(None);
    let window = move || own.place.get().filter(|place| place.own_tab.is_some()).and_then(|place| place.window);
    move || {
        window().map(|window| {
            view! {
                <button
                    type="button"
                    class="main-button"
                    data-testid="dock"
                    disabled=move || docked.get() == Some(true)
                    on:click=move |_| browser::dock(window, move |opened| docked.set(Some(opened)))
                >
                    {icon("dock")}
                    {move || if docked.get() == Some(true) { "It is at the side now" } else { "Keep the panel at the side" }}
                </button>
                {move || (docked.get() == Some(false)).then(|| view! {
                    <p class="faint">"The browser did not open it. Click peerd's icon in the toolbar instead."</p>
                })}
            }
        })
    }
}

/// The run's actions as a recipe, under a name.
#[component]
fn Keep(mirror: Mirror) -> impl IntoView {
    let name = RwSignal::new(mirror.title.get_untracked());
    let kept = RwSignal::new(false);
    let keep = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(chat) = mirror.shown.get_untracked() else { return };
        let typed = name.get_untracked().trim().to_owned();
        wire::tell(&Command::KeepRun { chat, name: if typed.is_empty() { mirror.title.get_untracked() } else { typed } });
        kept.set(true);
    };
    view! {
        <form class="keep in-line" on:submit=keep>
            <label>
                <span class="unseen">"Name of the recipe"</span>
                <input
                    type="text"
                    data-testid="keep-name"
                    prop:value=move || name.get()
                    on:input=move |event| name.set(event_target_value(&event))
                />
            </label>
            <button type="submit" class="plain" data-testid="keep-run" disabled=move || kept.get() title="Repeat it later without a model">
                {move || if kept.get() { "Sent to the recipes" } else { "Keep this run" }}
            </button>
        </form>
    }
}
