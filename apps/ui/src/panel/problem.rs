//! What could not be done, said in plain words until it is closed.
use crate::{browser, mirror::mirror, parts::icon};
use leptos::prelude::*;

#[component]
pub fn Problem() -> impl IntoView {
    let mirror = mirror();
    // The region stays in the page: a screen reader announces only changes of what it already knows.
    view! {
        <div role="alert">
            {move || {
                mirror.problem.get().map(|text| {
                    let settings = text.contains("settings");
                    view! {
                        <div class="bar problem" data-testid="problem">
                            {icon("alert")}
                            <p>{text}</p>
                            {settings.then(|| view! {
                                <button type="button" class="plain" on:click=|_| browser::open_settings()>"Settings"</button>
                            })}
                            <button type="button" class="icon-button small" aria-label="Close" on:click=move |_| mirror.problem.set(None)>
                                {icon("close")}
                            </button>
                        </div>
                    }
                })
            }}
        </div>
    }
}
