//! Where the browser has not yet been allowed to drive pages of all sites: one line that asks, and never blocks.
use crate::{browser, mirror::mirror, parts::icon, wire};
use leptos::prelude::*;
use peerd_agent::view::Command;

#[component]
pub fn Sites() -> impl IntoView {
    let mirror = mirror();
    let closed = RwSignal::new(false);
    let wanted = move || !closed.get() && mirror.settings.with(|settings| settings.as_ref().is_some_and(|settings| !settings.all_sites));
    view! {
        <Show when=wanted>
            <div class="bar sites">
                {icon("globe")}
                <p>"The browser lets peerd into a page only with your permission."</p>
                <button type="button" class="plain" data-testid="grant-sites" on:click=|_| ask()>"Allow on sites"</button>
                <button type="button" class="icon-button small" aria-label="Not now" on:click=move |_| closed.set(true)>
                    {icon("close")}
                </button>
            </div>
        </Show>
    }
}

pub fn ask() {
    browser::ask_for_all_sites(|granted| wire::tell(&Command::PermissionChanged { origins: vec!["<all_urls>".into()], granted }));
}
