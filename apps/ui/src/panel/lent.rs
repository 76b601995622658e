//! What each chat is lent to act with, and the button that takes it back.
use super::{
    Own,
    head::{SheetHead, says},
    own,
    requests::OpensRequests,
};
use crate::{
    mirror::{Mirror, mirror},
    parts::icon,
};
use leptos::prelude::*;
use peerd_agent::view::{ChatId, Command, Holding, Power};

#[component]
pub fn Lent() -> impl IntoView {
    let (mirror, own) = (mirror(), own());
    let chats = Memo::new(move |_| mirror.holdings.with(|holdings| by_chat(holdings)));
    view! {
        <section class="sheet" aria-label="Lent to chats">
            <SheetHead title="Lent to chats" />
            <p class="empty">
                "A chat can use what is listed here and nothing else. What you take back it loses at once and for good, also in the middle of a step; a new chat is lent what it needs."
            </p>
            <p class="empty">
                <OpensRequests />
            </p>
            <Show when=move || chats.with(Vec::is_empty)>
                <p class="empty">"No chat holds anything now."</p>
            </Show>
            {move || chats.get().into_iter().map(|(chat, held)| group(chat, held, mirror, own)).collect_view()}
        </section>
    }
}

/// In the order they come in, which is that of the chats.
fn by_chat(holdings: &[Holding]) -> Vec<(ChatId, Vec<Holding>)> {
    let mut chats: Vec<(ChatId, Vec<Holding>)> = Vec::new();
    for holding in holdings {
        match chats.last_mut().filter(|(chat, _)| *chat == holding.chat) {
            Some((_, held)) => held.push(holding.clone()),
            None => chats.push((holding.chat, vec![holding.clone()])),
        }
    }
    chats
}

fn group(chat: ChatId, held: Vec<Holding>, mirror: Mirror, own: Own) -> impl IntoView {
    let title = move || mirror.chats.with(|chats| chats.iter().find(|known| known.id == chat).map(|known| known.title.clone()));
    let show = move |_| {
        own.replayed.set(false);
        mirror.show(Some(chat));
    };
    view! {
        <section class="holder" aria-current=move || (mirror.shown.get() == Some(chat)).then_some("true")>
            <h3>
                <button type="button" class="link" on:click=show>{move || title().unwrap_or_default()}</button>
            </h3>
            <ul class="holdings">{held.into_iter().map(row).collect_view()}</ul>
        </section>
    }
}

fn row(holding: Holding) -> impl IntoView {
    let Holding { chat, power, name, is_withheld } = holding;
    let (picture, title, what) = in_words(power, &name);
    let end = if is_withheld {
        view! { <span class="tag warn">"taken back"</span> }.into_any()
    } else if power == Power::Shelf {
        view! { <span class="tag">"goes with the chat"</span> }.into_any()
    } else {
        view! {
            <button
                type="button"
                class="plain"
                data-testid="take-back"
                aria-label=format!("Take back: {title}")
                on:click=says(Command::TakeBack { chat, power })
            >
                "Take back"
            </button>
        }
        .into_any()
    };
    view! {
        <li class="holding" data-testid="holding" data-power=id(power) data-withheld=is_withheld.to_string()>
            {icon(picture)}
            <div class="holding-main">
                <span class="holding-name">{title}</span>
                <span class="faint">{what}</span>
            </div>
            {end}
        </li>
    }
}

/// Icon, name, and what it is for.
fn in_words(power: Power, name: &str) -> (&'static str, String, &'static str) {
    match power {
        Power::Model => ("chip", "The model".into(), "asks it, and reaches the network for that"),
        Power::Browser => ("globe", "The browser".into(), "lists, opens, chooses and closes tabs"),
        Power::Linux => {
            ("terminal", "The Linux machine".into(), "runs commands and keeps files in it; they reach nothing but what you allow")
        }
        Power::Actors => ("tree", "Actors of its own".into(), "makes, runs and calls them; they reach nothing by themselves"),
        Power::Works => ("book", "Notebooks and apps".into(), "writes and runs them in sandboxes that reach nothing by themselves"),
        Power::Shelf => ("chats", "Its shelf".into(), "keeps what was said and done"),
        Power::Code => ("code", "Running code".into(), "runs JavaScript in sandboxes that reach nothing by themselves"),
        Power::Tab(tab) => ("dock", if name.is_empty() { format!("Tab {tab}") } else { name.into() }, "reads it and acts in it"),
    }
}

fn id(power: Power) -> String {
    match power {
        Power::Model => "model".into(),
        Power::Browser => "browser".into(),
        Power::Linux => "linux".into(),
        Power::Actors => "actors".into(),
        Power::Works => "works".into(),
        Power::Shelf => "shelf".into(),
        Power::Code => "code".into(),
        Power::Tab(tab) => format!("tab-{tab}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_chat_holds_is_one_group() {
        let held = |chat, power| Holding { chat, power, name: String::new(), is_withheld: false };
        let all = [held(7, Power::Model), held(7, Power::Tab(3)), held(5, Power::Model)];
        let groups: Vec<(ChatId, usize)> = by_chat(&all).iter().map(|(chat, held)| (*chat, held.len())).collect();
        assert_eq!(groups, [(7, 2), (5, 1)]);
    }
}
