//! The live tree of the actors: who runs below whom, in which state, how often it was restarted.
use super::{
    head::{SheetHead, says},
    requests::OpensRequests,
};
use crate::{mirror::mirror, parts::icon, text::tree::ordered};
use leptos::prelude::*;
use peerd_agent::view::{ActorRow, Command};

#[component]
pub fn Tree() -> impl IntoView {
    let mirror = mirror();
    let rows = Memo::new(move |_| mirror.actors.with(|actors| ordered(actors)));
    view! {
        <section class="sheet" aria-label="Actors">
            <SheetHead title="Actors" />
            <p class="empty">"Everything here is an actor. When one crashes, the one above decides what happens next."</p>
            <p class="empty">
                <OpensRequests />
            </p>
            <ul class="actors">
                {move || rows.get().into_iter().map(|(depth, actor)| row(depth, actor)).collect_view()}
            </ul>
        </section>
    }
}

fn row(depth: usize, actor: ActorRow) -> impl IntoView {
    let restarts = (actor.restarts > 0).then(|| view! { <span class="tag warn">{format!("restarted {}×", actor.restarts)}</span> });
    let queued = (actor.queued > 0).then(|| view! { <span class="tag">{format!("{} waiting", actor.queued)}</span> });
    let exit = actor.last_exit.clone().map(|why| view! { <p class="exit">"last exit: " {why}</p> });
    let show = actor.tab.map(|tab| {
        view! {
            <button
                type="button"
                class="icon-button small"
                title="Take me there"
                aria-label="Take me there"
                on:click=says(Command::Show { tab })
            >
                {icon("go")}
            </button>
        }
    });
    let behaviour = (actor.behaviour != actor.name).then(|| actor.behaviour.clone());
    view! {
        <li
            class="actor"
            data-testid="actor-row"
            data-name=actor.name.clone()
            data-state=actor.state.clone()
            data-restarts=actor.restarts.to_string()
            style=format!("--depth:{depth}")
        >
            <span class="state-dot" data-state=actor.state.replace(' ', "-")></span>
            <div class="actor-main">
                <span class="actor-name">{actor.name.clone()}</span>
                <span class="faint">{behaviour}</span>
                <span class="state">{actor.state.clone()}</span>
                {queued}
                {restarts}
                {exit}
            </div>
            <span class="faint turns" title="turns so far">{actor.turns}</span>
            {show}
        </li>
    }
}
