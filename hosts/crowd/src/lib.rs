//! One of several Workers of a page: a vat whose actors are guests, linked with the vats of the others.
//!
//! ```text
//! page ─ a MessageChannel, memory that both share ─▶ Worker 1: Shard ═══ peerd-workers ═══ Worker 2: Shard
//! ```
//! What a page plays with it is `tools/crowd`: a ring of guests that lies across Workers, one in each, and one whose Worker is ended.
// Elsewhere there is no engine for guests.
#![cfg(target_arch = "wasm32")]
mod part;

use part::{Part, Plan, Play};
use peerd::{Actor, Addr, Reader, behaviour, encode};
use peerd_guest::Limits;
use peerd_metered::{Class, behaviour as guest};
use peerd_vat::{Config, Input, Output, Outputs, PortId, Time, Vat, VatId};
use peerd_webassembly::{Compiled, Quick, Slow, compile};
use peerd_workers::{Lines, Side};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsError, JsValue, prelude::wasm_bindgen};

/// The guests' class.
const HOP: &str = "hop";
const DOOR: PortId = PortId(1);
const CPU: PortId = PortId(2);
/// Turns before it looks what came out.
const TURNS: u64 = 64;

#[wasm_bindgen]
pub struct Shard(Rc<Desk>);

struct Desk {
    vat: RefCell<Vat>,
    slow: RefCell<Slow>,
    lines: RefCell<Option<Lines>>,
    linger_ms: Cell<f64>,
    /// Called with a word for the page.
    said: js_sys::Function,
}

#[wasm_bindgen]
impl Shard {
    /// The vat of this number, from 1 on, in its life of this number, with this guest in it.
    ///
    /// # Errors
    /// In words: the module can't be a guest, or the browser has no locks.
    #[wasm_bindgen(constructor)]
    pub fn new(number: u32, life: u32, module: &[u8], said: js_sys::Function) -> Result<Shard, JsError> {
        let told = |why: &dyn std::fmt::Display| JsError::new(&why.to_string());
        let compiled: Rc<Compiled> = Rc::new(compile(module, &Limits::default()).map_err(|why| told(&why))?);
        let mut vat = Vat::new(
            Config { vat: VatId(number), epoch: u64::from(life), dead_letters: true, ..Config::default() },
            vec![behaviour::<Part>()],
        );
        // Why no hash: nothing here outlives the vat.
        let class = Class::new(HOP, 1, [0; 32]).slow(vat.port(CPU));
        let mut slow = Slow::default();
        slow.add(HOP, 1, Rc::clone(&compiled));
        vat.add(guest(class, Quick::new(compiled))).map_err(|_| told(&"there is a guest of this name"))?;
        let desk =
            Rc::new(Desk { vat: RefCell::new(vat), slow: RefCell::new(slow), lines: RefCell::default(), linger_ms: Cell::default(), said });
        let weak = Rc::downgrade(&desk);
        let hear = move |input: Input| {
            if let Some(desk) = weak.upgrade() {
                desk.hear(input);
                desk.run();
            }
        };
        let lines = Lines::new(VatId(number), Rc::new(hear)).map_err(|why| told(&format!("{why:?}")))?;
        desk.lines.replace(Some(lines));
        Ok(Shard(desk))
    }

    /// An end of a channel to the Worker of that vat, and the memory that both share, if there is any.
    ///
    /// # Errors
    /// The browser's own words.
    pub fn join(&self, peer: u32, port: JsValue, shared: Option<JsValue>) -> Result<(), JsValue> {
        let lines = self.0.lines.borrow();
        let lines = lines.as_ref().expect("made with the shard");
        match shared {
            None => lines.join(VatId(peer), port),
            Some(shared) => lines.join_sharing(VatId(peer), port, shared, if lines.me().0 < peer { Side::First } else { Side::Second }),
        }
    }

    /// See `Lines::linger`. Not while a turn of a guest takes long.
    pub fn linger(&self, ms: f64) {
        self.0.linger_ms.set(ms);
    }

    /// Makes this vat's part, before it is joined. With `guests`, it leads those of the vats with these numbers.
    pub fn boot(&self, others: &[u32], guests: u32, is_apart: bool) {
        let mut vat = self.0.vat.borrow_mut();
        let door = Addr::from_ref(vat.port(DOOR));
        let parts = others.iter().map(|other| Addr::from_ref(vat.peer(VatId(*other)))).collect();
        drop(vat);
        let args: <Part as Actor>::Args = (guests > 0).then_some((Plan { guests, is_apart }, door, parts));
        let (args, refs) = encode(&args);
        self.0.hear(Input::Boot { behaviour: Part::NAME.into(), args, refs });
        self.0.run();
    }

    /// All parts are joined: `ready` is said when their guests are there.
    pub fn start(&self) {
        self.0.tell(&Play::Start);
    }

    /// So many tokens, so many hops each, in each ring. When all are home, `home` is said.
    pub fn begin(&self, tokens: f64, hops: f64) {
        self.0.tell(&Play::Begin { tokens: tokens as u64, hops: hops as u64 });
    }

    /// Long turns may have ended.
    pub fn ran(&self) {
        self.0.run();
    }
}

impl Desk {
    /// From the host to the root.
    fn tell(&self, play: &Play) {
        let Some(to) = self.vat.borrow().root() else { return };
        let (body, refs) = encode(play);
        self.hear(Input::Message { to, body, refs });
        self.run();
    }

    fn hear(&self, input: Input) {
        let up = match &input {
            Input::LinkUp { vat } => Some(format!("up {}", vat.0)),
            Input::LinkDown { vat } => Some(format!("down {}", vat.0)),
            _ => None,
        };
        let mut out = Outputs::new();
        let taken = self.vat.borrow_mut().handle(now(), input, &mut out);
        self.perform(out);
        if let Err(refused) = taken {
            self.say(&format!("failed refused: {refused:?}"));
        }
        if let Some(up) = up {
            self.say(&up);
        }
    }

    fn run(&self) {
        loop {
            for (to, body) in self.slow.borrow_mut().ended() {
                self.hear(Input::Reply { to, body });
            }
            let mut out = Outputs::new();
            let ran = self.vat.borrow_mut().run(now(), TURNS, &mut out);
            self.perform(out);
            if ran.idle {
                break;
            }
        }
        let is_busy = self.slow.borrow().under_way() > 0;
        if let Some(lines) = &*self.lines.borrow() {
            lines.linger(if is_busy { 0.0 } else { self.linger_ms.get() });
        }
    }

    fn perform(&self, out: Outputs) {
        for output in out {
            match output {
                Output::Link { vat, bytes } => {
                    if let Some(lines) = &*self.lines.borrow() {
                        lines.send(vat, &bytes);
                    }
                }
                Output::Port { port: CPU, reply: Some(reply), body, .. } => {
                    let answer = self.slow.borrow_mut().ask(&body, reply);
                    if let Some(body) = answer {
                        self.hear(Input::Reply { to: reply, body });
                    }
                }
                Output::Dropped { port: CPU, reply } => self.slow.borrow_mut().dropped(reply),
                Output::Port { port: DOOR, body, refs, .. } => self.say(match Reader::new(&body, &refs, None).read() {
                    Some(Play::Ready) => "ready",
                    Some(Play::Home) => "home",
                    _ => "failed a word that nobody says",
                }),
                Output::LinkClosed { vat, why } => self.say(&format!("failed vat {} speaks wrongly: {why}", vat.0)),
                Output::Report(report) => self.say(&format!("report {}: {:?}", report.label, report.what)),
                Output::DeadLetter(letter) => self.say(&format!("dead {letter:?}")),
                _ => {}
            }
        }
    }

    fn say(&self, word: &str) {
        // What the page makes of it is its own affair.
        let _ = self.said.call1(&JsValue::NULL, &word.into());
    }
}

fn now() -> Time {
    Time(since_origin() as u64)
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn since_origin() -> f64;
}
