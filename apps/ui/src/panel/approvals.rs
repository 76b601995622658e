//! Questions to the owner: who asks, for what, with the exact value. Silence denies.
use crate::{
    mirror::mirror,
    parts::{icon, now},
    text::format,
    wire,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use peerd_agent::view::{Answer, Approval, Command};
use std::time::Duration;

/// How long questions take no press once one of them has come or gone: a press meant for what stood there before must not
/// answer what stands there now.
const SETTLES: Duration = Duration::from_millis(500);

#[component]
pub fn Approvals() -> impl IntoView {
    let mirror = mirror();
    let shown = Memo::new(move |_| mirror.approvals.with(|all| all.iter().map(|approval| approval.id).collect::<Vec<_>>()));
    let settled = RwSignal::new(Vec::new());
    Effect::new(move |_| {
        let ids = shown.get();
        set_timeout(move || settled.set(ids), SETTLES);
    });
    let moving = Signal::derive(move || shown.get() != settled.get());
    view! {
        <div class="approvals" aria-live="assertive">
            <For each=move || mirror.approvals.get() key=|approval| approval.id let:approval>
                <Question approval moving />
            </For>
        </div>
    }
}

#[component]
fn Question(approval: Approval, moving: Signal<bool>) -> impl IntoView {
    let mirror = mirror();
    let now = now();
    let Approval { id, chat, actor, what, origin, value, why, until, task_origin } = approval;
    let place = NodeRef::<html::Section>::new();
    // The card gets the focus, no button does: a key that was meant for something else must not approve. Nor is it taken
    // from words that are being written.
    Effect::new(move || {
        if let Some(place) = place.get() {
            let writing = document().active_element().is_some_and(|active| matches!(active.tag_name().as_str(), "TEXTAREA" | "INPUT"));
            if !writing {
                drop(place.focus());
            }
        }
    });
    let answer = move |answer: Answer| {
        wire::tell(&Command::Answer { approval: id, answer });
        focus_composer();
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            answer(Answer::Deny);
        }
    };
    let elsewhere = move || {
        let other = mirror.shown.get() != Some(chat);
        let title = mirror.chats.with(|chats| chats.iter().find(|known| known.id == chat).map(|known| known.title.clone()));
        other.then(|| format!("In the chat “{}”", title.unwrap_or_default()))
    };
    view! {
        <section
            class="approval"
            data-testid="approval"
            role="alertdialog"
            aria-labelledby=format!("approval-{id}")
            tabindex="-1"
            node_ref=place
            on:keydown=key
        >
            <header>
                {icon("shield")}
                <h2 id=format!("approval-{id}")>{what}</h2>
                <span class="countdown" title="Then silence denies">{move || format::countdown(now.get(), until)}</span>
            </header>
            <p class="faint">{move || elsewhere()}</p>
            <dl>
                <dt>"Who"</dt>
                <dd>{actor}</dd>
                <dt>"Site"</dt>
                <dd class="exact">{origin}</dd>
                {(!value.is_empty()).then(|| view! {
                    <dt>"Value"</dt>
                    <dd class="exact value" tabindex="0">{value}</dd>
                })}
                {(!why.is_empty()).then(|| view! {
                    <dt>"Why"</dt>
                    <dd>{why}</dd>
                })}
            </dl>
            <div class="answers">
                <button type="button" class="plain" data-testid="approve-once" disabled=moving on:click=move |_| answer(Answer::Once)>"Once"</button>
                {task_origin.then(|| view! {
                    <button type="button" class="plain" data-testid="approve-task" disabled=moving on:click=move |_| answer(Answer::TaskOrigin)>
                        "This task on this site"
                    </button>
                })}
                <button type="button" class="plain deny" data-testid="deny" disabled=moving on:click=move |_| answer(Answer::Deny)>"Deny"</button>
            </div>
        </section>
    }
}

fn focus_composer() {
    let field = document().query_selector("[data-testid=composer]").ok().flatten();
    if let Some(field) = field.and_then(|field| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(field).ok()) {
        drop(field.focus());
    }
}
