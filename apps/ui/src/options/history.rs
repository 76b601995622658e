//! The past of what is kept: turn by turn, what was handled and what was there afterwards, and a way back.
use super::line::Line;
use crate::{browser, text::format};
use leptos::prelude::*;
use peerd_agent::past::{Book, Turn};

/// Limit: a text longer than this is shown in part.
const SHOWN_MAX: usize = 20_000;

/// What is looked at.
#[derive(Clone, Copy)]
struct Look {
    line: Line,
    actor: RwSignal<String>,
    /// The number of a turn in the book.
    at: RwSignal<usize>,
    /// Its owner is asked whether to go back there.
    asks: RwSignal<bool>,
}

impl Look {
    fn turn<T>(self, read: impl FnOnce(&Turn) -> T) -> Option<T> {
        self.line.book.with(|book| book.as_ref().and_then(|book| book.turns.get(self.at.get())).map(read))
    }

    fn count(self) -> usize {
        self.line.book.with(|book| book.as_ref().map_or(0, |book| book.turns.len()))
    }

    fn go(self, to: usize) {
        self.asks.set(false);
        self.at.set(to.min(self.count().saturating_sub(1)));
    }

    fn name(self) -> String {
        let actor = self.actor.get();
        self.line.keeps.with(|keeps| {
            let found = keeps.iter().flatten().find(|keeps| keeps.actor == actor);
            found.map(|keeps| keeps.name.clone()).unwrap_or_default()
        })
    }
}

#[component]
pub fn History(line: Line) -> impl IntoView {
    let look = Look { line, actor: RwSignal::default(), at: RwSignal::new(0), asks: RwSignal::new(false) };
    // The newest turn is where one begins.
    Effect::new(move |_| look.go(line.book.with(|book| book.as_ref().map_or(0, |book| book.turns.len().saturating_sub(1)))));
    Effect::new(move |_| {
        let first = line.keeps.with(|keeps| keeps.as_ref().and_then(|keeps| keeps.first().map(|keeps| keeps.actor.clone())));
        if let Some(first) = first.filter(|_| look.actor.with_untracked(String::is_empty)) {
            line.read(&first);
            look.actor.set(first);
        }
    });
    view! {
        {move || line.keeps.with(Option::is_some).then(|| view! {
            <div class="history" data-testid="history">
                <Whose look />
                {move || (look.count() > 0).then(|| view! {
                    <Scrub look />
                    <Told look />
                    <Back look />
                    <Parts look />
                })}
            </div>
        })}
    }
}

#[component]
fn Whose(look: Look) -> impl IntoView {
    let choose = move |event| {
        let actor = event_target_value(&event);
        look.line.book.set(None);
        look.line.read(&actor);
        look.actor.set(actor);
    };
    view! {
        <label class="field">
            <span>"History of"</span>
            <select data-testid="history-of" on:change=choose prop:value=move || look.actor.get()>
                {move || look.line.keeps.get().unwrap_or_default().into_iter().map(|keeps| view! {
                    <option value=keeps.actor>{keeps.name}</option>
                }).collect_view()}
            </select>
        </label>
    }
}

#[component]
fn Scrub(look: Look) -> impl IntoView {
    let last = move || look.count().saturating_sub(1);
    let slide = move |event| look.go(event_target_value(&event).parse().unwrap_or(0));
    view! {
        <div class="scrub">
            <button
                type="button"
                class="plain"
                data-testid="history-earlier"
                disabled=move || look.at.get() == 0
                on:click=move |_| look.go(look.at.get_untracked().saturating_sub(1))
            >
                "Earlier"
            </button>
            <input
                type="range"
                aria-label="Turn"
                data-testid="history-scrub"
                min="0"
                max=move || last().to_string()
                prop:value=move || look.at.get().to_string()
                on:input=slide
            />
            <button
                type="button"
                class="plain"
                data-testid="history-later"
                disabled=move || look.at.get() == last()
                on:click=move |_| look.go(look.at.get_untracked() + 1)
            >
                "Later"
            </button>
        </div>
    }
}

#[component]
fn Told(look: Look) -> impl IntoView {
    let place = move || {
        let older = look.line.book.with(|book| book.as_ref().map_or(0, |book| book.older));
        format!("Turn {} of {}", older + look.at.get() as u64 + 1, older + look.count() as u64)
    };
    view! {
        <div class="told" data-testid="history-told">
            <p class="told-head">
                <strong>{place}</strong>
                <span class="faint">{move || look.turn(|turn| browser::moment(turn.at))}</span>
            </p>
            <p data-testid="history-line">{move || look.turn(|turn| turn.line.clone())}</p>
        </div>
    }
}

#[component]
fn Back(look: Look) -> impl IntoView {
    let is_last = move || look.at.get() + 1 >= look.count();
    let is_busy = move || look.turn(|turn| turn.is_busy).unwrap_or(false);
    let go = move |_| {
        look.asks.set(false);
        if let Some(place) = look.turn(|turn| turn.place.clone()) {
            look.line.go_back(&look.actor.get_untracked(), &place);
        }
    };
    let undo = move |_| {
        if let Some((actor, place)) = look.line.undo.get_untracked() {
            look.line.go_back(&actor, &place);
        }
    };
    let question = move || {
        let at = look.turn(|turn| browser::moment(turn.at)).unwrap_or_default();
        format!(
            "“{}” becomes what it was on {at}. What came after stays in the history, so this can be undone. What was done outside stays done: pages that were acted on, and all that was sent.",
            look.name()
        )
    };
    view! {
        <div class="choices">
            <button
                type="button"
                class="plain"
                data-testid="history-back"
                disabled=move || look.line.is_working() || is_last() || is_busy()
                on:click=move |_| look.asks.set(true)
            >
                "Go back to here"
            </button>
            {move || look.line.undo.get().filter(|(actor, _)| *actor == look.actor.get()).map(|_| view! {
                <button type="button" class="plain" data-testid="history-undo" disabled=move || look.line.is_working() on:click=undo>
                    "Undo going back"
                </button>
            })}
        </div>
        {move || is_busy().then(|| view! {
            <p class="hint">"A task was under way here. It would go on and do again what it has done since: choose a turn before it or after it."</p>
        })}
        {move || look.asks.get().then(|| view! {
            <div class="bar" role="group" aria-label="Go back">
                <p>{question}</p>
                <button type="button" class="plain" data-testid="history-sure" on:click=go>"Go back"</button>
                <button type="button" class="plain" on:click=move |_| look.asks.set(false)>"Cancel"</button>
            </div>
        })}
    }
}

/// What was handled, what was there afterwards, what was sent.
#[component]
fn Parts(look: Look) -> impl IntoView {
    let texts = move || {
        let at = look.at.get();
        let changed: Vec<String> = look.turn(|turn| turn.changed.iter().map(|(key, _)| key.clone()).collect()).unwrap_or_default();
        let texts = look.line.book.with(|book| book.as_ref().map(|book: &Book| book.after(at)).unwrap_or_default());
        let mut texts: Vec<(bool, String, String)> = texts.into_iter().map(|(key, text)| (changed.contains(&key), key, text)).collect();
        texts.sort_by_key(|(is_new, ..)| !is_new);
        texts
    };
    let gone = move || {
        let gone = look.turn(|turn| turn.changed.iter().filter(|(_, text)| text.is_none()).map(|(key, _)| key.clone()).collect::<Vec<_>>());
        gone.filter(|gone| !gone.is_empty()).map(|gone| format!("Taken out: {}.", gone.join(", ")))
    };
    let talk = move || {
        let at = look.at.get();
        let talk = look.line.book.with(|book| book.as_ref().map(|book| book.talk(at)).unwrap_or_default());
        (!talk.is_empty()).then(|| {
            view! {
                <p class="parts-head">"The chat as it was then"</p>
                <ol class="talk" data-testid="history-talk">
                    {talk.into_iter().map(|(who, words)| view! { <li><b>{who}</b><span>{words}</span></li> }).collect_view()}
                </ol>
            }
        })
    };
    view! {
        <div class="parts">
            {talk}
            {move || look.turn(|turn| turn.message.clone()).flatten().map(|message| view! {
                <p class="parts-head">"This turn"</p>
                <details>
                    <summary>"What it handled"</summary>
                    <pre data-testid="history-message">{message}</pre>
                </details>
            })}
            <p class="parts-head">"All that was kept after it"</p>
            <div data-testid="history-state">
                {move || texts().into_iter().map(|(is_new, key, text)| view! {
                    <details>
                        <summary>
                            <code>{key}</code>
                            {is_new.then(|| view! { <span class="new">"written here"</span> })}
                            <span class="faint">{format::size(text.len() as u64)}</span>
                        </summary>
                        <pre>{shown(&text)}</pre>
                    </details>
                }).collect_view()}
            </div>
            {move || texts().is_empty().then(|| view! { <pre>{look.turn(|turn| turn.state.clone())}</pre> })}
            {move || gone().map(|gone| view! { <p class="hint">{gone}</p> })}
            {move || look.turn(|turn| turn.sent).filter(|sent| *sent > 0).map(|sent| view! {
                <p class="hint">{format!("It sent {sent} messages to others whose history is kept.")}</p>
            })}
        </div>
    }
}

/// JSON in lines.
fn shown(text: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(text).ok();
    let text = value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.into());
    match text.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
