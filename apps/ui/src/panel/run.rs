//! The line above the composer: what the run is doing, what it used, and how to end it.
use super::head::{says, take_me_there};
use crate::{mirror::mirror, parts::icon, text::format};
use leptos::prelude::*;
use peerd_agent::view::{Command, RunPhase, RunState};

#[component]
pub fn Run() -> impl IntoView {
    let mirror = mirror();
    let shown = move || mirror.open.get() && mirror.run.with(|run| run.phase != RunPhase::Idle);
    let phase = Memo::new(move |_| mirror.run.with(|run| run.phase));
    let words = move || mirror.run.with(line);
    let tab = Memo::new(move |_| mirror.run.with(|run| run.tab.filter(|_| run.phase.is_under_way())));
    let usage = move || mirror.run.with(|run| (used(run)).then(|| (format::usage(&run.usage), format::usage_in_full(&run.usage))));
    let buttons = move || {
        let chat = mirror.shown.get()?;
        let resume = (phase.get() == RunPhase::Paused).then(|| {
            view! {
                <button type="button" class="main-button small" data-testid="resume" on:click=says(Command::Resume { chat })>
                    {icon("play")} "Resume"
                </button>
            }
        });
        let stop = phase.get().is_under_way().then(|| {
            view! {
                <button type="button" class="plain stop" data-testid="stop" on:click=says(Command::Stop { chat })>
                    {icon("stop")} "Stop"
                </button>
            }
        });
        Some(view! { {resume} {stop} })
    };
    view! {
        <Show when=shown>
            <div class="run" data-testid="run" data-phase=move || name(phase.get())>
                <span class="pulse" aria-hidden="true"></span>
                <span class="run-line" role="status">{words}</span>
                <span class="run-more">
                    {move || tab.get().map(take_me_there)}
                    {move || usage().map(|(short, full)| view! { <span class="usage" data-testid="usage" title=full>{short}</span> })}
                </span>
                {buttons}
            </div>
        </Show>
    }
}

fn used(run: &RunState) -> bool {
    let usage = &run.usage;
    usage.tokens_in + usage.tokens_out + usage.cache_read + usage.cache_write > 0 || usage.micro_dollars.is_some()
}

fn line(run: &RunState) -> String {
    let phase = match run.phase {
        RunPhase::Idle => "",
        RunPhase::Thinking => "Thinking",
        RunPhase::Acting => "Acting",
        RunPhase::Waiting => "Waiting for you",
        RunPhase::Paused => "Paused by you",
        RunPhase::Done => "Done",
        RunPhase::Stopped => "Stopped",
        RunPhase::Failed => "Failed",
        RunPhase::Interrupted => "Interrupted: nothing is repeated by itself",
    };
    if phase.to_lowercase().starts_with(&run.line.to_lowercase()) { phase.into() } else { format!("{phase} · {}", run.line) }
}

pub const fn name(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::Idle => "idle",
        RunPhase::Thinking => "thinking",
        RunPhase::Acting => "acting",
        RunPhase::Waiting => "waiting",
        RunPhase::Paused => "paused",
        RunPhase::Done => "done",
        RunPhase::Stopped => "stopped",
        RunPhase::Failed => "failed",
        RunPhase::Interrupted => "interrupted",
    }
}
