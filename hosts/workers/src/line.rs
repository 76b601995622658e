//! The links of one Worker's vat, and what they lie on.
use crate::ring::Ring;
use crate::web::{self, MessageChannel, MessageEvent, MessagePort};
use js_sys::{Promise, SharedArrayBuffer, Uint8Array};
use peerd_vat::{Input, VatId};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;

type Heard = Closure<dyn FnMut(MessageEvent)>;

/// Where inputs go.
pub type Hear = Rc<dyn Fn(Input)>;

/// Which of the two rings of shared memory one writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    First,
    Second,
}

/// So long a line is read before the event loop has its turn.
const SPELL_MS: f64 = 4.0;

/// All of one vat.
pub struct Lines {
    me: VatId,
    life: Rc<Life>,
    hear: Hear,
    lines: Rc<Known>,
    linger_ms: Rc<Cell<f64>>,
}

/// The lock that this Worker holds as long as it lives.
struct Life {
    name: String,
    is_held: Cell<bool>,
    /// Lines that begin when it is: whoever asked for it before would get it.
    waiting: RefCell<Vec<Rc<Line>>>,
}

impl Life {
    /// What has come to its port is heard from here on, and nothing is said before the lock's name.
    fn begin(&self, line: Rc<Line>) -> Result<(), JsValue> {
        if !self.is_held.get() {
            self.waiting.borrow_mut().push(line);
            return Ok(());
        }
        line.port.post(&self.name.as_str().into())?;
        line.port.on_message(line.heard.as_ref().unchecked_ref());
        Ok(())
    }

    fn is_granted(&self) {
        self.is_held.set(true);
        for line in self.waiting.take() {
            // The other end is told of by its lock if its port takes nothing.
            let _ = self.begin(line);
        }
    }
}

/// Those that are joined.
type Known = RefCell<BTreeMap<VatId, Rc<Line>>>;

struct Line {
    this: Weak<Line>,
    peer: VatId,
    port: MessagePort,
    rings: Option<Rings>,
    /// The other end is told to its vat, and its end has not been.
    is_up: Cell<bool>,
    hear: Hear,
    linger_ms: Rc<Cell<f64>>,
    /// What its port calls.
    heard: Heard,
}

struct Rings {
    out: Ring,
    into: Ring,
    /// What there was no room for. Credits of the link keep it small.
    rest: RefCell<Vec<u8>>,
    /// To go on after the event loop has had its turn.
    again: (MessagePort, Heard),
}

impl Drop for Line {
    fn drop(&mut self) {
        self.port.close();
        if let Some(rings) = &self.rings {
            rings.again.0.close();
        }
    }
}

impl Line {
    fn post(&self, message: &JsValue) {
        // A port that takes nothing is one whose Worker is gone: its lock says so.
        let _ = self.port.post(message);
    }

    fn ring_bell(&self) {
        self.post(&JsValue::NULL);
    }

    fn send(&self, bytes: &[u8]) {
        let Some(rings) = &self.rings else { return self.post(&Uint8Array::from(bytes)) };
        let mut rest = rings.rest.borrow_mut();
        let written = if rest.is_empty() { rings.out.write(bytes) } else { 0 };
        if written < bytes.len() {
            rest.extend_from_slice(&bytes[written..]);
            rings.out.is_short_of_room();
            // It may have read all of it before it could know.
            rings.write_rest(&mut rest);
        }
        if rings.out.rouse() {
            self.ring_bell();
        }
    }

    /// The other side has written, or has read what there was no room behind.
    fn called(&self) {
        let Some(rings) = &self.rings else { return };
        let mut rest = rings.rest.borrow_mut();
        if !rest.is_empty() {
            rings.write_rest(&mut rest);
            if !rest.is_empty() {
                rings.out.is_short_of_room();
                rings.write_rest(&mut rest);
            }
            if rings.out.rouse() {
                self.ring_bell();
            }
        }
        drop(rest);
        self.read();
    }

    fn read(&self) {
        let Some(rings) = &self.rings else { return };
        let end = web::now() + SPELL_MS;
        while self.is_up.get() {
            let bytes = rings.into.read();
            if !bytes.is_empty() {
                if rings.into.made_room() {
                    self.ring_bell();
                }
                (self.hear)(Input::Link { vat: self.peer, bytes });
                if web::now() < end {
                    continue;
                }
                // Nobody has to call this side meanwhile.
                let _ = rings.again.0.post(&JsValue::NULL);
                return;
            }
            let linger = self.linger_ms.get();
            if linger > 0.0 && web::now() < end && rings.into.wait(linger) {
                continue;
            }
            if rings.into.sleep() {
                return;
            }
        }
    }

    fn came(&self, data: &JsValue, lines: &Weak<Known>) {
        if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
            (self.hear)(Input::Link { vat: self.peer, bytes: bytes.to_vec() });
        } else if let Some(life) = data.as_string() {
            self.begun(&life, lines.clone());
        } else {
            self.called();
        }
    }

    /// The other end lives, as long as it holds this lock.
    fn begun(&self, life: &str, lines: Weak<Known>) {
        self.is_up.set(true);
        (self.hear)(Input::LinkUp { vat: self.peer });
        let (this, peer) = (self.this.clone(), self.peer);
        watch(life, move || {
            // Another end may have come in place of this one, and said so already.
            let Some(line) = this.upgrade().filter(|line| line.is_up.get()) else { return };
            line.ended();
            lines.upgrade().map(|lines| lines.borrow_mut().remove(&peer));
        });
        self.read();
    }

    /// What came before the other end was gone, then its end.
    fn ended(&self) {
        if let Some(rings) = &self.rings {
            let bytes = rings.into.read();
            if !bytes.is_empty() {
                (self.hear)(Input::Link { vat: self.peer, bytes });
            }
        }
        if self.is_up.replace(false) {
            (self.hear)(Input::LinkDown { vat: self.peer });
        }
    }
}

impl Rings {
    fn write_rest(&self, rest: &mut Vec<u8>) {
        let written = self.out.write(rest);
        rest.drain(..written);
    }
}

impl Lines {
    /// # Errors
    /// The browser's own words: there are no locks here.
    pub fn new(me: VatId, hear: Hear) -> Result<Lines, JsValue> {
        let name = format!("peerd vat {} {}", me.0, web::random());
        let life = Rc::new(Life { name, is_held: Cell::default(), waiting: RefCell::default() });
        let held = Rc::clone(&life);
        let for_ever = Closure::once_into_js(move |_: JsValue| {
            held.is_granted();
            Promise::new(&mut |_, _| {})
        });
        // Nobody waits for its end: that is the Worker's.
        let _ = web::lock(&life.name, for_ever.unchecked_ref())?;
        Ok(Lines { me, life, hear, lines: Rc::default(), linger_ms: Rc::default() })
    }

    /// This end of a channel to the Worker of that vat, in place of one that was there before.
    ///
    /// # Errors
    /// The browser's own words: the port takes nothing.
    pub fn join(&self, peer: VatId, port: JsValue) -> Result<(), JsValue> {
        self.join_line(peer, port, None)
    }

    /// The same, and what the vats say to each other goes through memory that both share, of which each has another side: a page that is
    /// isolated from others makes it (`crossOriginIsolated`), of twice 256 bytes and a power of two.
    ///
    /// # Errors
    /// The browser's own words: the port takes nothing, or this is no such memory.
    pub fn join_sharing(&self, peer: VatId, port: JsValue, shared: JsValue, side: Side) -> Result<(), JsValue> {
        let shared: SharedArrayBuffer = shared.dyn_into()?;
        let rings = Ring::pair(&shared).ok_or_else(|| js_sys::RangeError::new("this memory was not made for two rings"))?;
        self.join_line(peer, port, Some((rings, side)))
    }

    fn join_line(&self, peer: VatId, port: JsValue, rings: Option<([Ring; 2], Side)>) -> Result<(), JsValue> {
        self.cut(peer);
        let port: MessagePort = port.unchecked_into();
        let (hear, linger_ms, lines) = (Rc::clone(&self.hear), Rc::clone(&self.linger_ms), Rc::downgrade(&self.lines));
        let line = Rc::new_cyclic(|this: &Weak<Line>| {
            let hears = this.clone();
            let heard: Heard = Closure::new(move |event: MessageEvent| {
                if let Some(line) = hears.upgrade() {
                    line.came(&event.data(), &lines);
                }
            });
            let rings = rings.map(|([first, second], side)| {
                let reads = this.clone();
                let again: Heard = Closure::new(move |_| {
                    if let Some(line) = reads.upgrade() {
                        line.read();
                    }
                });
                let channel = MessageChannel::new();
                channel.port1().on_message(again.as_ref().unchecked_ref());
                let (out, into) = if side == Side::First { (first, second) } else { (second, first) };
                Rings { out, into, rest: RefCell::default(), again: (channel.port2(), again) }
            });
            Line { this: this.clone(), peer, port, rings, is_up: Cell::new(false), hear, linger_ms, heard }
        });
        self.lines.borrow_mut().insert(peer, Rc::clone(&line));
        self.life.begin(line)
    }

    /// Nothing is heard of that vat any more, until it is joined again.
    pub fn cut(&self, peer: VatId) {
        let cut = self.lines.borrow_mut().remove(&peer);
        if cut.is_some_and(|line| line.is_up.replace(false)) {
            (self.hear)(Input::LinkDown { vat: peer });
        }
    }

    #[must_use]
    pub const fn me(&self) -> VatId {
        self.me
    }

    /// How long a Worker that has read all there was holds its thread for more to come, in milliseconds: a call over the event loop takes
    /// longer than an answer. 0, as it is at first: not at all, which is right while anything else waits for this thread.
    pub fn linger(&self, ms: f64) {
        self.linger_ms.set(ms);
    }

    /// What the vat puts out for another. Nobody hears what is sent to one that is not joined.
    pub fn send(&self, peer: VatId, bytes: &[u8]) {
        let line = self.lines.borrow().get(&peer).cloned();
        if let Some(line) = line {
            line.send(bytes);
        }
    }
}

/// Does this when whoever holds the lock of this name is gone.
fn watch(life: &str, gone: impl FnOnce() + 'static) {
    let granted = Closure::once_into_js(move |_: JsValue| gone());
    if let Ok(asked) = web::lock(life, granted.unchecked_ref()) {
        spawn_local(async move {
            // It only ends with this Worker otherwise.
            let _ = wasm_bindgen_futures::JsFuture::from(asked).await;
        });
    }
}
