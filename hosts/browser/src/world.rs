//! Everything the Worker holds, and the loop: inputs wake it, it runs the vat, it does what the vat asks.
use crate::{
    alarm::Alarm,
    boxes::Boxes,
    chrome::{Chrome, Heard},
    egress::Egress,
    engine::{Engine, Next},
    guests::Guests,
    http::Http,
    journal, js,
    keeper::{Keeper, Order},
    panel::Panel,
    store::Store,
    tree,
    vault::Vault,
};
use peerd_agent::{
    actors::wire::HostToDesk,
    view::{Command, Update},
};
use peerd_opfs::{News, Room};
use peerd_vat::{Behaviour, Input, Outputs, Ref, Refused, Time, Wall};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// Panels are shown the tree at most this often.
const TREE_MS: u64 = 250;

pub struct World {
    me: Weak<World>,
    engine: RefCell<Engine>,
    pub chrome: RefCell<Chrome>,
    pub http: RefCell<Http>,
    pub egress: RefCell<Egress>,
    pub boxes: RefCell<Boxes>,
    pub guests: RefCell<Guests>,
    pub store: Store,
    pub panel: RefCell<Panel>,
    pub vault: Vault,
    pub keeper: Keeper,
    /// A run is already on its way.
    woken: Cell<bool>,
    wake: Alarm,
    redraw: Alarm,
    drawn: RefCell<String>,
    room: Cell<Option<Room>>,
}

impl World {
    pub async fn open(boot: Vec<u8>) -> Result<Rc<World>, JsValue> {
        let store = Store::open().await?;
        let vault = Vault::read(&store).await?;
        let durable = journal::open(&boot).await?;
        let world = Rc::new_cyclic(|me: &Weak<World>| {
            let on = |act: fn(&Rc<World>)| {
                let me = me.clone();
                Alarm::new(move || {
                    if let Some(world) = me.upgrade() {
                        act(&world);
                    }
                })
            };
            World {
                me: me.clone(),
                engine: RefCell::new(Engine::new(durable)),
                chrome: RefCell::default(),
                http: RefCell::default(),
                egress: RefCell::default(),
                boxes: RefCell::default(),
                guests: RefCell::default(),
                store,
                panel: RefCell::new(Panel::open()),
                vault,
                keeper: Keeper::new(on(|world| world.order(Order::LockUnused))),
                woken: Cell::new(false),
                wake: on(|world| world.run()),
                redraw: on(|world| world.draw()),
                drawn: RefCell::default(),
                room: Cell::new(None),
            }
        });
        let weak = Rc::downgrade(&world);
        world.engine.borrow().listen(move |news| {
            if let Some(world) = weak.upgrade() {
                world.learn(news);
            }
        });
        world.engine.borrow_mut().boot(boot, u64::from_le_bytes(js::random_bytes()));
        world.run();
        Ok(world)
    }

    /// The identity of its journal, as digits.
    pub fn journal(&self) -> String {
        journal::digits(self.engine.borrow().journal())
    }

    pub fn heard(&self, text: &str) {
        let Ok(heard) = serde_json::from_str::<Heard>(text) else {
            return js::log("a message from the offscreen document can't be read");
        };
        if let (Some(id), Some(answer)) = (heard.id, heard.answer) {
            if let Some(own) = self.chrome.borrow_mut().settle_own(id) {
                own.call1(&JsValue::UNDEFINED, &answer.get().into()).expect("a promise takes what resolves it");
            }
            let caller = self.chrome.borrow_mut().settle(id);
            if let Some(to) = caller {
                self.input(Input::Reply { to, body: answer.get().into() });
            }
        }
        if let Some(event) = heard.event {
            for to in self.chrome.borrow().subscribers() {
                self.message(to, event.get().into());
            }
        }
        if let Some(command) = heard.command {
            self.command(command);
        }
        if let Some(said) = heard.line {
            let line = self.chrome.borrow().line(&said.name);
            match line {
                Some(to) => self.message(to, said.say.get().into()),
                None => crate::chrome::post(&json!({"linux": {"op": "no_line", "line": said.name}}).to_string()),
            }
        }
        if let Some(gone) = heard.gone {
            crate::boxes::gone(&self.rc(), gone.number, gone.why);
        }
        if heard.recorded.is_some() || heard.all_sites.is_some() {
            self.to_desk(HostToDesk { recorded: heard.recorded, all_sites: heard.all_sites, ..HostToDesk::default() });
        }
    }

    /// A panel wants something. What concerns keys stays here.
    fn command(&self, command: Command) {
        match command {
            Command::Unlock { passphrase } => return self.order(Order::Unlock(passphrase.into())),
            Command::SaveKey { id, key } => return self.order(Order::Save { provider: id, key: key.into() }),
            Command::Lock => return self.order(Order::Lock),
            Command::RemoveProvider { ref id } => self.order(Order::Remove { provider: id.clone() }),
            Command::Hello { .. } => {
                self.drawn.borrow_mut().clear();
                self.draw();
                self.show_room();
            }
            _ => {}
        }
        self.to_desk(HostToDesk { panel: Some(command), ..HostToDesk::default() });
    }

    /// What the journal says of its files.
    fn learn(&self, news: News) {
        match news {
            News::Compacted { bytes, ms, slice_ms } => {
                js::log(&format!("a snapshot of {bytes} bytes was made in {ms:.0} ms, at most {slice_ms:.1} ms at a time"));
            }
            News::NotCompacted(why) => self.problem(&format!("What peerd keeps could not be tidied up: {why}.")),
            News::Room(room) => {
                self.room.set(Some(room));
                self.show_room();
            }
        }
    }

    fn show_room(&self) {
        if let Some(room) = self.room.get() {
            self.show(&Update::Room { used: room.used, quota: room.quota, short: room.is_short() });
        }
    }

    pub fn to_desk(&self, message: HostToDesk) {
        let message = HostToDesk { wall: js::wall_ms(), ..message };
        let told = self.panel.borrow_mut().for_desk(message);
        if let Some((desk, message)) = told {
            self.message(desk, serde_json::to_vec(&message).expect("a HostToDesk is JSON"));
        }
    }

    pub fn show(&self, update: &Update) {
        let text = serde_json::to_string(update).expect("an Update is JSON");
        self.panel.borrow().show(&text);
    }

    pub fn problem(&self, text: &str) {
        self.show(&Update::Problem { text: text.into() });
    }

    pub fn message(&self, to: Ref, body: Vec<u8>) {
        self.input(Input::Message { to, body, refs: Vec::new() });
    }

    pub fn reply(&self, to: Ref, value: &Value) {
        self.input(Input::Reply { to, body: value.to_string().into_bytes() });
    }

    pub fn input(&self, input: Input) {
        self.engine.borrow_mut().push(input);
        if !self.woken.replace(true) {
            let world = self.rc();
            spawn_local(async move { world.run() });
        }
    }

    /// Code that joins the running vat. False: that name and version is there, or too many are.
    pub fn add(&self, behaviour: Box<dyn Behaviour>) -> bool {
        self.engine.borrow_mut().add(behaviour)
    }

    pub fn rc(&self) -> Rc<World> {
        self.me.upgrade().expect("it is being used")
    }
}

/// What had gathered can't be kept, so nothing may be done any more: the next Worker goes on from what is kept, or says why it can't.
fn broken(why: &str) -> ! {
    panic!("what happened could not be kept: {why}")
}

/// The loop.
impl World {
    fn run(&self) {
        self.woken.set(false);
        self.wake.cancel();
        let now = js::now_ms();
        let mut out = Outputs::new();
        let ran = self.engine.borrow_mut().run(Time(now), Wall(js::wall_ms()), &mut out);
        if let Some(flight) = ran.flight {
            let world = self.rc();
            spawn_local(async move {
                match flight.await {
                    Input::FlushFailed { why } => {
                        // The panic that follows is in other words.
                        world.problem(&format!("What happened could not be kept: {why}."));
                        broken(&why)
                    }
                    landed => world.input(landed),
                }
            });
        }
        for refused in ran.refused {
            if let Refused::Broken(_) = refused {
                broken("the vat broke off");
            }
            js::log(&format!("the vat refused an input: {}", crate::engine::name(&refused)));
        }
        for output in out {
            self.perform(output);
        }
        match ran.next {
            Next::Soon => self.wake.set(0),
            Next::At(at) => self.wake.set(at.0.saturating_sub(now)),
            Next::Idle => {}
        }
        if ran.turns > 0 && !self.redraw.is_set() {
            self.redraw.set(TREE_MS);
        }
    }

    fn draw(&self) {
        self.redraw.cancel();
        let actors = tree::actors(&self.engine.borrow().rows());
        let text = serde_json::to_string(&Update::Tree { actors }).expect("a tree is JSON");
        if *self.drawn.borrow() != text {
            self.panel.borrow().show(&text);
            *self.drawn.borrow_mut() = text;
        }
    }
}
