//! How far one task may go.
use crate::{mirror::mirror, wire};
use leptos::prelude::*;
use peerd_agent::view::{Command, Limits};

const STEPS_MAX: u32 = 100;

#[component]
pub fn LimitsForm() -> impl IntoView {
    let mirror = mirror();
    let limits = Memo::new(move |_| mirror.settings.get().map(|settings| settings.limits).unwrap_or_default());
    let steps = RwSignal::new(String::new());
    let tokens = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    Effect::new(move || {
        let Limits { steps_max, tokens_max } = limits.get();
        steps.set(steps_max.to_string());
        tokens.set(tokens_max.to_string());
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed =
            (steps.get_untracked().trim().parse::<u32>(), tokens.get_untracked().trim().replace(['_', ' ', ','], "").parse::<u64>());
        match typed {
            (Ok(steps_max @ 1..=STEPS_MAX), Ok(tokens_max @ 1..)) => {
                wrong.set(false);
                wire::tell(&Command::SetLimits { limits: Limits { steps_max, tokens_max } });
            }
            _ => wrong.set(true),
        }
    };
    let field = move |label: &'static str, id: &'static str, value: RwSignal<String>| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input
                    type="text"
                    inputmode="numeric"
                    data-testid=id
                    prop:value=move || value.get()
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </label>
        }
    };
    view! {
        <section class="block">
            <h2>"Limits of one task"</h2>
            <form class="fields" on:submit=submit>
                <div class="two">
                    {field("Steps, at most 100", "steps-max", steps)}
                    {field("Tokens", "tokens-max", tokens)}
                </div>
                <p class="wrong" role="alert">
                    {move || wrong.get().then_some("Steps are a number from 1 to 100, tokens a number above 0.")}
                </p>
                <button type="submit" class="plain" data-testid="limits-save">"Save limits"</button>
            </form>
        </section>
    }
}
