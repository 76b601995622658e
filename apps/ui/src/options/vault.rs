//! The keys: sealed, open, or none yet.
use super::form::Typed;
use crate::{
    mirror::mirror,
    parts::{UnlockBar, icon},
    wire,
};
use leptos::prelude::*;
use peerd_agent::view::{Command, Vault};

#[component]
pub fn Keys() -> impl IntoView {
    let mirror = mirror();
    let typed: Typed = expect_context();
    let words = move || match mirror.vault.get() {
        Vault::Empty => "No key is kept yet. With the first one you choose a passphrase that seals them all.",
        Vault::Locked => "Sealed. The passphrase opens them until the browser closes, or for 45 minutes without use.",
        Vault::Unlocked => "Open. They lock by themselves after 45 minutes without use.",
    };
    // While a key is being typed above, that form asks for the passphrase.
    let ask_here = move || typed.key.with(|key| key.trim().is_empty());
    view! {
        <section class="block">
            <h2>"Keys"</h2>
            <p>{words}</p>
            <Show when=ask_here>
                <UnlockBar />
            </Show>
            <Show when=move || mirror.vault.get() == Vault::Unlocked>
                <button type="button" class="plain" data-testid="lock" on:click=|_| wire::tell(&Command::Lock)>
                    {icon("lock")}
                    "Lock now"
                </button>
            </Show>
        </section>
    }
}
