//! While a person shows how it is done: the steps so far, a name, and the end.
use crate::{mirror::mirror, wire};
use leptos::prelude::*;
use peerd_agent::view::Command;

#[component]
pub fn Recorder() -> impl IntoView {
    let mirror = mirror();
    let name = RwSignal::new(String::new());
    let steps = Memo::new(move |_| mirror.recording.get().map(|recording| recording.steps).unwrap_or_default());
    let stop = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = name.get_untracked().trim().to_owned();
        wire::tell(&Command::RecordStop { name: if typed.is_empty() { "My recipe".into() } else { typed } });
        name.set(String::new());
    };
    view! {
        <Show when=move || mirror.recording.with(Option::is_some)>
            <form class="recorder" on:submit=stop>
                <p>
                    <span class="pulse red" aria-hidden="true"></span>
                    <strong>"Recording. "</strong>
                    "Do it in the tab; passwords are left out."
                </p>
                <ol aria-live="polite">{move || steps.get().into_iter().map(|step| view! { <li>{step}</li> }).collect_view()}</ol>
                <div class="in-line">
                    <label>
                        <span class="unseen">"Name of the recipe"</span>
                        <input
                            type="text"
                            data-testid="record-name"
                            placeholder="Name of the recipe"
                            prop:value=move || name.get()
                            on:input=move |event| name.set(event_target_value(&event))
                        />
                    </label>
                    <button type="submit" class="main-button small" data-testid="record-stop">"Stop and keep"</button>
                </div>
            </form>
        </Show>
    }
}
