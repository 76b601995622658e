//! Adding or changing a provider: a preset fills in all but the key.
use super::{
    presets::{self, PRESETS, Preset, preset},
    save::{Saving, State},
};
use crate::{
    mirror::mirror,
    parts::{Passphrase, Unlock, passphrase_ready},
    text::format,
};
use leptos::prelude::*;
use peerd_agent::view::{Provider, Vault};

/// What is typed, so that a row's "change" can fill it in.
#[derive(Clone, Copy)]
pub struct Typed {
    pub kind: RwSignal<&'static str>,
    pub label: RwSignal<String>,
    pub base: RwSignal<String>,
    pub models: RwSignal<String>,
    pub key: RwSignal<String>,
    pub price_in: RwSignal<String>,
    pub price_out: RwSignal<String>,
    /// The id of the provider that is being changed.
    pub changing: RwSignal<Option<String>>,
}

impl Typed {
    pub fn new(preset: &'static Preset) -> Self {
        let typed = Typed {
            kind: RwSignal::new(preset.id),
            label: RwSignal::default(),
            base: RwSignal::default(),
            models: RwSignal::default(),
            key: RwSignal::default(),
            price_in: RwSignal::default(),
            price_out: RwSignal::default(),
            changing: RwSignal::new(None),
        };
        typed.choose(preset);
        typed
    }

    pub fn choose(self, preset: &'static Preset) {
        self.kind.set(preset.id);
        self.label.set(preset.label.into());
        self.base.set(preset.base.into());
        self.models.set(preset.models.join(", "));
        self.price_in.set(String::new());
        self.price_out.set(String::new());
        self.changing.set(None);
    }

    pub fn change(self, provider: &Provider) {
        self.choose(presets::of(provider));
        self.label.set(provider.label.clone());
        self.base.set(provider.base.clone());
        self.models.set(provider.models.join(", "));
        self.price_in.set(format::dollars_text(provider.price_in));
        self.price_out.set(format::dollars_text(provider.price_out));
        self.changing.set(Some(provider.id.clone()));
    }

    /// The provider as typed, or what is wrong with it.
    fn provider(self, known: &[Provider]) -> Result<Provider, &'static str> {
        let preset = preset(self.kind.get_untracked());
        let base = self.base.get_untracked().trim().trim_end_matches('/').to_owned();
        let label = self.label.get_untracked().trim().to_owned();
        let models: Vec<String> =
            self.models.get_untracked().split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()).map(Into::into).collect();
        if crate::text::markdown::safe_address(&base).is_none() {
            return Err("The address must begin with http:// or https://.");
        }
        if models.is_empty() {
            return Err("Name at least one model.");
        }
        let price = |typed: RwSignal<String>| match typed.get_untracked().trim() {
            "" => Ok(None),
            text => format::dollars(text).map(Some).ok_or("A price is a number of dollars, such as 3 or 0.25."),
        };
        let id = self.changing.get_untracked().unwrap_or_else(|| presets::id_for(preset, &label, &base, known));
        let has_key = known.iter().any(|provider| provider.id == id && provider.has_key);
        Ok(Provider {
            label: if label.is_empty() { id.clone() } else { label },
            id,
            dialect: preset.dialect,
            base,
            models,
            needs_key: preset.needs_key || has_key || !self.key.with_untracked(String::is_empty),
            has_key,
            price_in: price(self.price_in)?,
            price_out: price(self.price_out)?,
        })
    }
}

#[component]
pub fn Form() -> impl IntoView {
    let mirror = mirror();
    let typed: Typed = expect_context();
    let passphrase = Passphrase::new();
    let saving = Saving::new(mirror);
    let wrong = RwSignal::new(None::<&'static str>);
    let has_key = Memo::new(move |_| typed.key.with(|key| !key.trim().is_empty()));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        mirror.problem.set(None);
        let known = mirror.settings.get_untracked().map(|settings| settings.providers).unwrap_or_default();
        let key = typed.key.get_untracked().trim().to_owned();
        let ready = typed.provider(&known).and_then(|provider| {
            let key = match (key.is_empty(), mirror.vault.get_untracked()) {
                (true, _) => None,
                (false, Vault::Unlocked) => Some((key, None)),
                (false, vault) => Some((key, Some(passphrase_ready(passphrase, vault)?))),
            };
            Ok((provider, key))
        });
        match ready {
            Err(why) => wrong.set(Some(why)),
            Ok((provider, key)) => {
                wrong.set(None);
                saving.save(provider, key);
                passphrase.clear();
            }
        }
    };
    // The key leaves the page with the success, not before: after a wrong passphrase it need not be pasted again.
    Effect::new(move || {
        if saving.state.get() == State::Saved {
            typed.key.set(String::new());
            typed.changing.set(None);
        }
    });
    let heading = move || if typed.changing.get().is_some() { "Change a provider" } else { "Add a provider" };
    let key_hint = move || if preset(typed.kind.get()).needs_key { "Paste it here" } else { "Most local servers need none" };
    let opening = move || saving.state.get() == State::Opening;
    view! {
        <section class="block" id="key">
            <h2>{heading}</h2>
            <form class="fields" on:submit=submit on:input=move |_| saving.state.set(State::Idle)>
                <label class="field">
                    <span>"Kind"</span>
                    <select
                        data-testid="provider-kind"
                        on:change=move |event| typed.choose(preset(&event_target_value(&event)))
                    >
                        {PRESETS.iter().map(|preset| {
                            let chosen = move || typed.kind.get() == preset.id;
                            view! { <option value=preset.id prop:selected=chosen>{preset.label}</option> }
                        }).collect_view()}
                    </select>
                </label>
                {text("Name", "provider-label", typed.label, "")}
                {text("Address", "provider-base", typed.base, "https://…/v1")}
                {text("Models, the first is used", "provider-model", typed.models, "model, another-model")}
                <label class="field">
                    <span>"Key"</span>
                    <input
                        type="password"
                        data-testid="provider-key"
                        autocomplete="off"
                        spellcheck="false"
                        placeholder=key_hint
                        prop:value=move || typed.key.get()
                        on:input=move |event| typed.key.set(event_target_value(&event))
                    />
                    {move || key_link(preset(typed.kind.get()))}
                </label>
                <Show when=move || has_key.get()>
                    <Unlock typed=passphrase />
                </Show>
                <details class="prices">
                    <summary>"Own prices"</summary>
                    <p class="hint">"In dollars per million tokens. Used where the provider does not say what a request cost."</p>
                    <div class="two">
                        {text("In", "price-in", typed.price_in, "3")}
                        {text("Out", "price-out", typed.price_out, "15")}
                    </div>
                </details>
                <p class="wrong" role="alert" data-testid="form-problem">{move || wrong.get()}</p>
                <div class="in-line">
                    <button type="submit" class="main-button" data-testid="provider-save" disabled=opening>
                        {move || if opening() { "Opening the keys…" } else { "Save" }}
                    </button>
                    <span class="saved" role="status" data-testid="saved">
                        {move || (saving.state.get() == State::Saved).then_some("Saved")}
                    </span>
                </div>
            </form>
        </section>
    }
}

fn text(label: &'static str, id: &'static str, value: RwSignal<String>, hint: &'static str) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type="text"
                data-testid=id
                autocomplete="off"
                spellcheck="false"
                placeholder=hint
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
        </label>
    }
}

fn key_link(preset: &'static Preset) -> Option<impl IntoView> {
    (!preset.keys_at.is_empty()).then(|| {
        view! { <a class="hint" href=preset.keys_at target="_blank" rel="noopener noreferrer">"Where keys are made"</a> }
    })
}
