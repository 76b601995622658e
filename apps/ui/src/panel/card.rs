//! One tool call: what was done to what, what was verified, and the whole answer for who opens it.
use super::head::take_me_there;
use crate::text::export;
use leptos::prelude::*;
use peerd_agent::view::{Item, ToolCard, Verdict};

#[component]
pub fn Card(item: RwSignal<Item>) -> impl IntoView {
    let card = Memo::new(move |_| item.with(|item| if let Item::Tool { card } = item { Some(card.clone()) } else { None }));
    let of = move |read: fn(&ToolCard) -> String| Signal::derive(move || card.with(|card| card.as_ref().map(read).unwrap_or_default()));
    let verdict = Memo::new(move |_| card.with(|card| card.as_ref().map(|card| card.verdict).unwrap_or_default()));
    let evidence = of(|card| card.evidence.clone());
    let result = of(|card| card.result.clone());
    let image =
        move || card.with(|card| card.as_ref().and_then(|card| card.image.clone()).filter(|image| image.starts_with("data:image/")));
    let tab = Memo::new(move |_| card.with(|card| card.as_ref().and_then(|card| card.tab)));
    view! {
        <details
            class="card"
            data-testid="tool-card"
            data-tool=of(|card| card.tool.clone())
            data-verdict=move || id(verdict.get())
        >
            <summary>
                <span class="bead" aria-hidden="true"></span>
                <span class="summary">{of(|card| card.summary.clone())}</span>
                <span class="chip">{move || export::verdict(verdict.get())}</span>
                {move || (!evidence.with(String::is_empty)).then(|| view! { <span class="evidence">{evidence.get()}</span> })}
            </summary>
            <div class="card-body">
                <p class="tool-name">
                    <code>{of(|card| card.tool.clone())}</code>
                    {move || tab.get().map(take_me_there)}
                </p>
                {move || image().map(|image| view! { <img src=image alt="Screenshot of the page" /> })}
                {move || (!result.with(String::is_empty)).then(|| view! { <pre tabindex="0">{result.get()}</pre> })}
            </div>
        </details>
    }
}

const fn id(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Running => "running",
        Verdict::Verified => "verified",
        Verdict::Unverified => "unverified",
        Verdict::Failed => "failed",
        Verdict::Done => "done",
        Verdict::Denied => "denied",
        Verdict::Unknown => "unknown",
        Verdict::Stopped => "stopped",
    }
}
