//! The log of the network: each request of code that was not written by us, who asked, and what came of it.
use super::{Sheet, head::SheetHead, own};
use crate::{browser, mirror::mirror, parts, text::format, wire};
use leptos::prelude::*;
use peerd_agent::view::{Command, RequestOutcome, RequestRow};
use std::collections::{BTreeMap, BTreeSet};

/// From the sheets of those who ask.
#[component]
pub fn OpensRequests() -> impl IntoView {
    let own = own();
    view! {
        <button type="button" class="link" data-testid="requests-toggle" on:click=move |_| own.sheet.set(Sheet::Requests)>
            "What they asked of the network"
        </button>
    }
}

#[component]
pub fn Requests() -> impl IntoView {
    let mirror = mirror();
    let clock = parts::now();
    // What lies open is looked at once a second: what is new, and what was under way.
    Effect::new(move |_| {
        clock.get();
        let after = mirror.requests.with_untracked(settled);
        wire::tell(&Command::Requests { after });
    });
    let chosen = RwSignal::new(String::new());
    let actors = Memo::new(move |_| mirror.requests.with(|rows| rows.values().map(|row| row.who.clone()).collect::<BTreeSet<String>>()));
    let rows = Memo::new(move |_| mirror.requests.with(|rows| of(rows, &chosen.get())));
    view! {
        <section class="sheet" aria-label="Network">
            <SheetHead title="Network" />
            <p class="empty">
                "Every request of code that was not written by peerd: sandboxes, apps, notebooks, programs in Linux. Refused ones never left the browser. The newest 1,000 are kept, and forgotten when peerd starts again."
            </p>
            <label class="request-filter">
                <span>"Asked by"</span>
                <select data-testid="requests-filter" on:change=move |event| chosen.set(event_target_value(&event)) prop:value=chosen>
                    <option value="">"everybody"</option>
                    {move || actors.get().into_iter().map(|who| view! { <option value=who.clone()>{who.clone()}</option> }).collect_view()}
                </select>
            </label>
            <Show when=move || rows.with(Vec::is_empty)>
                <p class="empty" data-testid="requests-none">"Nobody has asked for anything."</p>
            </Show>
            <ol class="requests" reversed>
                <For each=move || rows.get() key=|row| (row.number, row.at, row.outcome as u8) children=row />
            </ol>
        </section>
    }
}

/// All up to here are settled.
fn settled(rows: &BTreeMap<u64, RequestRow>) -> u64 {
    let open = rows.values().find(|row| row.outcome == RequestOutcome::UnderWay).map(|row| row.number - 1);
    open.unwrap_or_else(|| rows.keys().next_back().copied().unwrap_or(0))
}

/// Those of one actor, or all; the newest first.
fn of(rows: &BTreeMap<u64, RequestRow>, who: &str) -> Vec<RequestRow> {
    rows.values().rev().filter(|row| who.is_empty() || row.who == who).cloned().collect()
}

fn row(row: RequestRow) -> impl IntoView {
    let (id, words, is_bad) = outcome(&row);
    let why = (!row.why.is_empty()).then(|| view! { <p class="exit">{row.why.clone()}</p> });
    view! {
        <li class="request" data-testid="request-row" data-who=row.who.clone() data-outcome=id>
            <div class="request-line">
                <span class="request-method">{row.method.clone()}</span>
                <span class="request-url" title=row.url.clone()>{row.url.clone()}</span>
            </div>
            <div class="request-line faint">
                <time datetime=browser::iso(row.at)>{browser::time_of_day(row.at)}</time>
                <span class="request-who">{row.who.clone()}</span>
                <span>{sizes(&row)}</span>
                <span class="fill"></span>
                <span class=if is_bad { "tag warn" } else { "tag" }>{words}</span>
            </div>
            {why}
        </li>
    }
}

/// Its name, what a person reads, and whether something went wrong.
fn outcome(row: &RequestRow) -> (&'static str, String, bool) {
    match row.outcome {
        RequestOutcome::UnderWay => ("under-way", "under way".into(), false),
        RequestOutcome::Answered => ("answered", format!("answered {}", row.status), row.status >= 400),
        RequestOutcome::Redirected => ("redirected", format!("led elsewhere {}", row.status), false),
        RequestOutcome::Refused => ("refused", "refused".into(), true),
        RequestOutcome::Cut => ("cut", "cut off".into(), true),
        RequestOutcome::Failed => ("failed", "failed".into(), true),
    }
}

/// Of the bodies that went either way.
fn sizes(row: &RequestRow) -> String {
    match (row.outcome, row.sent) {
        (RequestOutcome::Answered, 0) => format::size(row.received),
        (RequestOutcome::Answered, sent) => format!("{} for {}", format::size(row.received), format::size(sent)),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(all: &[(u64, &str, RequestOutcome)]) -> BTreeMap<u64, RequestRow> {
        let row = |&(number, who, outcome): &(u64, &str, RequestOutcome)| {
            let (method, url, why) = ("GET".into(), "https://a.example/".into(), String::new());
            (number, RequestRow { number, at: 0, who: who.into(), method, url, hop: 0, outcome, status: 0, sent: 0, received: 0, why })
        };
        all.iter().map(row).collect()
    }

    #[test]
    fn what_is_under_way_is_asked_for_again_and_what_is_settled_is_not() {
        let (answered, open) = (RequestOutcome::Answered, RequestOutcome::UnderWay);
        assert_eq!(settled(&rows(&[])), 0);
        assert_eq!(settled(&rows(&[(4, "a", answered), (5, "a", open), (6, "a", answered)])), 4);
        assert_eq!(settled(&rows(&[(4, "a", answered), (5, "a", answered)])), 5);
    }

    #[test]
    fn one_actors_requests_are_shown_alone_the_newest_first() {
        let all = rows(&[(1, "a", RequestOutcome::Answered), (2, "b", RequestOutcome::Refused), (3, "a", RequestOutcome::Cut)]);
        let numbers = |who: &str| of(&all, who).iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!((numbers(""), numbers("a"), numbers("c")), (vec![3, 2, 1], vec![3, 1], vec![]));
    }
}
