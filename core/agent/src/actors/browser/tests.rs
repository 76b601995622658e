//! The browser against a scripted chrome: what goes out is told line by line, and the test says what comes back.
use super::{
    super::{Actor, entry, wire::ToWeb},
    *,
};
use alloc::string::{String, ToString};
use expect_test::{Expect, expect};
use peerd_caps::caretaker;
use peerd_otp::supervisor::{self, SupervisorSpec};
use peerd_vat::{Config, Input, Output, PortId, Reason, Said, SpawnOptions, Time, Vat};

const CHROME: PortId = PortId(1);
/// Where the doubles tell what reached them.
const EARS: PortId = PortId(9);
const CHAT: ChatId = 1;

/// Stands for a chat: passes on what the test says, and tells what it hears.
#[derive(Serialize, Deserialize)]
struct Chat {
    browser: Ref,
    ears: Ref,
}

impl Actor for Chat {
    const NAME: &'static str = "chat_double";

    fn init(_args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let &[chrome, ears] = cx.refs() else { return Err(Crash::new("bad_args", "two ports")) };
        let tabs = supervisor::spawn(cx, "tabs", &SupervisorSpec::default(), &[]);
        let browser = cx.spawn(SpawnOptions::new(Browser::NAME, b"{}").refs(&[chrome, tabs]));
        Ok(Chat { browser, ears })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, reply: Some(reply), .. } => {
                cx.send(self.ears, &[b"chat ", bytes].concat());
                cx.reply(reply, b"{}", &[]);
            }
            Event::User { body: bytes, .. } => match body::<ToBrowser>(bytes) {
                Ok(ToBrowser::Tool { .. } | ToBrowser::Find { .. }) => {
                    cx.call(self.browser, bytes, &[cx.me()], peerd_vat::INFINITY_MS);
                }
                Ok(_) => cx.send_with(self.browser, bytes, &[cx.me()]),
                Err(_) => cx.send(self.ears, &[b"chat ", bytes].concat()),
            },
            Event::Reply { result: Ok(answer), .. } => {
                cx.send(self.ears, &[b"chat ", answer.body].concat());
                if let Some(web) = answer.refs.first() {
                    send_json(cx, *web, &ToWeb::Host { event: json!({"event": "greeting"}) });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Stands for a web actor: tells what it hears and dies of a crashed page.
#[derive(Serialize, Deserialize)]
struct Web {
    chrome: Ref,
    tab: TabId,
}

impl Actor for Web {
    const NAME: &'static str = "web";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let args: Value = body(args)?;
        let &[chrome, _browser] = cx.refs() else { return Err(Crash::new("bad_args", "two refs")) };
        Ok(Web { chrome, tab: args["tab"].as_i64().unwrap_or_default() })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body: bytes, .. } = event else { return Ok(()) };
        match body::<ToWeb>(bytes)? {
            ToWeb::Host { event } if event["event"] == "crashed" => return Err(Crash::new("renderer", "gone")),
            ToWeb::Host { event } => send_json(cx, self.chrome, &json!({"web": self.tab, "heard": event["event"]})),
            ToWeb::Adopt { url, restarts, driven } => {
                send_json(cx, self.chrome, &json!({"web": self.tab, "adopts": url, "restarts": restarts, "driven": driven}));
            }
            _ => {}
        }
        Ok(())
    }
}

struct World {
    vat: Vat,
    now: u64,
    browser: Option<Ref>,
    /// Calls of the chrome port that wait for an answer, oldest first.
    calls: Vec<Ref>,
    told: String,
}

impl World {
    fn new() -> World {
        let mut vat = Vat::new(
            Config::default(),
            [supervisor::behaviour(), caretaker::behaviour(), entry::<Browser>(), entry::<Chat>(), entry::<Web>()].into(),
        );
        let refs = [CHROME, EARS].map(|port| vat.port(port)).to_vec();
        let mut out = Vec::new();
        vat.handle(Time(0), Input::Boot { behaviour: Chat::NAME.into(), args: Vec::new(), refs }, &mut out).expect("taken");
        let mut world = World { vat, now: 0, browser: None, calls: Vec::new(), told: String::new() };
        world.run();
        world.told.clear();
        world
    }

    fn run(&mut self) {
        let mut out = Vec::new();
        while !self.vat.run(Time(self.now), 1_000, &mut out).idle {}
        for output in out {
            match output {
                Output::Port { body, refs, reply, .. } => {
                    self.browser = refs.first().copied().or(self.browser);
                    self.calls.extend(reply);
                    self.tell(core::str::from_utf8(&body).expect("text"));
                }
                Output::Report(report) if matches!(report.what, Said::Crashed { .. }) && report.behaviour != "web" => panic!("{report:?}"),
                _ => {}
            }
        }
    }

    fn tell(&mut self, line: &str) {
        self.told.push_str(line);
        self.told.push('\n');
    }

    fn input(&mut self, input: Input) -> &mut Self {
        self.vat.handle(Time(self.now), input, &mut Vec::new()).expect("taken");
        self.run();
        self
    }

    fn say(&mut self, message: &ToBrowser) -> &mut Self {
        let to = self.vat.root().expect("booted");
        self.input(Input::Message { to, body: json_bytes(message), refs: Vec::new() })
    }

    fn tool(&mut self, tool: &str, input: Value, origins: &[&str]) -> &mut Self {
        let origins = origins.iter().map(ToString::to_string).collect();
        self.say(&ToBrowser::Tool { chat: CHAT, effect: "e".into(), tool: tool.into(), input, origins, trace: None })
    }

    fn find(&mut self, tab: Option<TabId>) -> &mut Self {
        self.say(&ToBrowser::Find { chat: CHAT, tab })
    }

    /// The oldest open call is answered.
    fn answer(&mut self, value: Value) -> &mut Self {
        let to = self.calls.remove(0);
        self.input(Input::Reply { to, body: json_bytes(&value) })
    }

    fn event(&mut self, value: Value) -> &mut Self {
        let to = self.browser.expect("it subscribed");
        self.input(Input::Message { to, body: json_bytes(&value), refs: Vec::new() })
    }

    fn wait(&mut self, ms: u64) -> &mut Self {
        self.now += ms;
        self.run();
        self
    }

    fn expect(&mut self, expected: Expect) -> &mut Self {
        expected.assert_eq(&core::mem::take(&mut self.told));
        self
    }

    fn with_shop(&mut self) -> &mut Self {
        self.find(Some(7)).answer(tab(7, "https://shop.example/"));
        self.say(&ToBrowser::Drive { chat: CHAT, tab: 7, title: "Tea".into() });
        self.told.clear();
        self
    }
}

fn tab(tab: TabId, url: &str) -> Value {
    json!({"tab": tab, "url": url, "title": "A page", "active": false, "loading": false, "window": 1, "opener": null})
}

#[test]
fn a_tab_gets_its_actor_when_it_is_first_looked_for() {
    let mut world = World::new();
    world.find(Some(7)).answer(tab(7, "https://shop.example/")).find(Some(7)).answer(tab(7, "https://shop.example/cart"));
    world.expect(expect![[r#"
        {"op":"tab","tab":7}
        {"adopts":"https://shop.example/","driven":false,"restarts":0,"web":7}
        chat {"tab":7,"url":"https://shop.example/","title":"A page","missing":null,"gone":false}
        {"heard":"greeting","web":7}
        {"op":"tab","tab":7}
        chat {"tab":7,"url":"https://shop.example/cart","title":"A page","missing":null,"gone":false}
        {"heard":"greeting","web":7}
    "#]]);
    assert_eq!(world.vat.rows().iter().filter(|row| row.label == "web 7").count(), 1);
}

#[test]
fn no_tab_no_actor_and_the_reason_in_words() {
    World::new().find(None).find(Some(8)).answer(json!({"err": {"kind": "gone", "text": "x"}})).expect(expect![[r#"
        chat {"tab":0,"url":"","title":"","missing":"there is no tab to act on yet: open one with new_tab, or choose one with switch_tab","gone":false}
        {"op":"tab","tab":8}
        chat {"tab":8,"url":"","title":"","missing":"there is no such tab","gone":true}
    "#]]);
}

#[test]
fn a_crashed_page_is_adopted_again_and_the_fourth_crash_in_five_seconds_ends_it() {
    let mut world = World::new();
    world.with_shop().event(json!({"event": "committed", "tab": 7, "url": "https://shop.example/cart", "redirected": false, "by": "link"}));
    for _ in 0..4 {
        world.event(json!({"event": "crashed", "tab": 7}));
    }
    world.expect(expect![[r#"
        {"heard":"committed","web":7}
        {"adopts":"https://shop.example/cart","driven":true,"restarts":1,"web":7}
        chat {"TabNews":{"tab":7,"text":"the page crashed and is being loaded again","gone":false}}
        {"adopts":"https://shop.example/cart","driven":true,"restarts":2,"web":7}
        chat {"TabNews":{"tab":7,"text":"the page crashed and is being loaded again","gone":false}}
        {"adopts":"https://shop.example/cart","driven":true,"restarts":3,"web":7}
        chat {"TabNews":{"tab":7,"text":"the page crashed and is being loaded again","gone":false}}
        chat {"TabNews":{"tab":7,"text":"the page crashed four times in five seconds; it is not loaded again","gone":true}}
    "#]]);
    world.find(Some(7)).answer(tab(7, "https://shop.example/")).expect(expect![[r#"
        {"op":"tab","tab":7}
        {"adopts":"https://shop.example/","driven":true,"restarts":0,"web":7}
        chat {"tab":7,"url":"https://shop.example/","title":"A page","missing":null,"gone":false}
        {"heard":"greeting","web":7}
    "#]]);
}

#[test]
fn a_tab_its_owner_closed_ends_in_order_and_its_chat_is_told() {
    let mut world = World::new();
    world.with_shop().event(json!({"event": "tab_closed", "tab": 7})).wait(10).expect(expect![[r#"
        {"heard":"tab_closed","web":7}
        chat {"TabNews":{"tab":7,"text":"tab 7 was closed by its owner","gone":true}}
    "#]]);
    assert!(world.vat.rows().iter().all(|row| row.label != "web 7" && row.last_exit.as_ref().is_none_or(Reason::is_orderly)));
}

#[test]
fn a_hand_pauses_the_chat_that_drives_the_tab_and_no_other() {
    World::new()
        .with_shop()
        .event(json!({"event": "hand", "tab": 9}))
        .event(json!({"event": "hand", "tab": 7}))
        .say(&ToBrowser::Release { chat: CHAT })
        .event(json!({"event": "hand", "tab": 7}))
        .expect(expect![[r#"
            chat {"Hand":{"tab":7}}
            {"chat":1,"op":"group","tabs":[],"title":"Tea"}
            {"on":false,"op":"watch_hand","tab":7}
            {"op":"fence","origins":null,"tab":7}
        "#]]);
}

#[test]
fn a_new_tab_is_fenced_and_driven_and_asked_for_elsewhere() {
    World::new()
        .tool("new_tab", json!({"url": "https://shop.example/"}), &["https://shop.example"])
        .answer(tab(3, "https://shop.example/"))
        .expect(expect![[r#"
            chat {"Dispatch":{"effect":"e","trace":"{\"tries\":1,\"session\":\"\"}"}}
            {"beside":null,"effect":"e.1","op":"new_tab","origins":["https://shop.example"],"url":"https://shop.example/"}
            {"chat":1,"op":"group","tabs":[3],"title":""}
            {"on":true,"op":"watch_hand","tab":3}
            chat {"verdict":"verified","summary":"open a tab: https://shop.example/","evidence":"tab 3 is open and is now the one you act on","text":"verified: tab 3 is open and is now the one you act on","images":[],"error":false,"changed":true,"page_before":0,"tab":3,"url":"","trace":"","step":null}
        "#]])
        .tool("new_tab", json!({"url": "https://evil.example/?q=secret"}), &["https://shop.example"])
        .expect(expect![[r#"
            chat {"Need":{"effect":"e","need":{"kind":{"Navigate":{"url":"https://evil.example/?q=secret"}},"value":"https://evil.example/?q=secret","why":"new_tab"}}}
        "#]])
        .say(&ToBrowser::Denied { effect: "e".into(), reason: "its owner said no".into() })
        .expect(expect![[r#"
            chat {"verdict":"denied","summary":"open a tab: https://evil.example/?q=secret","evidence":"its owner said no","text":"Not done: its owner said no","images":[],"error":true,"changed":false,"page_before":0,"tab":null,"url":"","trace":"","step":null}
        "#]]);
}

#[test]
fn a_new_tab_whose_answer_was_lost_is_looked_for_before_it_is_opened_again() {
    let lost = json!({"err": {"kind": "lost", "text": ""}});
    let origins = ["https://shop.example"];
    let mut world = World::new();
    world.tool("new_tab", json!({"url": "https://shop.example/"}), &origins).answer(lost.clone());
    world.answer(json!({"state": "done", "answer": tab(3, "https://shop.example/")})).expect(expect![[r#"
        chat {"Dispatch":{"effect":"e","trace":"{\"tries\":1,\"session\":\"\"}"}}
        {"beside":null,"effect":"e.1","op":"new_tab","origins":["https://shop.example"],"url":"https://shop.example/"}
        {"effect":"e.1","op":"probe"}
        {"chat":1,"op":"group","tabs":[3],"title":""}
        {"on":true,"op":"watch_hand","tab":3}
        chat {"verdict":"verified","summary":"open a tab: https://shop.example/","evidence":"tab 3 is open and is now the one you act on","text":"verified: tab 3 is open and is now the one you act on","images":[],"error":false,"changed":true,"page_before":0,"tab":3,"url":"","trace":"","step":null}
    "#]]);
    world.tool("new_tab", json!({"url": "https://shop.example/"}), &origins).answer(lost.clone());
    world.answer(lost.clone()).answer(json!({"state": "unknown"})).answer(tab(4, "https://shop.example/")).expect(expect![[r#"
        chat {"Dispatch":{"effect":"e","trace":"{\"tries\":1,\"session\":\"\"}"}}
        {"beside":3,"effect":"e.1","op":"new_tab","origins":["https://shop.example"],"url":"https://shop.example/"}
        {"effect":"e.1","op":"probe"}
        {"effect":"e.1","op":"probe"}
        chat {"Dispatch":{"effect":"e","trace":"{\"tries\":2,\"session\":\"\"}"}}
        {"beside":3,"effect":"e.2","op":"new_tab","origins":["https://shop.example"],"url":"https://shop.example/"}
        {"chat":1,"op":"group","tabs":[3,4],"title":""}
        {"on":true,"op":"watch_hand","tab":4}
        chat {"verdict":"verified","summary":"open a tab: https://shop.example/","evidence":"tab 4 is open and is now the one you act on","text":"verified: tab 4 is open and is now the one you act on","images":[],"error":false,"changed":true,"page_before":0,"tab":4,"url":"","trace":"","step":null}
    "#]]);
    world.tool("new_tab", json!({"url": "https://shop.example/"}), &origins).answer(lost);
    world.answer(json!({"state": "begun", "before": {}})).expect(expect![[r#"
        chat {"Dispatch":{"effect":"e","trace":"{\"tries\":1,\"session\":\"\"}"}}
        {"beside":4,"effect":"e.1","op":"new_tab","origins":["https://shop.example"],"url":"https://shop.example/"}
        {"effect":"e.1","op":"probe"}
        chat {"verdict":"unknown","summary":"open a tab: https://shop.example/","evidence":"it can't be told whether this was done: open a tab: https://shop.example/. It is not repeated; look with list_tabs.","text":"it can't be told whether this was done: open a tab: https://shop.example/. It is not repeated; look with list_tabs.","images":[],"error":true,"changed":false,"page_before":0,"tab":null,"url":"","trace":"","step":null}
    "#]]);
}

#[test]
fn the_owners_other_tabs_are_listed_without_their_addresses_and_switched_to_with_leave() {
    let bank = tab(9, "https://bank.example/account?token=x");
    World::new()
        .with_shop()
        .tool("list_tabs", json!({}), &[])
        .answer(json!([tab(7, "https://shop.example/cart"), bank]))
        .expect(expect![[r#"
            {"op":"tabs"}
            chat {"verdict":"done","summary":"list the tabs","evidence":"2 tabs","text":"tab 7 (the one you act on): https://shop.example/cart\n<page origin=\"https://shop.example\">\nA page\n</page>\ntab 9: https://bank.example (not yours)\n","images":[],"error":false,"changed":true,"page_before":0,"tab":null,"url":"","trace":"","step":null}
        "#]])
        .tool("switch_tab", json!({"tab_id": 9}), &["https://shop.example"])
        .answer(bank)
        .expect(expect![[r#"
            {"op":"tab","tab":9}
            chat {"Need":{"effect":"e","need":{"kind":{"Act":{"origin":"https://bank.example"}},"value":"https://bank.example/account?token=x","why":"switch to tab 9"}}}
        "#]])
        .say(&ToBrowser::Allowed { effect: "e".into() })
        .expect(expect![[r#"
            {"chat":1,"op":"group","tabs":[7,9],"title":"Tea"}
            {"on":true,"op":"watch_hand","tab":9}
            chat {"verdict":"verified","summary":"switch to tab 9","evidence":"tab 9 is now the one you act on","text":"verified: tab 9 is now the one you act on","images":[],"error":false,"changed":true,"page_before":0,"tab":9,"url":"","trace":"","step":null}
        "#]]);
}

#[test]
fn a_chat_that_closes_its_tab_is_not_told_that_it_was_closed() {
    World::new()
        .with_shop()
        .tool("close_tab", json!({"tab_id": 7}), &[])
        .answer(tab(7, "https://shop.example/"))
        .event(json!({"event": "tab_closed", "tab": 7}))
        .answer(json!({}))
        .expect(expect![[r#"
            {"op":"tab","tab":7}
            chat {"Dispatch":{"effect":"e","trace":"{\"tries\":1,\"session\":\"\"}"}}
            {"effect":"e.1","op":"close_tab","tab":7}
            {"heard":"tab_closed","web":7}
            chat {"verdict":"verified","summary":"close tab 7","evidence":"tab 7 is closed","text":"verified: tab 7 is closed","images":[],"error":false,"changed":true,"page_before":0,"tab":null,"url":"","trace":"","step":null}
        "#]]);
}
