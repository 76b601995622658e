//! A durable vat in a Worker, driven by a page: its actors are given numbered messages, and what they say is what is durable.
use crate::{
    actors::{self, Books, Deed, Order, ROOT, Word},
    identity,
};
use peerd::Reader;
use peerd_journal::Keeping;
use peerd_opfs::{Durable, FREE_MIN, KEEPING, Keeper, News, Pace, Settings};
use peerd_vat::{Config, Input, Output, Outputs, PortId, Ran, Ref, Time, Vat, VatId};
use peerd_workers::Lines;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsError, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

/// Of the vat with the teller. The one after it has the book if that is apart.
const VAT: u32 = 4;
const DOOR: PortId = PortId(1);
/// Limit: so many bytes wait for a flush; a flood goes no faster than the disk.
const GATHERED_MAX: usize = 1 << 20;

#[wasm_bindgen]
pub struct Actors(Rc<Desk>);

struct Desk {
    vat: RefCell<Vat>,
    keeper: Keeper,
    /// To the other vat, in a play of two.
    lines: RefCell<Option<Lines>>,
    heard: RefCell<Heard>,
    /// No more messages come soon.
    is_last: Cell<bool>,
    /// Called with what is durable: how many messages, and a sum over the state.
    said: js_sys::Function,
}

/// What came out of the vat.
#[derive(Default)]
struct Heard {
    teller: Option<Ref>,
    sent: u64,
    groups: u64,
    /// Snapshots made, the longest time in which nothing else was done for them, and what one took, in milliseconds.
    snapshots: u64,
    slice_ms: f64,
    snapshot_ms: f64,
    /// Soon there is no more room.
    is_short: bool,
    trouble: Option<String>,
}

impl Heard {
    fn learn(&mut self, news: News) {
        match news {
            News::Compacted { ms, slice_ms, .. } => {
                self.snapshots += 1;
                self.snapshot_ms = self.snapshot_ms.max(ms);
                self.slice_ms = self.slice_ms.max(slice_ms);
            }
            News::NotCompacted(why) => self.trouble = Some(why.to_string()),
            News::Room(room) => self.is_short = room.is_short(),
        }
    }
}

#[wasm_bindgen]
impl Actors {
    /// Takes the vat with all its actors, and makes those that were never there.
    ///
    /// # Errors
    /// In words.
    pub async fn open(
        folder: String,
        expected: Option<String>,
        fresh: String,
        order: &JsValue,
        said: js_sys::Function,
    ) -> Result<Actors, JsValue> {
        let field = |key: &str| js_sys::Reflect::get(order, &key.into()).ok().and_then(|value| value.as_f64());
        let pace = Pace { ms: field("ms").unwrap_or(2.0) as u32, bytes: field("bytes").unwrap_or(262_144.0) as usize };
        let has_book = field("every").is_none();
        let (vat, books) = match (field("part"), has_book) {
            (Some(0.0), _) => (VAT, Books::There),
            (Some(_), _) => (VAT + 1, Books::Only),
            (None, true) => (VAT, Books::Here),
            (None, false) => (VAT, Books::None),
        };
        let order = Order { books, every: field("every").unwrap_or(1.0) as u64 };
        let expected = expected.map(|digits| identity(&digits)).transpose()?;
        let keeping = Keeping {
            log_bytes: field("log").map_or(KEEPING.log_bytes, |bytes| bytes as u64),
            past_ms: if field("past").is_some() { KEEPING.past_ms } else { 0 },
            past_bytes: field("past").map_or(KEEPING.past_bytes, |bytes| bytes as u64),
            ..KEEPING
        };
        let free_min = field("free").map_or(FREE_MIN, |bytes| bytes as u64);
        let fresh = identity(&fresh)?;
        let settings = Settings { folder: &folder, vat: peerd_journal::Vat(vat), expected, fresh, keeping, free_min, codec: None };
        let config = Config { vat: VatId(vat), ..Config::default() };
        let Durable { mut vat, keeper, .. } = Durable::open(settings, pace, config, actors::behaviours()).await?;
        let door = vat.port(DOOR);
        let peer = (books == Books::There).then(|| vat.peer(VatId(VAT + 1)));
        let (lines, heard, is_last) = (RefCell::default(), RefCell::default(), Cell::new(true));
        let desk = Rc::new(Desk { vat: RefCell::new(vat), keeper, lines, heard, is_last, said });
        let weak = Rc::downgrade(&desk);
        desk.keeper.listen(move |news| {
            if let Some(desk) = weak.upgrade() {
                desk.heard.borrow_mut().learn(news);
            }
        });
        if matches!(books, Books::There | Books::Only) {
            let weak = Rc::downgrade(&desk);
            let hear = move |input| {
                if let Some(desk) = weak.upgrade() {
                    // What goes wrong is told by whatever is asked next.
                    let _ = desk.hear(input).and_then(|()| Desk::run(&desk));
                }
            };
            desk.lines.replace(Some(Lines::new(VatId(config.vat.0), Rc::new(hear))?));
        }
        let (args, _) = peerd::encode(&order);
        desk.hear(Input::Boot { behaviour: ROOT.into(), args, refs: [door].into_iter().chain(peer).collect() })?;
        desk.settle().await?;
        Ok(Actors(desk))
    }

    /// The port leads to the Worker of the other vat.
    ///
    /// # Errors
    /// In words: there is no other.
    pub fn join(&self, port: JsValue) -> Result<(), JsValue> {
        let lines = self.0.lines.borrow();
        let lines = lines.as_ref().ok_or_else(|| JsError::new("this vat is alone"))?;
        let peer = if lines.me() == VatId(VAT) { VAT + 1 } else { VAT };
        lines.join(VatId(peer), port)
    }

    /// Whether deeds can be given: the teller is there.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.heard.borrow().teller.is_some()
    }

    /// Asks how far the teller has come.
    ///
    /// # Errors
    /// In words: the journal has ended.
    pub fn count(&self) -> Result<(), JsValue> {
        self.0.say(now(), &Deed::Count)?;
        self.run(0)
    }

    #[must_use]
    pub fn identity(&self) -> String {
        self.0.keeper.identity().0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[must_use]
    pub fn epoch(&self) -> f64 {
        self.0.keeper.epoch().0 as f64
    }

    /// Asks how far they have come: they say it, as always.
    ///
    /// # Errors
    /// In words: the journal has ended.
    pub fn tell(&self) -> Result<(), JsValue> {
        self.0.say(now(), &Deed::Tell)?;
        self.run(0)
    }

    /// After so many messages that an earlier owner has given.
    pub fn go_on_after(&self, count: f64) {
        self.0.heard.borrow_mut().sent = count as u64;
    }

    /// As many new messages, unless too much waits for a flush; and turns until there is nothing to do. Of none it is known that
    /// no more come soon: then nothing waits for company.
    ///
    /// # Errors
    /// In words: the journal has ended.
    pub fn run(&self, messages: u32) -> Result<(), JsValue> {
        self.0.is_last.set(messages == 0);
        let messages = if self.0.vat.borrow().gathered() < GATHERED_MAX { messages } else { 0 };
        let now = now();
        for _ in 0..messages {
            let number = self.0.heard.borrow().sent + 1;
            self.0.say(now, &Deed::numbered(number))?;
            self.0.heard.borrow_mut().sent = number;
        }
        Desk::run(&self.0)
    }

    /// Groups written since it was opened.
    #[must_use]
    pub fn groups(&self) -> f64 {
        self.0.heard.borrow().groups as f64
    }

    /// Snapshots made since it was opened.
    #[must_use]
    pub fn snapshots(&self) -> f64 {
        self.0.heard.borrow().snapshots as f64
    }

    /// The longest time in which nothing else was done for a snapshot, in milliseconds.
    #[must_use]
    pub fn slice_ms(&self) -> f64 {
        self.0.heard.borrow().slice_ms
    }

    /// What the slowest snapshot took, in milliseconds.
    #[must_use]
    pub fn snapshot_ms(&self) -> f64 {
        self.0.heard.borrow().snapshot_ms
    }

    /// Soon there is no more room.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.0.heard.borrow().is_short
    }

    /// Messages given so far.
    #[must_use]
    pub fn sent(&self) -> f64 {
        self.0.heard.borrow().sent as f64
    }
}

impl Desk {
    fn say(&self, now: Time, deed: &Deed) -> Result<(), JsValue> {
        let to = self.heard.borrow().teller.ok_or_else(|| JsError::new("nobody is there"))?;
        let (body, _) = peerd::encode(deed);
        self.hear_at(now, Input::Message { to, body, refs: Vec::new() })
    }

    fn hear(&self, input: Input) -> Result<(), JsValue> {
        self.hear_at(now(), input)
    }

    fn hear_at(&self, now: Time, input: Input) -> Result<(), JsValue> {
        self.works()?;
        if let Input::FlushFailed { why } = &input {
            self.heard.borrow_mut().trouble = Some(why.clone());
        }
        let mut out = Outputs::new();
        let taken = self.vat.borrow_mut().handle(now, input, &mut out);
        self.perform(out);
        taken.map_err(|refused| JsError::new(&format!("refused: {refused:?}")).into())
    }

    fn works(&self) -> Result<(), JsValue> {
        self.heard.borrow().trouble.as_ref().map_or(Ok(()), |why| Err(JsError::new(why).into()))
    }

    /// Until there is nothing to do, and all of it is durable.
    async fn settle(&self) -> Result<(), JsValue> {
        loop {
            let ran = self.turns();
            let landing = self.keeper.fly(&mut self.vat.borrow_mut(), &ran);
            match landing {
                Some(landing) => self.hear(landing.await)?,
                None if ran.idle => return Ok(()),
                None => {}
            }
        }
    }

    fn turns(&self) -> Ran {
        let mut out = Outputs::new();
        let ran = self.vat.borrow_mut().run(now(), TURNS, &mut out);
        self.perform(out);
        ran
    }

    fn run(self: &Rc<Desk>) -> Result<(), JsValue> {
        loop {
            self.works()?;
            let ran = self.turns();
            let seen = Ran { idle: ran.idle && self.is_last.get(), ..ran };
            if let Some(landing) = self.keeper.fly(&mut self.vat.borrow_mut(), &seen) {
                self.heard.borrow_mut().groups += 1;
                let desk = Rc::clone(self);
                spawn_local(async move {
                    let word = landing.await;
                    // Whoever asks next is told what went wrong.
                    let _ = desk.hear(word).and_then(|()| Desk::run(&desk));
                });
            }
            if ran.idle || self.vat.borrow().is_full() {
                return Ok(());
            }
        }
    }

    fn perform(&self, out: Outputs) {
        for output in out {
            match output {
                Output::Port { body, refs, .. } => match (refs.first(), Reader::new(&body, &[], None).read()) {
                    (Some(teller), _) => self.heard.borrow_mut().teller = Some(*teller),
                    (None, Some(Word { count, is_broken, print })) => {
                        if is_broken {
                            self.heard.borrow_mut().trouble = Some(format!("message {count} was lost, or came twice"));
                        }
                        // What the page makes of it is its own affair.
                        let _ = self.said.call2(&JsValue::NULL, &(count as f64).into(), &print.to_string().into());
                    }
                    (None, None) => self.heard.borrow_mut().trouble = Some("a word can't be read".into()),
                },
                Output::Link { vat, bytes } => {
                    if let Some(lines) = &*self.lines.borrow() {
                        lines.send(vat, &bytes);
                    }
                }
                Output::LinkClosed { vat, why } => self.heard.borrow_mut().trouble = Some(format!("vat {} speaks wrongly: {why}", vat.0)),
                Output::Report(report) => self.heard.borrow_mut().trouble = Some(format!("{}: {:?}", report.label, report.what)),
                _ => {}
            }
        }
    }
}

/// Turns before it looks whether it is time for a flush.
const TURNS: u64 = 64;

/// Of the wall, as it was when the Worker began; from there on it never goes back.
fn now() -> Time {
    Time((TIME_ORIGIN.with(|origin| *origin) + since_origin()) as u64)
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = performance, js_name = timeOrigin)]
    static TIME_ORIGIN: f64;
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn since_origin() -> f64;
}
