//! The whole tree on a real vat: the host's ports are played here, everything behind them is the program.
use super::{json_bytes, root::Root, wire::Boot};
use crate::{
    actors::Actor,
    run::Spend,
    view::{Answer, Approval, ChatInfo, Command, Dialect, Item, Provider, Recording, RunPhase, RunState, Update},
    web::sample,
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_egress::{
    Hop,
    broker::{FromHost as FromNet, ToHost as ToNet},
};
use peerd_vat::{Input, Output, PortId, Ref, Said, Time, Vat};
use serde_json::{Value, json};

mod disk;
mod guests;
mod killed;
mod lent;
mod linux;

use disk::Disk;

const CHROME: u16 = 1;
const HTTP: u16 = 2;
const STORE: u16 = 3;
const PANEL: u16 = 4;
const EGRESS: u16 = 5;
const BOXES: u16 = 6;
const WIRES: u16 = 7;
const LINUX: u16 = 8;
const GUESTS: u16 = 9;

const BEFORE: &str = r#"
1 0 0 {"role":"heading","name":"Checkout","level":1}
2 0 0 {"role":"button","name":"Buy now","actionable":true}
"#;
const AFTER: &str = r#"
1 0 0 {"role":"heading","name":"Thank you","level":1}
"#;

struct World {
    vat: Vat,
    now: u64,
    disk: Disk,
    /// What was kept before there was a journal.
    old: BTreeMap<String, String>,
    /// Who hears of the panel's commands.
    desk: Option<Ref>,
    provider: Option<Ref>,
    /// Fetches not answered yet, oldest first, with the bodies they sent.
    fetches: Vec<(u64, String)>,
    aborted: Vec<u64>,
    /// Requests for pages that a dead service worker would have left open: kept unanswered while true.
    page_is_silent: bool,
    /// Acts that the page did.
    acts: u32,
    /// Rules that took off an `Origin`.
    rules: u32,
    updates: Vec<Update>,
    /// What the Linux machine was asked, and whether it answers.
    machine: Vec<Value>,
    machine_is_silent: bool,
    /// What it was told of the network, and who spoke last for that of a command or of the terminal.
    said: Vec<Value>,
    line: Option<Ref>,
    /// What the egress broker had fetched, and had cut off; and where it hears of that.
    hops: Vec<(u64, Hop)>,
    aborted_hops: Vec<u64>,
    net: Option<Ref>,
    /// Code of guests that has joined the vat, by its name there and its version.
    codes: BTreeMap<(String, u32), String>,
    /// Who had it join.
    directory: Option<Ref>,
    /// An actor is to crash: no fault of the program.
    may_crash: bool,
}

impl World {
    fn new() -> World {
        World::open(Disk::default(), BTreeMap::new(), Vec::new())
    }

    /// The next life.
    fn again(self) -> World {
        World::open(self.disk, self.old, Vec::new())
    }

    fn open(disk: Disk, old: BTreeMap<String, String>, recipes: Vec<Value>) -> World {
        let mut vat = disk.open();
        let refs = [CHROME, HTTP, STORE, PANEL, EGRESS, BOXES, WIRES, LINUX, GUESTS].map(|port| vat.port(PortId(port))).to_vec();
        let boot = json_bytes(&Boot { wall: 1_000_000, variant: "e2e".into(), all_sites: true, recipes, ..Boot::default() });
        let mut out = Vec::new();
        vat.handle(Time(0), Input::Entropy { seed: 7 }, &mut out).expect("taken");
        vat.handle(Time(0), Input::Boot { behaviour: Root::NAME.into(), args: boot, refs }, &mut out).expect("taken");
        let (desk, provider) = (None, None);
        let mut world = World {
            vat,
            now: 0,
            disk,
            old,
            desk,
            provider,
            fetches: Vec::new(),
            aborted: Vec::new(),
            page_is_silent: false,
            acts: 0,
            rules: 0,
            updates: Vec::new(),
            machine: Vec::new(),
            machine_is_silent: false,
            said: Vec::new(),
            line: None,
            hops: Vec::new(),
            aborted_hops: Vec::new(),
            net: None,
            codes: BTreeMap::new(),
            directory: None,
            may_crash: false,
        };
        world.run();
        world
    }

    fn run(&mut self) {
        let mut out = Vec::new();
        loop {
            while !self.vat.run(Time(self.now), 1_000, &mut out).idle {}
            let has_landed = self.disk.land(&mut self.vat, Time(self.now), &mut out);
            if out.is_empty() && !has_landed {
                return;
            }
            for output in core::mem::take(&mut out) {
                match output {
                    Output::Port { port, from, reply, body, refs, .. } => {
                        self.directory = if port.0 == GUESTS { Some(from) } else { self.directory };
                        self.asked(port, reply, &body, &refs);
                    }
                    Output::Report(report) if matches!(report.what, Said::Crashed { .. }) && !self.may_crash => panic!("{report:?}"),
                    Output::Ended { reason } => panic!("the root ended: {reason}"),
                    _ => {}
                }
            }
        }
    }

    fn network(&mut self, said: &FromNet) {
        let net = self.net.expect("it was asked");
        let body = peerd_otp::message::encode(said);
        self.vat.handle(Time(self.now), Input::Message { to: net, body, refs: Vec::new() }, &mut Vec::new()).expect("taken");
        self.run();
    }

    fn asked(&mut self, port: PortId, reply: Option<Ref>, body: &[u8], refs: &[Ref]) {
        if port.0 == EGRESS {
            self.net = refs.first().copied().or(self.net);
            return match peerd_otp::message::decode(body).expect("what a broker says") {
                ToNet::Fetch { fetch, hop } => self.hops.push((fetch, hop)),
                ToNet::Abort { fetch } => self.aborted_hops.push(fetch),
            };
        }
        let value: Value = serde_json::from_slice(body).expect("JSON");
        if port.0 == LINUX {
            self.line = refs.first().copied().or(self.line);
        }
        let answer = match port.0 {
            CHROME => self.chrome(&value),
            HTTP => self.http(&value, refs),
            STORE => Some(self.kept(&value)),
            LINUX => self.linux(value),
            GUESTS => Some(self.guests(&value)),
            _ if value["subscribe"] == true => {
                self.desk = refs.first().copied();
                None
            }
            _ => {
                self.updates.push(serde_json::from_value(value).expect("an update"));
                None
            }
        };
        if let (Some(answer), Some(to)) = (answer, reply) {
            self.vat.handle(Time(self.now), Input::Reply { to, body: json_bytes(&answer) }, &mut Vec::new()).expect("taken");
        }
    }

    fn chrome(&mut self, op: &Value) -> Option<Value> {
        let url = "https://shop.example/checkout";
        match op["op"].as_str()? {
            "tab" => Some(json!({"tab": op["tab"], "url": url, "title": "Shop", "active": true, "loading": false, "window": 1})),
            "page" if self.page_is_silent => None,
            "page" => Some(match op["request"]["do"].as_str()? {
                "text" => json!({"doc": "d1", "url": url, "title": "Shop", "origin": "https://shop.example", "text": "Tea costs 5."}),
                "snapshot" => sample::answer(if self.acts > 0 { AFTER } else { BEFORE }),
                "act" => {
                    self.acts += 1;
                    json!({"doc": "d1", "url": url, "status": "done", "reached": true, "changed": {"dom": 1}})
                }
                "wait" => json!({"doc": "d1", "url": url, "met": self.acts > 0, "ms": 1}),
                _ => json!({"doc": "d1", "url": url}),
            }),
            "origin_rule" => {
                self.rules += 1;
                Some(json!({}))
            }
            _ => Some(json!({})),
        }
    }

    fn http(&mut self, op: &Value, refs: &[Ref]) -> Option<Value> {
        self.provider = refs.first().copied().or(self.provider);
        let fetch = op["fetch"].as_u64().expect("a number");
        match op["op"].as_str()? {
            "fetch" => self.fetches.push((fetch, op["request"]["body"].as_str().unwrap_or_default().into())),
            _ => self.aborted.push(fetch),
        }
        None
    }

    fn kept(&mut self, op: &Value) -> Value {
        let key = op["key"].as_str().unwrap_or_default();
        match op["op"].as_str() {
            Some("get") => json!({"value": self.old.get(key)}),
            Some("list") => {
                let prefix = op["prefix"].as_str().unwrap_or_default();
                json!(self.old.keys().filter(|key| key.starts_with(prefix)).collect::<Vec<_>>())
            }
            Some("delete") => {
                self.old.remove(key);
                json!({})
            }
            _ => panic!("the old store is not written to any more: {op}"),
        }
    }

    fn tell(&mut self, to: Option<Ref>, body: &Value) {
        let to = to.expect("it subscribed");
        self.vat.handle(Time(self.now), Input::Message { to, body: json_bytes(body), refs: Vec::new() }, &mut Vec::new()).expect("taken");
        self.run();
    }

    fn command(&mut self, command: &Command) {
        self.tell(self.desk, &json!({"wall": 1_000_000 + self.now, "panel": command}));
    }

    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(due) = self.vat.wake_at().filter(|due| due.0 <= end) {
            self.now = due.0.max(self.now);
            self.run();
        }
        self.now = end;
        self.run();
    }

    /// The model answers the oldest open request: words and calls, as Chat Completions says them.
    fn model(&mut self, text: &str, call: Option<(&str, Value)>) {
        let (fetch, _) = self.fetches.remove(0);
        let calls: Vec<Value> = call
            .iter()
            .map(|(name, input)| json!({"index": 0, "id": format!("call_{fetch}"), "type": "function", "function": {"name": name, "arguments": input.to_string()}}))
            .collect();
        let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
        let delta = json!({"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": text, "tool_calls": calls}, "finish_reason": finish}]});
        self.tell(self.provider, &json!({"fetch": fetch, "head": {"status": 200, "headers": [["content-type", "text/event-stream"]]}}));
        self.tell(self.provider, &json!({"fetch": fetch, "chunk": format!("data: {delta}\n\ndata: [DONE]\n\n")}));
        self.tell(self.provider, &json!({"fetch": fetch, "end": true}));
    }

    /// A provider is set, and the owner says something in a new chat about tab 3.
    fn task(&mut self, text: &str) {
        let provider = Provider {
            id: "local".into(),
            label: "Local".into(),
            dialect: Dialect::OpenaiChat,
            base: "http://127.0.0.1:11434/v1".into(),
            models: ["m".to_string()].into(),
            needs_key: false,
            has_key: false,
            price_in: None,
            price_out: None,
        };
        self.command(&Command::SaveProvider { provider });
        self.command(&Command::Say { chat: 0, text: text.into(), tab: Some(3) });
    }

    fn phase(&self) -> RunPhase {
        let run = self.updates.iter().rev().find_map(|update| match update {
            Update::Run { run, .. } => Some(run.phase),
            Update::Chat { chat } => Some(chat.run.phase),
            _ => None,
        });
        run.unwrap_or_default()
    }

    /// The last whole chat, as lines.
    fn chat(&self) -> Vec<String> {
        let items = self.updates.iter().rev().find_map(|update| match update {
            Update::Chat { chat } => Some(chat.items.as_slice()),
            _ => None,
        });
        let line = |item: &Item| match item {
            Item::User { text, .. } => format!("owner: {text}"),
            Item::Assistant { text, .. } => format!("model: {text}"),
            Item::Tool { card } => format!("{}: {:?}", card.tool, card.verdict),
            Item::Note { text, .. } => format!("note: {text}"),
        };
        items.unwrap_or_default().iter().map(line).collect()
    }

    fn chats(&self) -> Vec<ChatInfo> {
        let last =
            self.updates.iter().rev().find_map(|update| if let Update::Chats { chats } = update { Some(chats.clone()) } else { None });
        last.unwrap_or_default()
    }

    /// What is kept on any.
    fn shelves(&self) -> Vec<String> {
        let rows = self.vat.rows();
        let labels =
            rows.iter().filter(|row| row.behaviour == "shelf" && row.state != peerd_vat::Activity::Ended).map(|row| row.label.clone());
        labels.collect()
    }

    fn approvals(&self) -> Vec<Approval> {
        let last = self
            .updates
            .iter()
            .rev()
            .find_map(|update| if let Update::Approvals { approvals } = update { Some(approvals.clone()) } else { None });
        last.unwrap_or_default()
    }

    fn problems(&self) -> Vec<&str> {
        self.updates.iter().filter_map(|update| if let Update::Problem { text } = update { Some(text.as_str()) } else { None }).collect()
    }
}

#[test]
fn durable_states_are_those_that_journals_in_browsers_have() {
    let durable = [super::entry::<super::shelf::Shelf>()];
    assert_eq!(peerd_otp::check_schemas(include_str!("../../schemas.txt"), &durable), Ok(()));
}

#[test]
fn the_tree_starts_and_shows_itself() {
    let mut world = World::new();
    let labels: Vec<String> = world.vat.rows().iter().map(|row| row.label.clone()).collect();
    for part in ["system", "provider", "tabs", "browser", "agents", "linux", "guests", "actors", "desk"] {
        assert!(labels.iter().any(|label| label == part), "{part} in {labels:?}");
    }
    world.updates.clear();
    world.command(&Command::Hello { chat: None });
    let kinds: Vec<String> =
        world.updates.iter().map(|update| format!("{update:?}").split(' ').next().unwrap_or_default().to_string()).collect();
    assert_eq!(kinds, ["Settings", "Vault", "Chats", "Approvals", "Recipes", "Recording", "Holdings"]);
}

#[test]
fn without_a_model_the_owner_is_told_to_choose_one() {
    let mut world = World::new();
    world.command(&Command::Say { chat: 0, text: "Hi".into(), tab: None });
    assert_eq!(world.problems(), ["Choose a model first: open the settings and add a provider."]);
}

#[test]
fn a_task_reads_a_tab_and_its_chat_is_there_after_a_restart() {
    let mut world = World::new();
    world.task("What does tea cost?");
    assert_eq!(world.phase(), RunPhase::Thinking);
    world.model("I'll read it.", Some(("get_page_text", json!({}))));
    assert!(world.fetches[0].1.contains("Tea costs 5."), "{}", world.fetches[0].1);
    world.model("It costs 5.", None);
    let lines = ["owner: What does tea cost?", "model: I'll read it.", "get_page_text: Done", "model: It costs 5."];
    assert_eq!((world.phase(), world.chat()), (RunPhase::Done, lines.map(String::from).to_vec()));

    let mut again = world.again();
    let Some(Update::Chats { chats }) = again.updates.iter().rev().find(|update| matches!(update, Update::Chats { .. })) else {
        panic!("the list is shown");
    };
    let (id, title) = (chats[0].id, chats[0].title.clone());
    assert_eq!(title, "What does tea cost?");
    again.command(&Command::OpenChat { chat: id });
    assert_eq!(again.chat(), lines);
    again.command(&Command::Say { chat: id, text: "And coffee?".into(), tab: Some(3) });
    assert!(again.fetches[0].1.contains("It costs 5."), "the model is shown what was said before");
}

#[test]
fn silence_denies_and_the_owners_word_allows() {
    let elsewhere = || Some(("new_tab", json!({"url": "https://other.example/?q=1"})));
    let mut world = World::new();
    world.task("Compare");
    world.model("", elsewhere());
    let asked = world.approvals();
    assert_eq!(
        (asked[0].what.as_str(), asked[0].value.as_str(), asked[0].until),
        ("Go to another site", "https://other.example/?q=1", 1_120_000)
    );
    assert_eq!(world.phase(), RunPhase::Waiting);
    world.pass(119_000);
    assert_eq!(world.approvals().len(), 1);
    world.pass(2_000);
    assert_eq!(world.approvals(), []);
    assert!(world.fetches[0].1.contains("the owner did not answer"), "{}", world.fetches[0].1);
    world.model("", elsewhere());
    let approval = world.approvals()[0].id;
    world.command(&Command::Answer { approval, answer: Answer::Once });
    assert_eq!((world.approvals(), world.phase()), (Vec::new(), RunPhase::Thinking));
}

#[test]
fn stop_aborts_the_models_request() {
    let mut world = World::new();
    world.task("Talk");
    let (fetch, _) = world.fetches[0].clone();
    let chat = world.chats()[0].id;
    world.command(&Command::Stop { chat });
    assert_eq!((world.phase(), world.aborted.clone()), (RunPhase::Stopped, Vec::from([fetch])));
    world.command(&Command::DeleteChat { chat });
    assert_eq!(world.shelves(), ["shelf of actors", "works", "desk"]);
    assert_eq!(world.again().shelves(), ["shelf of actors", "works", "desk"]);
}

#[test]
fn a_recording_becomes_a_recipe_that_is_kept() {
    let mut world = World::new();
    world.command(&Command::RecordStart { tab: 3 });
    let step = json!({"tool": "left_click", "fingerprint": {"role": "link", "name": "Tea"}, "secret": false, "url": "https://shop.example/", "title": ""});
    world.tell(world.desk, &json!({"recorded": {"tab": 3, "step": step}}));
    let shown =
        world.updates.iter().rev().find_map(|update| if let Update::Recording { recording } = update { recording.clone() } else { None });
    assert_eq!(shown, Some(Recording { tab: 3, steps: ["Click \"Tea\" (link)".to_string()].into() }));
    world.command(&Command::RecordStop { name: "Tea".into() });
    let again = world.again();
    let Some(Update::Recipes { recipes }) = again.updates.iter().rev().find(|update| matches!(update, Update::Recipes { .. })) else {
        panic!("recipes are shown");
    };
    assert_eq!((recipes[0].name.as_str(), recipes[0].bundled, recipes[0].grants.len()), ("Tea", false, 2));
}

fn buying(button: &str) -> Value {
    json!({
        "peerd": "recipe", "version": 1, "name": "Buy", "start": "/checkout", "grants": {"origins": ["start"], "submit": ["start"]},
        "steps": [{
            "intent": format!("Click {button:?} (button)"), "tool": "left_click", "target": {"role": "button", "name": button},
            "at": "/checkout", "then": {"url": "/checkout", "seen": "Thank you"},
        }],
    })
}

#[test]
fn a_recipe_replays_without_a_model_and_stops_at_a_renamed_button() {
    let run = |button: &str| {
        let mut world = World::open(Disk::default(), BTreeMap::new(), Vec::from([buying(button)]));
        world.command(&Command::RunRecipe { recipe: 1, slots: Vec::new(), tab: Some(3), chat: None });
        assert_eq!(world.fetches.len(), 0, "no model is asked");
        (world.phase(), world.acts, world.chat())
    };
    let ran = ["owner: Run the recipe “Buy”.", "left_click: Verified", "note: “Buy” ran to its end: one step, verified."];
    assert_eq!(run("Buy now"), (RunPhase::Done, 1, ran.map(String::from).to_vec()));
    let (phase, acts, chat) = run("Order");
    assert_eq!((phase, acts), (RunPhase::Failed, 0));
    assert!(
        chat.last().is_some_and(|note| note.starts_with("note: Stopped at step 1 of 1, “Click \"Order\" (button)”: it could not be done:")),
        "{chat:?}"
    );
}

#[test]
fn the_doctor_visits_a_local_server_once_its_rule_is_there() {
    let mut world = World::new();
    world.command(&Command::Doctor { base: "http://127.0.0.1:11434".into() });
    assert_eq!((world.rules, world.fetches.len()), (1, 1));
    world.command(&Command::Doctor { base: "https://far.example".into() });
    assert_eq!(world.rules, 1, "only servers near by need one");
}

#[test]
fn what_an_earlier_version_kept_is_taken_over_once() {
    let chat = json!({
        "version": 1, "spent": Spend::default(), "effects": [],
        "chat": {"id": 1001, "title": "Tea", "at": 5, "items": [{"User": {"text": "What does tea cost?", "at": 5}}, {"Assistant": {"text": "It costs 5.", "live": false}}], "run": RunState { phase: RunPhase::Done, ..RunState::default() }},
        "memory": {"messages": [{"role": "User", "blocks": [{"Text": "What does tea cost?"}]}, {"role": "Assistant", "blocks": [{"Text": "It costs 5."}]}]},
    });
    let info = ChatInfo { id: 1001, title: "Tea".into(), at: 5, state: RunPhase::Done };
    let old = [("chat/1001", chat.to_string()), ("chats", json!([info]).to_string()), ("recipe/1002", buying("Buy now").to_string())];
    let old = old.map(|(key, text)| (key.to_string(), text)).into();
    let mut world = World::open(Disk::default(), old, Vec::new());
    assert_eq!(world.problems(), [""; 0]);
    world.command(&Command::OpenChat { chat: 1001 });
    let lines = ["owner: What does tea cost?", "model: It costs 5."];
    assert_eq!((world.chats(), world.chat()), ([info].into(), lines.map(String::from).to_vec()));

    // From now on the shelves have it, whatever the old store has.
    world.old.clear();
    let mut again = world.again();
    again.command(&Command::OpenChat { chat: 1001 });
    assert_eq!(again.chat(), lines);
    let recipes =
        again.updates.iter().rev().find_map(|update| if let Update::Recipes { recipes } = update { Some(recipes.len()) } else { None });
    assert_eq!(recipes, Some(1));
}
