//! The browser's own engine, as far as it is used here.
use super::{Kind, Used};
use peerd_guest::{Limits, costs};
use peerd_metered::{Engine, Input, Outcome, Product};
use peerd_webassembly::{Compiled, Quick};
use std::{rc::Rc, sync::Arc};
use wasm_bindgen::JsValue;

pub use peerd_webassembly::Slow;

pub struct Code {
    pub hash: [u8; 32],
    pub kind: Kind,
    compiled: Rc<Compiled>,
}

impl Code {
    pub fn state_max(&self) -> u32 {
        self.compiled.report.state_max
    }

    /// Of a message's body.
    pub fn message_max(&self) -> u32 {
        self.compiled.report.message_max.saturating_sub(peerd_metered::HEADER as u32)
    }

    pub fn compiled(&self) -> Rc<Compiled> {
        self.compiled.clone()
    }
}

pub fn compile(source: &[u8], state_max: u32) -> Result<Code, String> {
    let limits = Limits::default();
    let compiled = peerd_webassembly::compile(source, &limits).map_err(|why| why.to_string())?;
    if compiled.report.state_max > state_max {
        return Err(format!(
            "its state buffer has {} bytes, and {state_max} are the most that a state may have",
            compiled.report.state_max
        ));
    }
    Ok(Code { hash: hash(source, &limits), kind: Kind::Wasm, compiled: Rc::new(compiled) })
}

/// The engine of JavaScript actors, of which each class is a copy that has read a text.
pub struct Script {
    hash: [u8; 32],
    compiled: Compiled,
}

impl Script {
    pub fn load(source: &[u8]) -> Result<Script, String> {
        let limits = peerd_script::limits();
        let compiled = peerd_webassembly::compile(source, &limits).map_err(|why| why.to_string())?;
        Ok(Script { hash: hash(source, &limits), compiled })
    }

    /// The name is that of its source in crashes.
    pub fn class(&self, name: &str, text: &str) -> Result<Code, String> {
        let message = peerd_script::text(name, text).map_err(|why| why.to_string())?;
        let (compiled, outcome, product) = match self.compiled.prepared(&message) {
            Ok((compiled, product)) => (Some(compiled), Outcome::Done, product),
            Err((outcome, product)) => (None, outcome, product),
        };
        peerd_script::handles(outcome, &product).map_err(|why| why.to_string())?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"peerd script 1");
        hasher.update(&self.hash);
        hasher.update(&message);
        let compiled = Rc::new(compiled.ok_or("the engine of JavaScript actors failed")?);
        Ok(Code { hash: *hasher.finalize().as_bytes(), kind: Kind::Js, compiled })
    }
}

/// Of all that makes the code behave as it does.
fn hash(source: &[u8], limits: &Limits) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"peerd guest 1");
    hasher.update(&costs::VERSION.to_le_bytes());
    hasher.update(&limits.to_bytes());
    hasher.update(source);
    *hasher.finalize().as_bytes()
}

/// Whether a turn can be suspended here (JSPI; Chromium from 137 on).
pub fn has_stacks() -> bool {
    let has = |name: &str| {
        let engine = js_sys::Reflect::get(&js_sys::global(), &"WebAssembly".into()).unwrap_or_default();
        js_sys::Reflect::get(&engine, &JsValue::from_str(name)).is_ok_and(|found| found.is_function())
    };
    has("Suspending") && has("promising")
}

/// Short turns, counted.
pub struct Counted {
    quick: Quick,
    used: Arc<Used>,
}

impl Counted {
    pub fn new(code: Rc<Code>, used: Arc<Used>) -> Counted {
        Counted { quick: Quick::new(code.compiled()), used }
    }
}

impl Engine for Counted {
    fn limits(&self) -> peerd_metered::Limits {
        self.quick.limits()
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        let outcome = self.quick.turn(input, out);
        // One that is begun anew in slices is counted there.
        if outcome != Outcome::Exhausted {
            self.used.add(1, out.fuel);
        }
        outcome
    }
}
