//! The links of one Worker's vat, and the ports they lie on.
use crate::web::{self, MessageEvent, MessagePort};
use js_sys::{Promise, Uint8Array};
use peerd_vat::{Input, VatId};
use std::{cell::Cell, cell::RefCell, collections::BTreeMap, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;

/// Where inputs go.
pub type Hear = Rc<dyn Fn(Input)>;

/// All of one vat.
pub struct Lines {
    me: VatId,
    /// The lock that this Worker holds as long as it lives.
    life: String,
    hear: Hear,
    lines: Rc<RefCell<BTreeMap<VatId, Line>>>,
}

struct Line {
    port: MessagePort,
    /// The other end is told to its vat, and its end has not been.
    is_up: Rc<Cell<bool>>,
    /// What the port calls.
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.port.close();
    }
}

impl Lines {
    /// # Errors
    /// The browser's own words: there are no locks here.
    pub fn new(me: VatId, hear: Hear) -> Result<Lines, JsValue> {
        let life = format!("peerd vat {} {}", me.0, web::random());
        let for_ever = Closure::once_into_js(|_: JsValue| Promise::new(&mut |_, _| {}));
        // Nobody waits for its end: that is the Worker's.
        let _ = web::lock(&life, for_ever.unchecked_ref())?;
        Ok(Lines { me, life, hear, lines: Rc::default() })
    }

    /// This end of a channel to the Worker of that vat, in place of one that was there before.
    ///
    /// # Errors
    /// The browser's own words: the port takes nothing.
    pub fn join(&self, peer: VatId, port: JsValue) -> Result<(), JsValue> {
        self.cut(peer);
        let port: MessagePort = port.unchecked_into();
        let is_up = Rc::new(Cell::new(false));
        let (hear, up) = (Rc::clone(&self.hear), Rc::clone(&is_up));
        let lines = Rc::downgrade(&self.lines);
        let heard = Closure::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
                hear(Input::Link { vat: peer, bytes: bytes.to_vec() });
            } else if let Some(life) = data.as_string() {
                up.set(true);
                hear(Input::LinkUp { vat: peer });
                let (lines, up) = (lines.clone(), Rc::clone(&up));
                let hear = Rc::clone(&hear);
                watch(&life, move || {
                    // Another end may have come in place of this one, and said so already.
                    if up.replace(false) {
                        lines.upgrade().map(|lines| lines.borrow_mut().remove(&peer));
                        hear(Input::LinkDown { vat: peer });
                    }
                });
            }
        });
        port.on_message(heard.as_ref().unchecked_ref());
        port.post(&self.life.as_str().into())?;
        self.lines.borrow_mut().insert(peer, Line { port, is_up, _heard: heard });
        Ok(())
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

    /// What the vat puts out for another. Nobody hears what is sent to one that is not joined.
    pub fn send(&self, peer: VatId, bytes: &[u8]) {
        if let Some(line) = self.lines.borrow().get(&peer) {
            // A port that takes nothing is one whose Worker is gone: its lock says so.
            let _ = line.port.post(&Uint8Array::from(bytes));
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
