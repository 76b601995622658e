//! The doctor: does a model server on this computer answer one tiny request, and what to set if it does not.
use super::{form::Typed, presets::preset, providers::to_the_form};
use crate::{mirror::mirror, parts::icon, wire};
use leptos::prelude::*;
use peerd_agent::view::{Command, DoctorReport};

#[component]
pub fn Doctor() -> impl IntoView {
    let mirror = mirror();
    let base = RwSignal::new(preset("local").base.to_owned());
    let asking = RwSignal::new(false);
    let report = Memo::new(move |_| mirror.doctor.get());
    Effect::new(move || {
        if report.get().is_some() {
            asking.set(false);
        }
    });
    let run = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        mirror.doctor.set(None);
        asking.set(true);
        wire::tell(&Command::Doctor { base: base.get_untracked().trim().trim_end_matches('/').to_owned() });
    };
    view! {
        <section class="block" id="local">
            <h2>"A model on this computer"</h2>
            <p>"Ollama, LM Studio, llama.cpp and others that speak OpenAI's chat format. The doctor sends one tiny request."</p>
            <form class="in-line" on:submit=run>
                <label>
                    <span class="unseen">"Address of the server"</span>
                    <input
                        type="text"
                        data-testid="doctor-base"
                        spellcheck="false"
                        prop:value=move || base.get()
                        on:input=move |event| base.set(event_target_value(&event))
                    />
                </label>
                <button type="submit" class="plain" data-testid="doctor-run" disabled=move || asking.get()>
                    {move || if asking.get() { "Asking…" } else { "Ask it" }}
                </button>
            </form>
            <div role="status">{move || report.get().map(|(base, report)| view! { <Report base report /> })}</div>
        </section>
    }
}

#[component]
fn Report(base: String, report: DoctorReport) -> impl IntoView {
    let DoctorReport { found, models, advice } = report;
    let typed: Typed = expect_context();
    let names = models.join(", ");
    let fill = {
        let names = names.clone();
        move |_| {
            typed.choose(preset("local"));
            typed.base.set(base.clone());
            typed.models.set(names.clone());
            to_the_form();
        }
    };
    view! {
        <div class="report" data-testid="doctor-report" data-found=found.to_string()>
            <p>
                {icon(if found { "check" } else { "alert" })}
                <strong>{if found { "It answered." } else { "It can't be used yet." }}</strong>
            </p>
            {(!names.is_empty()).then(|| view! { <p class="faint">{names}</p> })}
            {(!advice.is_empty()).then(|| view! { <p class="advice">{advice}</p> })}
            {found.then(|| view! {
                <button type="button" class="plain" data-testid="doctor-use" on:click=fill>"Fill in the form"</button>
            })}
        </div>
    }
}
