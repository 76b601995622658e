//! What the agent's actors say to each other and to the host: JSON bodies, refs in the envelope's table.
use crate::grants::Need;
use crate::model::{Failure, Reply};
use crate::view::{Answer, Approval, ChatId, ChatInfo, Command, Limits, Provider, TabId, Vault, WorkId};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the host tells the root at boot.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Boot {
    pub wall: u64,
    pub variant: String,
    pub all_sites: bool,
    pub recipes: Vec<Value>,
    /// Of this life of the browser: whose effects it can be asked about.
    pub session: String,
    /// Lost acts are repeated without looking first: only to show what looking prevents.
    pub unprobed: bool,
}

/// To the desk, from the host. Exactly one of the fields besides `wall` is set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HostToDesk {
    pub wall: u64,
    pub panel: Option<Command>,
    pub vault: Option<Vault>,
    pub keys: Option<Vec<String>>,
    pub all_sites: Option<bool>,
    /// Something the host could not do, in plain words.
    pub problem: Option<String>,
    pub recorded: Option<Value>,
}

/// To the desk, from chats and the provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToDesk {
    Host(HostToDesk),
    /// A chat's line in the list changed.
    Chat(ChatInfo),
    /// A chat needs its owner's answer; `token` is the chat's own name for the question, the approval's `id` is the desk's to set.
    Ask {
        token: u64,
        approval: Approval,
    },
    /// The question is moot: silence denied it, or its run ended.
    AskWithdrawn {
        chat: ChatId,
        token: u64,
    },
    /// A run kept as a recipe.
    Kept {
        recipe: Value,
    },
    /// From the browser: the tabs that chats are lent now, of the chats that have any.
    Tabs(Vec<LentTab>),
    Problem(String),
}

/// A tab in the hands of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LentTab {
    pub chat: ChatId,
    pub tab: TabId,
    /// Its title and where it is.
    pub name: String,
    pub is_withheld: bool,
}

/// To a chat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToChat {
    Task {
        text: String,
        tab: Option<TabId>,
        engine: Engine,
        wall: u64,
    },
    Recipe {
        recipe: Value,
        slots: Vec<(String, String)>,
        tab: Option<TabId>,
        wall: u64,
    },
    /// A panel opened this chat: send it whole.
    Show,
    Stop,
    Resume,
    Answer {
        token: u64,
        answer: Answer,
    },
    KeepRun {
        name: String,
    },
    /// From the web or browser actor of the call in flight: may it? Answered with `Allowed` or `Denied`.
    Need {
        effect: String,
        need: Need,
    },
    /// Call, from whoever is about to do the effect in flight: answered once it is kept that this may have happened from now on.
    /// `trace` is what another life of the caller needs to find out whether it did.
    Dispatch {
        effect: String,
        trace: String,
    },
    /// The owner unlocked the provider keys.
    Unlocked,
    /// The owner took back what the chat was lent: which, in words.
    TakenBack {
        what: String,
    },
    /// From a sandbox: the newest of what the code of this call has said so far.
    Output {
        effect: String,
        text: String,
    },
    /// From the provider, while a request is under way.
    Progress {
        line: String,
    },
    /// From the browser: a person used a driven tab by hand.
    Hand {
        tab: TabId,
    },
    /// From the browser: a driven tab is gone or is being reloaded, in words for the model.
    TabNews {
        tab: TabId,
        text: String,
        gone: bool,
    },
}

/// The model and the limits a task runs with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    pub provider: Provider,
    pub model: String,
    pub limits: Limits,
}

/// A chat's birth certificate: its number and what is kept of it, by key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChatArgs {
    pub chat: ChatId,
    pub wall: u64,
    pub kept: Vec<(String, String)>,
}

/// Calls to the store port, which has what was kept before there were shelves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Store {
    Get { key: String },
    Delete { key: String },
    List { prefix: String },
}

/// Calls to a shelf.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToShelf {
    /// All of it: `[[key, text], ..]`, in the order of the keys.
    Read,
    /// One of it: `{"text": ..}`, or why not.
    Get { key: String },
    /// All of these or none; a key without a text is deleted. `{}`, or why not: `{"err": {"kind", "text"}}`.
    Write { changes: Vec<(String, Option<String>)> },
}

/// To the browser actor, the directory of tabs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToBrowser {
    /// Call: a tool of the tab inventory, answered with an `Outcome`; `refs[0]` is the chat. `trace`: of its `Dispatch`, if an
    /// earlier life got so far.
    Tool {
        chat: ChatId,
        effect: String,
        tool: String,
        input: Value,
        origins: Vec<String>,
        trace: Option<String>,
    },
    Allowed {
        effect: String,
    },
    Denied {
        effect: String,
        reason: String,
    },
    /// Call: the web actor of a tab (or of the chat's active one), answered with `Found` and a ref. `refs[0]` is the chat.
    Find {
        chat: ChatId,
        tab: Option<TabId>,
    },
    /// A run began on this tab: group it, badge it, notice its owner's hand. `refs[0]` is the chat, which is told what happens to it.
    Drive {
        chat: ChatId,
        tab: TabId,
        title: String,
    },
    /// The chat's run ended: its tabs are its owner's again.
    Release {
        chat: ChatId,
    },
    /// Brings a tab to the front.
    Show {
        tab: TabId,
    },
    /// From the desk, `refs[0]`, which is told from now on who is lent which tab. `withheld`: what was taken back in earlier lives.
    Meet {
        withheld: Vec<(ChatId, TabId)>,
    },
    /// From the desk: this chat is not to have this tab, now and from now on.
    TakeBack {
        chat: ChatId,
        tab: TabId,
    },
}

/// The browser's answer to `Find`. The ref travels in the envelope.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    pub tab: TabId,
    pub url: String,
    pub title: String,
    /// Set when it can't be acted on: why, in words for the model.
    pub missing: Option<String>,
    /// There is no such tab any more.
    pub gone: bool,
}

/// To a web actor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToWeb {
    /// Call: one tool, answered with an `Outcome`; `refs[0]` is the chat, which is asked for what `origins` does not cover.
    /// `trace`: of the `Dispatch` of this effect, or of the last `Outcome` in this tab, if that was in an earlier life.
    /// `begun`: the trace is of this very effect, which may have happened.
    Tool {
        effect: String,
        tool: String,
        input: Value,
        origins: Vec<String>,
        trace: Option<String>,
        begun: bool,
    },
    Allowed {
        effect: String,
    },
    Denied {
        effect: String,
        reason: String,
    },
    /// Stop acting for this effect at once.
    Cancel {
        effect: String,
    },
    /// From the browser: the same for whatever is under way; who asked for it may ask no more.
    TakenBack,
    /// From the browser: something happened to the tab.
    Host {
        event: Value,
    },
    /// From the browser at (re)start.
    Adopt {
        url: String,
        restarts: u32,
        driven: bool,
    },
}

/// To the directory of sandboxes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToSandboxes {
    /// Call: `run_javascript`, answered with an `Outcome`; `refs[0]` is the chat, which is asked for the origins that `origins` does not
    /// cover, and told what the code says meanwhile.
    Tool {
        chat: ChatId,
        effect: String,
        input: Value,
        origins: Vec<String>,
    },
    Allowed {
        effect: String,
    },
    Denied {
        effect: String,
        reason: String,
    },
    /// Kill it.
    Cancel {
        effect: String,
    },
    /// From the desk: kill all of this chat's, which may run no more.
    TakeBack {
        chat: ChatId,
    },
}

/// To the actor of the Linux machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToLinux {
    /// Call: one tool, answered with an `Outcome`; `refs[0]` is the chat, which is asked to note it before it begins. `begun`: it was, in
    /// an earlier life, so it is looked for and not done again. A command's chat is asked for the origins that `origins` does not cover.
    Tool {
        chat: ChatId,
        effect: String,
        tool: String,
        input: Value,
        origins: Vec<String>,
        begun: bool,
    },
    Allowed {
        effect: String,
    },
    Denied {
        effect: String,
        reason: String,
    },
    /// From its owner: the terminal may reach this origin, or may no more.
    Network {
        origin: String,
        allowed: bool,
    },
    /// Nobody waits for this effect any more: it is stopped.
    Cancel {
        effect: String,
    },
    /// The same for all that this chat has begun.
    TakeBack {
        chat: ChatId,
    },
    /// The owner's kill switch: the machine ends at once, whatever it is doing. The next call gets a new one.
    End,
}

/// To the directory of actors that agents made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToActors {
    /// Call: one tool, answered with an `Outcome`; `refs[0]` is the chat, which is asked to note what may not be done twice. `begun`: it
    /// was, in an earlier life.
    Tool { chat: ChatId, effect: String, tool: String, input: Value, begun: bool },
    /// Nobody waits for this effect any more.
    Cancel { effect: String },
    /// From the desk: this chat may do no more with actors, and those that it started are stopped.
    TakeBack { chat: ChatId },
    /// From the desk: the chat is deleted, and all that it made goes with it.
    Forget { chat: ChatId },
}

/// To the directory of notebooks and apps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToWorks {
    /// Call: one tool, answered with an `Outcome`; `refs[0]` is the chat, which is asked for the origins that `origins` does not cover. The
    /// same effect again is not done again.
    Tool {
        chat: ChatId,
        effect: String,
        tool: String,
        input: Value,
        origins: Vec<String>,
    },
    Allowed {
        effect: String,
    },
    Denied {
        effect: String,
        reason: String,
    },
    /// Nobody waits for this effect any more.
    Cancel {
        effect: String,
    },
    /// The same for all that this chat has begun.
    TakeBack {
        chat: ChatId,
    },
    /// From the desk: what a page of ours wants, of this one or of none yet; see `docs/protocol.md`.
    Wish {
        wall: u64,
        work: Option<WorkId>,
        wish: Value,
    },
}

/// To a notebook or an app. A `Tool` comes with two refs: the chat, and who waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToWork {
    Tool { chat: ChatId, effect: String, tool: String, input: Value, origins: Vec<String> },
    Allowed { effect: String },
    Denied { effect: String, reason: String },
    Cancel { effect: String },
    TakeBack { chat: ChatId },
    Renamed { name: String },
    Wish { wish: Value },
}

/// To the provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToProvider {
    /// Call: one model request (`model::Request`), answered with `Answered`. `refs[0]` is the chat. Text goes to the panel as
    /// `Update::Delta` of item `index`, which the chat has already shown.
    Ask { chat: ChatId, index: usize, engine: Engine, request: Value },
    /// Stop what this chat asked for; its call is answered with a failure that holds what had streamed.
    Cancel { chat: ChatId },
    /// Call: does a model server at this base answer one tiny request? Answered with `view::DoctorReport`.
    Doctor { base: String },
}

/// What the provider answers to `Ask`.
pub type Answered = Result<Reply, Failure>;
