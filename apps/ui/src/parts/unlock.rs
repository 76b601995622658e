//! The passphrase: asked twice when it is chosen, once when it opens the keys.
use super::icon;
use crate::{mirror::mirror, wire};
use leptos::prelude::*;
use peerd_agent::view::{Command, Vault};

/// What is typed into the passphrase's fields.
#[derive(Clone, Copy)]
pub struct Passphrase {
    pub first: RwSignal<String>,
    pub again: RwSignal<String>,
}

/// Long enough that Argon2id makes guessing costly.
const LENGTH_MIN: usize = 8;

impl Passphrase {
    pub fn new() -> Self {
        Passphrase { first: RwSignal::default(), again: RwSignal::default() }
    }

    pub fn clear(self) {
        self.first.set(String::new());
        self.again.set(String::new());
    }
}

/// The passphrase, or why it will not do.
pub fn passphrase_ready(typed: Passphrase, vault: Vault) -> Result<String, &'static str> {
    let first = typed.first.get_untracked();
    match vault {
        _ if first.is_empty() => Err("Type the passphrase."),
        Vault::Empty if first.chars().count() < LENGTH_MIN => Err("A passphrase needs at least 8 characters; a few words are best."),
        Vault::Empty if first != typed.again.get_untracked() => Err("The two passphrases differ."),
        Vault::Empty | Vault::Locked | Vault::Unlocked => Ok(first),
    }
}

/// The fields; nothing while the keys are open.
#[component]
pub fn Unlock(typed: Passphrase) -> impl IntoView {
    let vault = mirror().vault;
    let field = move |label: &'static str, id: &'static str, complete: &'static str, value: RwSignal<String>| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input
                    type="password"
                    data-testid=id
                    autocomplete=complete
                    prop:value=move || value.get()
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </label>
        }
    };
    move || match vault.get() {
        Vault::Unlocked => ().into_any(),
        Vault::Locked => field("Passphrase", "passphrase", "current-password", typed.first).into_any(),
        Vault::Empty => view! {
            {field("Choose a passphrase", "passphrase", "new-password", typed.first)}
            {field("The same again", "passphrase-again", "new-password", typed.again)}
            <p class="hint">"It seals your keys on this computer. Nobody can bring it back when it is forgotten."</p>
        }
        .into_any(),
    }
}

/// One line that opens sealed keys; nothing while there is nothing to open.
#[component]
pub fn UnlockBar() -> impl IntoView {
    let mirror = mirror();
    let typed = Passphrase::new();
    let sent = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match passphrase_ready(typed, mirror.vault.get_untracked()) {
            Ok(passphrase) => {
                sent.set(true);
                wire::tell(&Command::Unlock { passphrase });
                typed.clear();
            }
            Err(why) => mirror.problem.set(Some(why.into())),
        }
    };
    // An answer of either kind ends the wait.
    Effect::new(move || {
        let _ = (mirror.vault.get(), mirror.problem.get());
        sent.set(false);
    });
    view! {
        <Show when=move || mirror.vault.get() == Vault::Locked>
            <form class="bar unlock" on:submit=submit>
                {icon("lock")}
                <label>
                    <span class="unseen">"Passphrase"</span>
                    <input
                        type="password"
                        data-testid="passphrase"
                        autocomplete="current-password"
                        placeholder="Passphrase opens your keys"
                        prop:value=move || typed.first.get()
                        on:input=move |event| typed.first.set(event_target_value(&event))
                    />
                </label>
                <button type="submit" class="plain" data-testid="unlock" disabled=move || sent.get()>
                    {move || if sent.get() { "Opening…" } else { "Unlock" }}
                </button>
            </form>
        </Show>
    }
}
