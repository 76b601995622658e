//! What a panel may say and what it is shown. The panel holds no truth: it draws the last `Update` of each kind.
//!
//! JSON on the extension's channel `peerd`: `{"command": Command}` towards the Worker, `{"update": Update}` towards every panel.
//! Times are milliseconds since the Unix epoch; money is in micro-dollars.
use alloc::{format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tab as the browser numbers it.
pub type TabId = i64;
/// Chats, approvals and recipes are numbered by the desk.
pub type ChatId = u64;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// A panel opened: answer with every `Update`. `chat` is the one it shows, if it remembers one.
    Hello {
        chat: Option<ChatId>,
    },
    NewChat,
    /// Shows a chat; its items are then sent and kept up to date.
    OpenChat {
        chat: ChatId,
    },
    DeleteChat {
        chat: ChatId,
    },
    /// The owner's words. `tab` is the tab the task starts on (the active one when the panel was used).
    Say {
        chat: ChatId,
        text: String,
        tab: Option<TabId>,
    },
    Stop {
        chat: ChatId,
    },
    /// Goes on after a person's hand paused the run.
    Resume {
        chat: ChatId,
    },
    Answer {
        approval: u64,
        answer: Answer,
    },
    /// Brings a driven tab to the front.
    Show {
        tab: TabId,
    },
    /// Takes back what a chat was lent, at once and for good.
    TakeBack {
        chat: ChatId,
        power: Power,
    },
    /// Ends the Linux machine at once, and all that runs in it.
    EndMachine,
    /// Programs of the Linux machine's terminal may reach this origin, or may no more.
    TerminalNetwork {
        origin: String,
        allowed: bool,
    },
    /// Of what was asked of the network: what lies behind this number. Answered with `Update::Requests`.
    Requests {
        after: u64,
    },
    /// Of a notebook or an app, or of none yet: what its page wants.
    Work {
        work: Option<WorkId>,
        wish: Value,
    },
    /// Adds or changes a provider; the key is saved apart, by `SaveKey`.
    SaveProvider {
        provider: Provider,
    },
    RemoveProvider {
        id: String,
    },
    ChooseModel {
        provider: String,
        model: String,
    },
    SetLimits {
        limits: Limits,
    },
    /// Handled by the host's vault, never by the vat. `key` belongs to provider `id`.
    SaveKey {
        id: String,
        key: String,
    },
    /// First use sets the passphrase; later ones unlock. Host's vault only.
    Unlock {
        passphrase: String,
    },
    Lock,
    /// Asks a local model server whether it answers one tiny request (POST, not only a listing).
    Doctor {
        base: String,
    },
    /// `origins` were just granted or refused by the owner's click on a permission prompt.
    PermissionChanged {
        origins: Vec<String>,
        granted: bool,
    },
    RunRecipe {
        recipe: u64,
        slots: Vec<(String, String)>,
        tab: Option<TabId>,
        chat: Option<ChatId>,
    },
    RecordStart {
        tab: TabId,
    },
    RecordStop {
        name: String,
    },
    /// Keeps the actions of a chat's last run as a recipe.
    KeepRun {
        chat: ChatId,
        name: String,
    },
    DeleteRecipe {
        recipe: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Once,
    /// This task, on this origin.
    TaskOrigin,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    Chats {
        chats: Vec<ChatInfo>,
    },
    /// The whole of one chat: sent when it is opened and when its items change shape.
    Chat {
        chat: Chat,
    },
    /// One item of a chat is new or replaced; index is its place.
    Item {
        chat: ChatId,
        index: usize,
        item: Item,
    },
    /// Text appended to item `index` while it streams.
    Delta {
        chat: ChatId,
        index: usize,
        text: String,
    },
    Run {
        chat: ChatId,
        run: RunState,
    },
    Approvals {
        approvals: Vec<Approval>,
    },
    Tree {
        actors: Vec<ActorRow>,
    },
    /// What was asked of the network by code that was not written by us, the oldest first: new ones, and those that were under way.
    Requests {
        requests: Vec<RequestRow>,
    },
    /// What chats hold, in the order of the chats.
    Holdings {
        holdings: Vec<Holding>,
    },
    Settings {
        settings: Settings,
    },
    Vault {
        vault: Vault,
    },
    Recipes {
        recipes: Vec<RecipeInfo>,
    },
    Recording {
        recording: Option<Recording>,
    },
    Doctor {
        base: String,
        report: DoctorReport,
    },
    /// All notebooks and apps, the one used last first.
    Works {
        works: Vec<WorkInfo>,
    },
    /// Of one of them, for the page that shows it.
    Work {
        work: WorkId,
        news: Value,
    },
    /// How much of what the browser lets peerd keep is used, in bytes. `short`: soon nothing more can be.
    Room {
        used: u64,
        quota: u64,
        short: bool,
    },
    /// There is no vat: what is kept can't be opened. Said by the document that hosts it.
    Unopened {
        why: String,
    },
    /// Something the owner did could not be done; plain words.
    Problem {
        text: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatInfo {
    pub id: ChatId,
    pub title: String,
    pub at: u64,
    pub state: RunPhase,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    pub id: ChatId,
    pub title: String,
    pub at: u64,
    pub items: Vec<Item>,
    pub run: RunState,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Item {
    /// The owner's words.
    User { text: String, at: u64 },
    /// The model's words, markdown. `live` while it streams.
    Assistant { text: String, live: bool },
    /// One tool call and what came of it.
    Tool { card: ToolCard },
    /// A line by peerd itself: retries, pauses, stops, interrupted runs.
    Note { tone: Tone, text: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Info,
    Good,
    Warning,
    Bad,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCard {
    pub call: String,
    pub tool: String,
    /// One line: what is done to what ("click \"Buy now\" (button)").
    pub summary: String,
    pub verdict: Verdict,
    /// One line of evidence or the reason ("URL changed to ..", "covered by \"Cookie banner\"").
    pub evidence: String,
    /// What the model was given, cut to 4,000 characters.
    pub result: String,
    pub tab: Option<TabId>,
    /// data: URL of a screenshot the model or owner was shown.
    pub image: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    #[default]
    Running,
    Verified,
    Unverified,
    Failed,
    /// Reads: nothing to verify.
    Done,
    Denied,
    Unknown,
    Stopped,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    #[default]
    Idle,
    Thinking,
    Acting,
    Waiting,
    /// A person's hand in a driven tab paused it.
    Paused,
    Done,
    Stopped,
    Failed,
    /// Its Worker died and it can't go on by itself: a recipe with secrets, or a run that came to nothing in several lives.
    Interrupted,
}

impl RunPhase {
    /// A run that a dead Worker would cut.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, RunPhase::Thinking | RunPhase::Acting | RunPhase::Waiting | RunPhase::Paused)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    pub phase: RunPhase,
    /// "step 3 of 100", "waiting for your answer", "retry 2 of 3 in 4 s".
    pub line: String,
    pub steps: u32,
    pub usage: UsageView,
    pub tab: Option<TabId>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UsageView {
    pub tokens_in: u64,
    pub tokens_out: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// None: neither the provider nor the owner gave a price.
    pub micro_dollars: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    pub id: u64,
    pub chat: ChatId,
    /// Who asks: the acting actor's name.
    pub actor: String,
    /// "Go to another site", "Submit a form", "Type into a password field".
    pub what: String,
    pub origin: String,
    /// The exact value in full, invisible characters escaped.
    pub value: String,
    pub why: String,
    /// When silence denies.
    pub until: u64,
    /// True where "this task on this origin" makes sense.
    pub task_origin: bool,
}

/// The number of a notebook or an app.
pub type WorkId = u64;

/// A line in the list of notebooks and apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkInfo {
    pub id: WorkId,
    pub kind: WorkKind,
    pub name: String,
    /// When it was used last.
    pub at: u64,
}

impl WorkInfo {
    /// In its supervisors, and on the tree.
    #[must_use]
    pub fn child(&self) -> String {
        format!("{} {}", self.kind.word(), self.id)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    Notebook,
    App,
}

impl WorkKind {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            WorkKind::Notebook => "notebook",
            WorkKind::App => "app",
        }
    }
}

/// What a chat is lent to act with. It has nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Asking the model, and with it the network.
    Model,
    /// Listing, opening, choosing and closing tabs, and finding the actor of one.
    Browser,
    /// Keeping what was said and done.
    Shelf,
    /// Running code in sandboxes.
    Code,
    /// The Linux machine.
    Linux,
    /// Making actors of its own, and using them.
    Actors,
    /// Notebooks and apps.
    Works,
    /// Reading one tab and acting in it.
    Tab(TabId),
}

/// One power in the hands of one chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    pub chat: ChatId,
    pub power: Power,
    /// Which one: a tab's title and place. Empty where there is one only.
    pub name: String,
    /// The owner took it back.
    pub is_withheld: bool,
}

/// One request of the egress broker's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    /// From 1, without gaps.
    pub number: u64,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// The actor's name.
    pub who: String,
    pub method: String,
    pub url: String,
    /// 0: as it was asked. Else which redirect of it.
    pub hop: u32,
    pub outcome: RequestOutcome,
    /// Of the answer; 0: there was none.
    pub status: u16,
    /// Bytes of the bodies.
    pub sent: u64,
    pub received: u64,
    /// Why there was no answer, or no more of it.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestOutcome {
    /// It may have left; what came of it is not known yet.
    UnderWay,
    Answered,
    /// Its answer led elsewhere.
    Redirected,
    /// Nothing left.
    Refused,
    /// The answer was cut off.
    Cut,
    Failed,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActorRow {
    pub id: String,
    pub parent: Option<String>,
    pub name: String,
    pub behaviour: String,
    /// "running", "waiting", "restarting", "stopped", "gave up"
    pub state: String,
    pub queued: u32,
    pub restarts: u32,
    pub turns: u64,
    /// The last death, in words, if any.
    pub last_exit: Option<String>,
    pub tab: Option<TabId>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub providers: Vec<Provider>,
    pub provider: Option<String>,
    pub model: String,
    pub limits: Limits,
    /// store, dev or e2e.
    pub variant: String,
    /// True where pages of all sites may be driven without a further permission.
    pub all_sites: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// Short name, unique: "anthropic", "openrouter", "ollama".
    pub id: String,
    pub label: String,
    pub dialect: Dialect,
    /// Base URL without a trailing slash ("https://api.anthropic.com", "http://127.0.0.1:11434/v1").
    pub base: String,
    pub models: Vec<String>,
    pub needs_key: bool,
    /// Set by the host: a sealed key is stored.
    pub has_key: bool,
    /// The owner's price in micro-dollars per million tokens, if given.
    pub price_in: Option<u64>,
    pub price_out: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    Anthropic,
    OpenaiChat,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// At most 100.
    pub steps_max: u32,
    pub tokens_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { steps_max: 100, tokens_max: 1_000_000 }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vault {
    /// No passphrase was ever set.
    #[default]
    Empty,
    Locked,
    Unlocked,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecipeInfo {
    pub id: u64,
    pub name: String,
    pub bundled: bool,
    pub start_url: String,
    pub steps: Vec<String>,
    pub slots: Vec<SlotInfo>,
    /// Origins and powers the recipe carries, in words.
    pub grants: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotInfo {
    pub name: String,
    pub label: String,
    /// A secret has no default and is asked for at each run.
    pub secret: bool,
    pub default: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    pub tab: TabId,
    pub steps: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DoctorReport {
    pub found: bool,
    pub models: Vec<String>,
    /// What to set when it did not answer ("start Ollama with OLLAMA_ORIGINS=..").
    pub advice: String,
}
