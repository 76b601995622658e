//! The loop: one chat as a state machine that a model or a recipe drives. It never does anything, it says what to do.
//!
//! ```text
//! Task ─▶ open the tab ─▶ ask the model ─▶ reply ─▶ its calls, in order ─▶ results ─▶ ask again .. ─▶ ended
//!              │                                       find, intent kept, act, outcome
//! Recipe ──────┴─▶ step ─▶ where? ─▶ act ─▶ verified? as expected? ─▶ next step ..            ─▶ ended
//! ```
//! Whatever happens, the chat stays usable: a failure is a note, and the next task begins afresh. A run cut by a dead Worker, tab or browser
//! goes on where it was kept, and what it may have done is looked for before anything is done (`wake`).
mod acting;
mod asking;
mod effects;
mod known;
mod log;
mod memory;
mod playing;
mod prompt;
mod repeat;
mod session;
mod spend;
mod stored;
mod task;
mod thinking;
mod wake;

#[cfg(test)]
mod tests;

use crate::{
    actors::wire::{Answered, Engine, Found},
    grants::Need,
    model::Request,
    outcome::Outcome,
    recipe::Recipe,
    view::{Answer, Approval, ChatInfo, TabId, Update},
};
use alloc::{boxed::Box, string::String, vec::Vec};
use serde_json::Value;

pub use session::Session;
#[cfg(test)]
pub use spend::Spend;
pub use stored::{CHAT, ITEM, is_under_way};

/// What the chat is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// `seed` is random: it makes this run's effects distinct from those of all other runs, for ever.
    Task {
        text: String,
        tab: Option<TabId>,
        engine: Engine,
        seed: u64,
    },
    Recipe {
        recipe: Box<Recipe>,
        slots: Vec<(String, String)>,
        tab: Option<TabId>,
        seed: u64,
    },
    Show,
    Stop,
    Resume,
    KeepRun {
        name: String,
    },
    Answer {
        token: u64,
        answer: Answer,
    },
    Need {
        effect: String,
        need: Need,
    },
    Progress {
        line: String,
    },
    /// What the code of this call has said so far, the newest of it.
    Output {
        effect: String,
        text: String,
    },
    Hand,
    /// `gone`: this tab is not driven any more.
    TabNews {
        text: String,
        gone: Option<TabId>,
    },
    /// Who does this effect is about to begin it. Answered by `Action::Noted`, or `Unnoted` when nobody wants it any more.
    Dispatch {
        effect: String,
        trace: String,
    },
    /// Settles an `Action::Save`; `first`: one that was waited for.
    Unsaved {
        why: String,
        first: bool,
    },
    /// The owner unlocked the provider keys.
    Unlocked,
    /// Settles `Action::Ask`. The outer error is the provider actor's end, in words.
    Replied(Result<Box<Answered>, String>),
    /// Settles `Action::Find`.
    Found(Result<Found, String>),
    /// Settles `Action::Save` with `reply`.
    Saved,
    /// Settles `Action::Act`. The error says why there is no outcome: it is unknown.
    Acted(Result<Box<Outcome>, String>),
    /// The same: the owner took back what it went through.
    ActRevoked,
    Timer {
        key: u64,
    },
}

/// What the chat wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Show(Update),
    /// The chat's line in the list.
    List(ChatInfo),
    /// Keep this on the chat's shelf; `reply`: and say `Saved` when it is kept.
    Save {
        changes: Vec<(String, Option<String>)>,
        reply: bool,
    },
    Ask {
        index: usize,
        engine: Box<Engine>,
        request: Box<Request>,
    },
    CancelAsk,
    /// Find the actor of this tab, or of the chat's active one.
    Find {
        tab: Option<TabId>,
    },
    /// Call the actor that was last found, or the browser's.
    Act {
        door: Door,
        effect: String,
        tool: String,
        input: Value,
        origins: Vec<String>,
        /// From an earlier life: of this effect, if it has `begun`, or of the tab.
        trace: Option<String>,
        begun: bool,
    },
    Noted,
    Unnoted,
    /// Nobody waits for this effect any more, and it is to stop.
    CancelAct {
        door: Door,
        effect: String,
    },
    Allowed {
        door: Door,
        effect: String,
    },
    Denied {
        door: Door,
        effect: String,
        reason: String,
    },
    AskOwner {
        token: u64,
        approval: Approval,
    },
    Withdraw {
        token: u64,
    },
    Drive {
        tab: TabId,
        title: String,
    },
    Release,
    Timer {
        key: u64,
        after_ms: u64,
    },
    CancelTimer {
        key: u64,
    },
    Keep(Box<Recipe>),
    Problem(String),
}

/// Who executes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Door {
    /// The tab inventory.
    Browser,
    /// One tab.
    Web,
    /// Code that was not written by us.
    Sandboxes,
    /// The Linux machine.
    Linux,
    /// Actors that agents made.
    Actors,
    /// Notebooks and apps.
    Works,
}

/// A call that gave no sign of life for this long is given up; its outcome is unknown. Above every limit of a web actor.
const ACT_MS: u64 = 90_000;
/// Between two looks at where the page is.
const LOOK_MS: u64 = 200;
/// Looks before a page that is not where it should be is a drift: 5 s.
const LOOKS_MAX: u32 = 25;

/// Keys of timers. A question's is `SILENCE` and its token.
const ACT: u64 = 1;
const LOOK: u64 = 2;
const SILENCE: u64 = 16;
