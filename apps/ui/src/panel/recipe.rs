//! One recipe: what it does, what it may do, what it needs to be told, and the button that runs it.
use super::{Own, Sheet, head::says, own};
use crate::{
    mirror::{Mirror, mirror},
    parts::icon,
};
use leptos::{prelude::*, task::spawn_local};
use peerd_agent::view::{Command, RecipeInfo, SlotInfo};

pub type Values = Vec<(String, String)>;

/// Runs it on the tab its owner means, in a chat of its own.
pub fn run(mirror: Mirror, own: Own, recipe: u64, slots: Values) {
    own.replayed.set(true);
    own.sheet.set(Sheet::None);
    spawn_local(async move {
        let tab = own.meant_tab().await;
        mirror.start(&Command::RunRecipe { recipe, slots, tab, chat: None }, None);
    });
}

pub fn defaults(slots: &[SlotInfo]) -> Values {
    slots.iter().map(|slot| (slot.name.clone(), slot.default.clone().unwrap_or_default())).collect()
}

#[component]
pub fn Recipe(recipe: RecipeInfo) -> impl IntoView {
    let (mirror, own) = (mirror(), own());
    let RecipeInfo { id, name, bundled, start_url, steps, slots, grants } = recipe;
    let given = defaults(&slots);
    let values = RwSignal::new(given.clone());
    let needed: Vec<String> = slots.iter().filter(|slot| slot.default.is_none()).map(|slot| slot.name.clone()).collect();
    let lacking = Memo::new(move |_| values.with(|values| values.iter().any(|(name, value)| value.is_empty() && needed.contains(name))));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !lacking.get_untracked() {
            run(mirror, own, id, values.get_untracked());
            // A secret is typed anew for each run.
            values.set(given.clone());
        }
    };
    // What must be typed stands open; what has a value is there to be changed.
    let (asked, filled): (Vec<_>, Vec<_>) = slots.into_iter().enumerate().partition(|(_, slot)| slot.default.is_none());
    let fields = |slots: Vec<(usize, SlotInfo)>| slots.into_iter().map(|(at, slot)| field(at, slot, values)).collect_view();
    let count = filled.len();
    let filled = (count > 0).then(|| {
        view! {
            <details class="values">
                <summary>{if count == 1 { "1 value".into() } else { format!("{count} values") }}</summary>
                {fields(filled)}
            </details>
        }
    });
    let facts = format!("{} steps on {}", steps.len(), if start_url.is_empty() { "the current tab" } else { &start_url });
    view! {
        <li class="recipe" data-testid="recipe" data-name=name.clone()>
            <form on:submit=submit>
                <div class="recipe-head">
                    <div>
                        <h3>{name.clone()}</h3>
                        <p class="faint">{facts}</p>
                    </div>
                    <button
                        type="submit"
                        class="plain"
                        data-testid="recipe-run"
                        aria-label=format!("Run {name}")
                        disabled=move || lacking.get() || mirror.starting.get()
                    >
                        {icon("play")}
                        "Run"
                    </button>
                </div>
                {fields(asked)}
                {filled}
                <details>
                    <summary>"Steps and rights"</summary>
                    <ol>{steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view()}</ol>
                    <ul class="grants">{grants.into_iter().map(|grant| view! { <li>{grant}</li> }).collect_view()}</ul>
                    {(!bundled).then(|| view! {
                        <button
                            type="button"
                            class="link danger"
                            data-testid="recipe-delete"
                            on:click=says(Command::DeleteRecipe { recipe: id })
                        >
                            "Delete this recipe"
                        </button>
                    })}
                </details>
            </form>
        </li>
    }
}

fn field(at: usize, slot: SlotInfo, values: RwSignal<Values>) -> impl IntoView {
    let label = if slot.label.is_empty() { slot.name.clone() } else { slot.label };
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type=if slot.secret { "password" } else { "text" }
                data-testid="recipe-slot"
                name=slot.name
                autocomplete="off"
                prop:value=move || values.with(|values| values[at].1.clone())
                on:input=move |event| values.update(|values| values[at].1 = event_target_value(&event))
            />
        </label>
    }
}
