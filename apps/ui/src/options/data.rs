//! All that is kept: a copy of it carried away, another put in its place, or a new beginning.
use crate::{browser, mirror::mirror, parts::icon};
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{Blob, BroadcastChannel, File, MessageEvent};

/// The offscreen document listens there, see its host/files.js.
const CHANNEL: &str = "peerd.files";

/// What is asked for, or was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Copy,
    Restore,
    Anew,
    Again,
}

impl Wish {
    const ALL: [(Wish, &str); 4] = [(Wish::Copy, "copy"), (Wish::Restore, "restore"), (Wish::Anew, "anew"), (Wish::Again, "again")];

    fn word(self) -> &'static str {
        Wish::ALL.iter().find(|(wish, _)| *wish == self).map_or("", |(_, word)| word)
    }

    fn of(word: &str) -> Option<Wish> {
        Wish::ALL.iter().find(|(_, known)| *known == word).map(|(wish, _)| *wish)
    }

    const fn done(self) -> &'static str {
        match self {
            Wish::Copy => "The copy is saved.",
            Wish::Restore => "Restored. What was here before is kept aside, until the next time.",
            Wish::Anew => "Begun anew. What was here before is kept aside, until the next time.",
            Wish::Again => "",
        }
    }
}

#[derive(Clone, Copy)]
struct Line {
    channel: StoredValue<Option<BroadcastChannel>, LocalStorage>,
    working: RwSignal<Option<Wish>>,
    said: RwSignal<&'static str>,
    failed: RwSignal<Option<String>>,
}

impl Line {
    fn open() -> Line {
        let line = Line {
            channel: StoredValue::new_local(BroadcastChannel::new(CHANNEL).ok()),
            working: RwSignal::new(None),
            said: RwSignal::new(""),
            failed: RwSignal::new(None),
        };
        let hear = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| line.hear(&event.data()));
        line.channel.with_value(|channel| {
            if let Some(channel) = channel {
                channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
            }
        });
        // The page's life is the listener's.
        hear.forget();
        line
    }

    fn hear(self, data: &JsValue) {
        let field = |name: &str| js_sys::Reflect::get(data, &name.into()).ok();
        let word = |name: &str| field(name).and_then(|value| value.as_string());
        let wish = word("done").or_else(|| word("failed")).and_then(|word| Wish::of(&word));
        // Of other pages' wishes nothing is said here.
        let Some(wish) = wish.filter(|wish| self.working.get_untracked() == Some(*wish)) else { return };
        self.working.set(None);
        if let Some(why) = word("text") {
            return self.failed.set(Some(why));
        }
        self.said.set(wish.done());
        if let Some(file) = field("file").and_then(|file| file.dyn_into::<Blob>().ok()) {
            browser::download(&file, &format!("peerd-{}.peerd", browser::today()));
        }
    }

    fn ask(self, wish: Wish, file: Option<&File>) {
        browser::ensure_host();
        self.working.set(Some(wish));
        self.said.set("");
        self.failed.set(None);
        let file = file.map_or(JsValue::UNDEFINED, |file| file.clone().into());
        let message = browser::object(&[("wish", wish.word().into()), ("file", file)]);
        self.channel.with_value(|channel| {
            if let Some(channel) = channel {
                // It fails only for a closed channel, and this one is never closed.
                let _ = channel.post_message(&message);
            }
        });
    }

    fn is_working(self) -> bool {
        self.working.get().is_some()
    }
}

#[component]
pub fn Data() -> impl IntoView {
    let (mirror, line) = (mirror(), Line::open());
    let chosen: RwSignal<Option<File>, LocalStorage> = RwSignal::new_local(None);
    let replace = move |_| {
        if let Some(file) = chosen.get_untracked() {
            line.ask(Wish::Restore, Some(&file));
            chosen.set(None);
        }
    };
    view! {
        <section class="block" class:urgent=move || mirror.unopened.with(Option::is_some) data-testid="data">
            <h2>"Your data"</h2>
            <Unopened line />
            <p>
                "Chats, recipes and settings lie on this computer only. A copy is one file, with which this peerd or another one can go on. Keys are not in it."
            </p>
            <div class="choices">
                <button
                    type="button"
                    class="plain"
                    data-testid="copy-save"
                    disabled=move || line.is_working()
                    on:click=move |_| line.ask(Wish::Copy, None)
                >
                    {icon("export")}
                    "Save a copy"
                </button>
                <Choose line chosen />
            </div>
            {move || chosen.with(|file| file.as_ref().map(File::name)).map(|name| view! {
                <div class="bar" role="group" aria-label="Restore a copy">
                    <p>{format!("All chats, recipes and settings here are replaced by those of {name}.")}</p>
                    <button type="button" class="plain" data-testid="copy-replace" on:click=replace>"Replace all"</button>
                    <button type="button" class="plain" on:click=move |_| chosen.set(None)>"Cancel"</button>
                </div>
            })}
            <div role="status" data-testid="data-said">
                {move || match (line.is_working(), line.said.get()) {
                    (true, _) => Some(view! { <p class="hint">"Working…"</p> }),
                    (false, "") => None,
                    (false, said) => Some(view! { <p class="saved">{said}</p> }),
                }}
            </div>
            <p class="wrong" role="alert" data-testid="data-failed">{move || line.failed.get()}</p>
        </section>
    }
}

/// A button that lets a file be chosen.
#[component]
fn Choose(line: Line, chosen: RwSignal<Option<File>, LocalStorage>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let open = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            chosen.set(input.files().and_then(|files| files.get(0)));
            // Chosen again, the same file is a change, too.
            input.set_value("");
        }
    };
    view! {
        <button type="button" class="plain" disabled=move || line.is_working() on:click=open>"Restore a copy…"</button>
        <input type="file" accept=".peerd" hidden node_ref=input data-testid="copy-file" on:change=choose />
    }
}

/// What can be done when there is no vat.
#[component]
fn Unopened(line: Line) -> impl IntoView {
    let mirror = mirror();
    let sure = RwSignal::new(false);
    let anew = move |_| {
        if sure.get_untracked() {
            sure.set(false);
            line.ask(Wish::Anew, None);
        } else {
            sure.set(true);
        }
    };
    move || {
        mirror.unopened.get().map(|why| {
            view! {
                <div class="bar problem" data-testid="unopened">
                    {icon("alert")}
                    <p>{format!("What peerd has kept here can't be opened: {why}.")}</p>
                </div>
                <p>"The files are as they were. To begin anew sets them aside and starts without chats, recipes and settings."</p>
                <div class="choices">
                    <button type="button" class="plain" data-testid="data-again" on:click=move |_| line.ask(Wish::Again, None)>
                        "Try again"
                    </button>
                    <button type="button" class="plain" data-testid="data-anew" on:click=anew>
                        {move || if sure.get() { "Really begin anew" } else { "Begin anew" }}
                    </button>
                </div>
            }
        })
    }
}
