//! The vat ends between any two things it asks of the host, flushes of its journal among them, before and after they are done; only
//! the journal and the browser outlive it.
//! Whatever was cut, the run ends as it would have, and the site has heard everything once.
use super::{
    super::{Actor, json_bytes, root::Root, wire::Boot},
    disk::Disk,
};
use crate::{
    view::{Answer, Approval, Command, Dialect, Item, Provider, RunPhase, Update},
    web::sample,
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Input, Output, PortId, Ref, Said, Time, Vat};
use serde_json::{Value, json};

const CHROME: u16 = 1;
const HTTP: u16 = 2;
const STORE: u16 = 3;
const PANEL: u16 = 4;
const EGRESS: u16 = 5;
const BOXES: u16 = 6;
const WIRES: u16 = 7;
const LINUX: u16 = 8;
const GUESTS: u16 = 9;

const SHOP: &str = "https://shop.example";

/// The browser with its pages and service worker, and what the shop's server has heard.
#[derive(Clone, Default)]
struct Site {
    /// By tab: address and document.
    tabs: BTreeMap<i64, (String, u32)>,
    documents: u32,
    /// Acts by document and effect; no answer: shut out.
    acts: BTreeMap<(u32, String), Option<Value>>,
    /// Effects of the service worker.
    effects: BTreeMap<String, Option<Value>>,
    heard: Vec<String>,
}

impl Site {
    fn new() -> Site {
        let mut site = Site::default();
        site.load(3, format!("{SHOP}/checkout"));
        site
    }

    fn load(&mut self, tab: i64, url: String) {
        self.documents += 1;
        self.heard.push(url.clone());
        self.tabs.insert(tab, (url, self.documents));
    }

    fn chrome(&mut self, op: &Value) -> Value {
        let id = op["tab"].as_i64().unwrap_or_default();
        let effect = op["effect"].as_str().unwrap_or_default().to_string();
        match op["op"].as_str().unwrap_or_default() {
            "tab" => match self.tabs.get(&id) {
                Some((url, _)) => json!({"tab": id, "url": url, "title": "Shop", "loading": false}),
                None => gone(),
            },
            "page" => match self.tabs.get(&id).cloned() {
                Some((url, doc)) => self.page(id, &url, doc, &op["request"]),
                None => gone(),
            },
            "probe" => match self.effects.entry(effect).or_insert(None) {
                Some(answer) => json!({"state": "done", "answer": answer}),
                None => json!({"state": "unknown"}),
            },
            "navigate" | "new_tab" | "close_tab" => {
                if let Some(known) = self.effects.get(&effect) {
                    return known.clone().unwrap_or_else(|| json!({"err": {"kind": "void"}}));
                }
                let answer = self.change(op, id);
                self.effects.insert(effect, Some(answer.clone()));
                answer
            }
            _ => json!({}),
        }
    }

    fn change(&mut self, op: &Value, id: i64) -> Value {
        match op["op"].as_str() {
            Some("close_tab") => {
                self.tabs.remove(&id);
                json!({})
            }
            Some("new_tab") => {
                let tab = 10 + self.tabs.len() as i64;
                self.load(tab, op["url"].as_str().unwrap_or_default().into());
                json!({"tab": tab})
            }
            _ => {
                self.load(id, op["url"].as_str().unwrap_or_default().into());
                json!({})
            }
        }
    }

    fn page(&mut self, tab: i64, url: &str, doc: u32, request: &Value) -> Value {
        let name = doc.to_string();
        let effect = request["effect"].as_str().unwrap_or_default().to_string();
        match request["do"].as_str().unwrap_or_default() {
            "snapshot" => self.snapshot(url, doc),
            "text" => json!({"doc": name, "url": url, "title": "Shop", "origin": SHOP, "text": "Tea costs 5."}),
            "probe" => match self.acts.entry((doc, effect)).or_insert(None) {
                Some(answer) => json!({"doc": name, "url": url, "known": true, "answer": answer}),
                None => json!({"doc": name, "url": url, "known": false}),
            },
            "act" if request["doc"].as_str() != Some(name.as_str()) => json!({"status": "stale", "doc": name}),
            "act" => match self.acts.get(&(doc, effect.clone())) {
                Some(known) => known.clone().unwrap_or_else(|| json!({"status": "void"})),
                None => self.act(tab, doc, effect, request),
            },
            _ => json!({"doc": name, "url": url, "met": true, "ms": 1}),
        }
    }

    fn act(&mut self, tab: i64, doc: u32, effect: String, request: &Value) -> Value {
        let is_submit = request["act"]["n"] == 3;
        if is_submit && !request["allow"].as_array().is_some_and(|allow| allow.contains(&json!("submit"))) {
            return json!({"status": "needs", "needs": [{"kind": "submit", "value": "Buy now", "url": format!("{SHOP}/order"), "field": ""}]});
        }
        self.heard.push(format!("{} {}", if is_submit { "submit" } else { "press" }, request["act"]["n"]));
        let done = json!({"status": "done", "reached": true, "changed": {"dom": 1}});
        self.acts.insert((doc, effect), Some(done.clone()));
        if is_submit {
            self.load(tab, format!("{SHOP}/thanks"));
            return json!({"err": {"kind": "navigated"}});
        }
        done
    }

    fn snapshot(&self, url: &str, doc: u32) -> Value {
        let presses = self.heard.iter().filter(|line| line.starts_with("press")).count();
        let rows = if url.ends_with("/thanks") {
            "1 0 0 {\"role\":\"heading\",\"name\":\"Thank you\",\"level\":1}\n".to_string()
        } else {
            format!(
                "1 0 0 {{\"role\":\"heading\",\"name\":\"Checkout, {presses} pressed\",\"level\":1}}\n\
                 2 0 0 {{\"role\":\"button\",\"name\":\"More\",\"actionable\":true}}\n\
                 3 0 0 {{\"role\":\"button\",\"name\":\"Buy now\",\"actionable\":true}}\n"
            )
        };
        let mut answer = sample::answer(&rows);
        answer["doc"] = doc.to_string().into();
        answer["url"] = url.into();
        answer
    }
}

/// Nothing was kept before there was a journal.
fn old(op: &Value) -> Value {
    match op["op"].as_str() {
        Some("list") => json!([]),
        _ => json!({"value": null}),
    }
}

fn gone() -> Value {
    json!({"err": {"kind": "gone"}})
}

/// The nth thing asked of the host is the last of that life: done or not, its answer comes too late.
#[derive(Clone, Copy, Debug)]
struct Kill {
    at: u32,
    is_done: bool,
}

/// What the model says in its nth answer.
type Policy = fn(usize) -> (&'static str, Option<(&'static str, Value)>);

struct World {
    vat: Vat,
    lives: u64,
    now: u64,
    disk: Disk,
    site: Site,
    policy: Policy,
    recipe: Option<Value>,
    desk: Option<Ref>,
    provider: Option<Ref>,
    approvals: Vec<Approval>,
    kills: Vec<Kill>,
    asked: u32,
}

impl World {
    fn new(policy: Policy, recipe: Option<Value>, kills: Vec<Kill>) -> World {
        World {
            vat: Disk::default().open(),
            lives: 0,
            now: 0,
            disk: Disk::default(),
            site: Site::new(),
            policy,
            recipe,
            desk: None,
            provider: None,
            approvals: Vec::new(),
            kills,
            asked: 0,
        }
    }

    fn boot(&mut self) -> bool {
        self.lives += 1;
        self.vat = self.disk.open();
        (self.desk, self.provider, self.approvals) = (None, None, Vec::new());
        let refs = [CHROME, HTTP, STORE, PANEL, EGRESS, BOXES, WIRES, LINUX, GUESTS].map(|port| self.vat.port(PortId(port))).to_vec();
        let recipes = self.recipe.iter().cloned().collect();
        let boot = json_bytes(&Boot { wall: 1_000_000 + self.now, variant: "e2e".into(), all_sites: true, recipes, ..Boot::default() });
        self.input(Input::Entropy { seed: self.lives });
        self.input(Input::Boot { behaviour: Root::NAME.into(), args: boot, refs });
        self.run()
    }

    fn input(&mut self, input: Input) {
        self.vat.handle(Time(self.now), input, &mut Vec::new()).expect("taken");
    }

    fn tell(&mut self, to: Option<Ref>, body: &Value) {
        self.input(Input::Message { to: to.expect("it subscribed"), body: json_bytes(body), refs: Vec::new() });
    }

    /// Until nothing is to be done at this moment. False: this life was ended.
    fn run(&mut self) -> bool {
        loop {
            let mut out = Vec::new();
            while !self.vat.run(Time(self.now), 1_000, &mut out).idle {}
            match self.flies(&mut out) {
                None => return false,
                Some(false) if out.is_empty() => return true,
                Some(_) => {}
            }
            for output in out {
                let is_alive = match output {
                    Output::Port { port, reply, body, refs, .. } => self.asked(port.0, reply, &body, &refs),
                    Output::Report(report) if matches!(report.what, Said::Crashed { .. }) => panic!("{report:?}"),
                    Output::Ended { reason } => panic!("the root ended: {reason}"),
                    _ => true,
                };
                if !is_alive {
                    return false;
                }
            }
        }
    }

    /// Whether something was flushed; none: that was the end of this life.
    fn flies(&mut self, out: &mut Vec<Output>) -> Option<bool> {
        if self.vat.gathered() == 0 {
            return Some(false);
        }
        match self.count() {
            None => Some(self.disk.land(&mut self.vat, Time(self.now), out)),
            Some(kill) => {
                if kill.is_done {
                    self.disk.write(&mut self.vat);
                }
                None
            }
        }
    }

    /// One thing more is asked of the host.
    fn count(&mut self) -> Option<Kill> {
        self.asked += u32::from(self.is_begun());
        self.kills.first().copied().filter(|kill| kill.at == self.asked && self.is_begun())
    }

    fn asked(&mut self, port: u16, reply: Option<Ref>, body: &[u8], refs: &[Ref]) -> bool {
        let value: Value = serde_json::from_slice(body).expect("JSON");
        if port == PANEL {
            self.shown(value, refs);
            return true;
        }
        let kill = self.count();
        if kill.is_some_and(|kill| !kill.is_done) {
            return false;
        }
        let answer = match port {
            CHROME => Some(self.site.chrome(&value)),
            STORE => Some(old(&value)),
            _ => {
                self.provider = refs.first().copied().or(self.provider);
                None
            }
        };
        if kill.is_some() {
            return false;
        }
        if let (Some(to), Some(answer)) = (reply, answer) {
            self.input(Input::Reply { to, body: json_bytes(&answer) });
        }
        if port == HTTP && value["op"] == "fetch" {
            self.answer(&value);
        }
        true
    }

    fn shown(&mut self, value: Value, refs: &[Ref]) {
        if value["subscribe"] == true {
            self.desk = refs.first().copied();
            return;
        }
        if let Update::Approvals { approvals } = serde_json::from_value(value).expect("an update") {
            self.approvals = approvals;
        }
    }

    /// Before the run is in the store its owner has said nothing.
    fn is_begun(&self) -> bool {
        self.asked > 0 || self.chat().is_some_and(|chat| chat.1)
    }

    /// What the disk has of the one chat, and whether the list has it under way too.
    fn chat(&self) -> Option<(BTreeMap<String, Value>, bool)> {
        let vat = self.disk.open();
        let shelf = |name: &str| -> Option<BTreeMap<String, Value>> {
            let row = vat.rows().into_iter().find(|row| row.behaviour == "shelf" && row.label.starts_with(name))?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_string();
            Some(vat.map(row.id).iter().filter_map(|(key, piece)| Some((text(key), serde_json::from_slice(piece).ok()?))).collect())
        };
        let is_listed = shelf("desk")?.get("chats").is_some_and(|chats| chats[0]["state"] == "thinking");
        let chat = shelf("chat ")?;
        let is_begun = chat.get("chat")?["task"].is_object() && is_listed;
        Some((chat, is_begun))
    }

    /// As the model would: by how often it has spoken in what it is shown.
    fn answer(&mut self, op: &Value) {
        let body: Value = serde_json::from_str(op["request"]["body"].as_str().unwrap_or_default()).expect("JSON");
        let spoken = body["messages"].as_array().expect("messages").iter().filter(|message| message["role"] == "assistant").count();
        let (text, call) = (self.policy)(spoken);
        let calls: Vec<Value> = call
            .iter()
            .map(|(name, input)| json!({"index": 0, "id": format!("call_{spoken}"), "type": "function", "function": {"name": name, "arguments": input.to_string()}}))
            .collect();
        let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
        let delta = json!({"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": text, "tool_calls": calls}, "finish_reason": finish}]});
        let fetch = &op["fetch"];
        self.tell(self.provider, &json!({"fetch": fetch, "head": {"status": 200, "headers": [["content-type", "text/event-stream"]]}}));
        self.tell(self.provider, &json!({"fetch": fetch, "chunk": format!("data: {delta}\n\ndata: [DONE]\n\n")}));
        self.tell(self.provider, &json!({"fetch": fetch, "end": true}));
    }

    fn command(&mut self, command: &Command) -> bool {
        self.tell(self.desk, &json!({"wall": 1_000_000 + self.now, "panel": command}));
        self.run()
    }

    /// One run from its first word to its end, whatever ends its lives.
    fn play(mut self) -> Ran {
        assert!(self.boot());
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
        assert!(self.command(&Command::SaveProvider { provider }));
        let first = match self.recipe {
            Some(_) => Command::RunRecipe { recipe: 1, slots: Vec::new(), tab: Some(3), chat: None },
            None => Command::Say { chat: 0, text: "Do it".into(), tab: Some(3) },
        };
        let mut is_alive = self.command(&first);
        for _ in 0..2_000 {
            if !is_alive {
                self.kills.remove(0);
                is_alive = self.boot();
                continue;
            }
            if self.vat.wake_at().is_none() && !self.ran().phase.is_under_way() {
                break;
            }
            if let Some(approval) = self.approvals.first() {
                let approval = approval.id;
                is_alive = self.command(&Command::Answer { approval, answer: Answer::TaskOrigin });
                continue;
            }
            self.now = self.vat.wake_at().map_or(self.now + 100, |due| due.0.max(self.now));
            is_alive = self.run();
        }
        self.ran()
    }

    fn ran(&self) -> Ran {
        let chat = self.chat().map(|(chat, _)| chat).unwrap_or_default();
        let items = chat.iter().filter(|(key, _)| key.starts_with("item/"));
        let items: Vec<Item> = items.filter_map(|(_, item)| serde_json::from_value(item.clone()).ok()).collect();
        let said = items.iter().filter_map(|item| match item {
            Item::User { text, .. } => Some(format!("owner: {text}")),
            Item::Assistant { text, .. } => Some(format!("model: {text}")),
            Item::Tool { card } => Some(format!("{}: {:?}", card.tool, card.verdict)),
            Item::Note { text, .. } => (!text.starts_with("peerd was stopped")).then(|| format!("note: {text}")),
        });
        let phase = chat.get("chat").and_then(|chat| serde_json::from_value(chat["chat"]["run"]["phase"].clone()).ok()).unwrap_or_default();
        Ran { phase, said: said.collect(), heard: self.site.heard.clone(), asked: self.asked, lives: self.lives }
    }
}

#[derive(Debug)]
struct Ran {
    phase: RunPhase,
    said: Vec<String>,
    heard: Vec<String>,
    asked: u32,
    lives: u64,
}

/// The run is ended at each of its points, done and not done; gives back how many there were.
fn killed_everywhere(policy: Policy, recipe: Option<Value>) -> u32 {
    let whole = World::new(policy, recipe.clone(), Vec::new()).play();
    assert_eq!(whole.phase, RunPhase::Done, "{whole:?}");
    let mut points = 0;
    for at in 1..=whole.asked {
        for is_done in [false, true] {
            let kill = Kill { at, is_done };
            let cut = World::new(policy, recipe.clone(), Vec::from([kill])).play();
            assert_eq!((cut.phase, &cut.said, &cut.heard, cut.lives), (whole.phase, &whole.said, &whole.heard, 2), "{kill:?}");
            points += 1;
        }
    }
    points
}

fn pressing(spoken: usize) -> (&'static str, Option<(&'static str, Value)>) {
    match spoken {
        0 => ("I look.", Some(("read_page", json!({})))),
        1 | 2 => ("", Some(("left_click", json!({"ref": "ref_2"})))),
        _ => ("Pressed twice.", None),
    }
}

fn buying(spoken: usize) -> (&'static str, Option<(&'static str, Value)>) {
    match spoken {
        0 => ("", Some(("read_page", json!({})))),
        1 => ("I buy it.", Some(("left_click", json!({"ref": "ref_3"})))),
        _ => ("Bought.", None),
    }
}

fn going(spoken: usize) -> (&'static str, Option<(&'static str, Value)>) {
    match spoken {
        0 => ("", Some(("new_tab", json!({"url": "https://shop.example/tea"})))),
        1 => ("", Some(("navigate", json!({"url": "https://shop.example/checkout"})))),
        2 => ("", Some(("read_page", json!({})))),
        3 => ("", Some(("left_click", json!({"ref": "ref_2"})))),
        4 => ("", Some(("close_tab", json!({})))),
        _ => ("Been there.", None),
    }
}

fn recipe() -> Value {
    json!({
        "peerd": "recipe", "version": 1, "name": "Buy", "start": "/checkout", "grants": {"origins": ["start"], "submit": ["start"]},
        "steps": [
            {"intent": "Click \"More\" (button)", "tool": "left_click", "target": {"role": "button", "name": "More"}, "at": "/checkout"},
            {
                "intent": "Click \"Buy now\" (button)", "tool": "left_click", "target": {"role": "button", "name": "Buy now"},
                "at": "/checkout", "then": {"url": "/thanks", "seen": "Thank you"},
            },
        ],
    })
}

#[test]
fn presses_in_a_page_happen_once() {
    assert!(killed_everywhere(pressing, None) > 40);
}

#[test]
fn a_form_that_its_owner_is_asked_for_is_submitted_once() {
    assert!(killed_everywhere(buying, None) > 40);
}

#[test]
fn tabs_are_opened_loaded_and_closed_once() {
    assert!(killed_everywhere(going, None) > 60);
}

#[test]
fn a_recipe_goes_on_at_its_step() {
    assert!(killed_everywhere(pressing, Some(recipe())) > 40);
}

#[test]
fn a_run_that_is_cut_again_and_again_still_does_everything_once() {
    let whole = World::new(going, None, Vec::new()).play();
    for gap in [29, 31, 37, 43] {
        let kills = (1..40).map(|n| Kill { at: n * gap, is_done: n % 2 == 0 }).collect();
        let cut = World::new(going, None, kills).play();
        assert_eq!(cut.heard, whole.heard, "every {gap}: {cut:?}");
    }
}
