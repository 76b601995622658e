//! Port `guests`: classes of metered guests join the running vat. Port `slow`: their turns that take long, in slices, below all else.
//!
//! ```text
//! {"op": "load", name, version, kind, code} ─▶ checked, rewritten, proven, compiled ─▶ Vat::add ─▶ {"hash", ..} or {"err": {"text"}}
//! {"op": "use", name, version, of}          the module of an older version of it, once more
//! {"op": "tell", name, version}             what its turns have used up
//! ```
//! What has joined stays until the Worker ends: the vat forgets no code.
use crate::{
    engine::{Asked, SLOW},
    js,
    world::World,
};
use js_sys::Uint8Array;
use peerd_metered::{Class, slow};
use peerd_vat::{Input, Ref, Vat};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

#[cfg_attr(not(target_arch = "wasm32"), path = "guests/elsewhere.rs")]
mod engine;

use engine::{Code, Script, Slow};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

/// In the extension, if it was built with it.
const SCRIPT: &str = "guests/quickjs.wasm";
/// Limit: codes that join in the life of a Worker, of all classes and versions. Each keeps its compiled code and an image of its memory, 2 MiB of JavaScript.
const CODES_MAX: usize = 128;
/// Limit: actors that the actors of one class spawn in one turn, and in the life of a Worker.
const SPAWNS_TURN_MAX: u32 = 64;
const SPAWNS_MAX: u32 = 1_024;
/// Limit: bytes of a state, as a class may declare its buffer. Each turn of a durable actor writes its state down.
const STATE_MAX: u32 = 256 << 10;
/// What the turns of a class may use up.
struct Fuel {
    /// Before a turn counts as long.
    quick: u64,
    /// Of a long turn at a time: some tenths of a millisecond.
    slice: i32,
    /// Then it is killed: some seconds of compiled code, when nobody else runs.
    max: u64,
    /// The same where a turn can't be suspended: it holds up all others for some milliseconds.
    at_once: u64,
}

impl Kind {
    const fn fuel(self) -> Fuel {
        match self {
            Kind::Wasm => Fuel { quick: 50_000, slice: 200_000, max: 5_000_000_000, at_once: 10_000_000 },
            // An interpreter's own code takes more of it than what it interprets.
            Kind::Js => Fuel { quick: peerd_script::FUEL, slice: 4_000_000, max: 40_000_000_000, at_once: 200_000_000 },
        }
    }
}

#[derive(Default)]
pub struct Guests {
    classes: BTreeMap<(String, u32), Loaded>,
    slow: Slow,
    /// The engine of JavaScript actors, once somebody needed it.
    script: Option<Rc<Script>>,
    /// Who waits for it.
    waiting: Queue<(Op, Option<Ref>)>,
    /// Who waits for the end of a long turn, and whose it is.
    long: Vec<(Ref, Arc<Used>)>,
}

/// Those who wait for one thing, which is fetched once.
struct Queue<T>(Vec<T>);

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue(Vec::new())
    }
}

impl<T> Queue<T> {
    /// Whether it is to be fetched: nobody waits for it yet.
    fn join(&mut self, who: T) -> bool {
        self.0.push(who);
        self.0.len() == 1
    }

    /// It is there, or is not to be had: whoever asks next begins anew.
    fn take(&mut self) -> Vec<T> {
        core::mem::take(&mut self.0)
    }
}

struct Loaded {
    code: Rc<Code>,
    /// Of what it was made from, and what was said of it.
    text: blake3::Hash,
    said: Value,
    used: Arc<Used>,
}

/// What the turns of a class have used up.
#[derive(Default)]
struct Used {
    turns: AtomicU64,
    fuel: AtomicU64,
}

impl Used {
    fn add(&self, turns: u64, fuel: u64) {
        self.turns.fetch_add(turns, Relaxed);
        self.fuel.fetch_add(fuel, Relaxed);
    }
}

impl Guests {
    /// An older version that is in use again is code that was there.
    fn codes(&self) -> usize {
        self.classes.values().map(|loaded| Rc::as_ptr(&loaded.code)).collect::<BTreeSet<_>>().len()
    }

    /// Nobody waits for the end of this turn any more.
    pub fn dropped(&mut self, reply: Ref) {
        self.slow.dropped(reply);
        self.long.retain(|(waits, _)| *waits != reply);
    }
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    /// `alias`: what its own code calls it.
    Load {
        name: String,
        alias: String,
        version: u32,
        kind: Kind,
        code: String,
    },
    Use {
        name: String,
        alias: String,
        version: u32,
        of: u32,
    },
    Tell {
        name: String,
        version: u32,
    },
    /// Answered with 32 secret bytes, as digits.
    Secret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A module of the guest ABI, in base64.
    Wasm,
    /// Source.
    Js,
}

pub fn asked(world: &Rc<World>, asked: &Asked) {
    let Ok(op) = serde_json::from_slice::<Op>(&asked.body) else {
        return js::log("a request to the guests port can't be read");
    };
    let reply = asked.reply;
    let needs_script = matches!(op, Op::Load { kind: Kind::Js, .. }) && world.guests.borrow().script.is_none();
    if !needs_script {
        return answer(world, op, reply);
    }
    if !world.guests.borrow_mut().waiting.join((op, reply)) {
        return;
    }
    let world = world.clone();
    spawn_local(async move {
        // What is not there is said to whoever asks, each time.
        let script = fetch(SCRIPT).await.ok().and_then(|source| Script::load(&source).ok());
        let waiting = {
            let guests = &mut *world.guests.borrow_mut();
            guests.script = script.map(Rc::new);
            guests.waiting.take()
        };
        waiting.into_iter().for_each(|(op, reply)| answer(&world, op, reply));
    });
}

fn answer(world: &World, op: Op, reply: Option<Ref>) {
    let answer = perform(world, op).unwrap_or_else(|why| json!({"err": {"text": why}}));
    if let Some(to) = reply {
        world.reply(to, &answer);
    }
}

/// A file of the package.
async fn fetch(path: &str) -> Result<Vec<u8>, JsValue> {
    let response: Response = JsFuture::from(js::scope().fetch_with_str(path)).await?.dyn_into()?;
    if !response.ok() {
        return Err(path.into());
    }
    Ok(Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?).to_vec())
}

fn perform(world: &World, op: Op) -> Result<Value, String> {
    match op {
        Op::Load { name, alias, version, kind, code } => {
            let text = blake3::hash(code.as_bytes());
            if let Some(loaded) = world.guests.borrow().classes.get(&(name.clone(), version)) {
                // Asked by the next life of whoever asked.
                return if loaded.text == text { Ok(loaded.said.clone()) } else { Err("that version is other code: try again".into()) };
            }
            if world.guests.borrow().codes() >= CODES_MAX {
                return Err(format!(
                    "{CODES_MAX} versions of classes have been loaded since peerd was started, and more are not: restart it"
                ));
            }
            let code = Rc::new(compile(world, kind, &alias, &code)?);
            join(world, name, alias, version, (code, text))
        }
        Op::Use { name, alias, version, of } => {
            let known = world.guests.borrow().classes.get(&(name.clone(), of)).map(|loaded| (loaded.code.clone(), loaded.text));
            join(world, name, alias, version, known.ok_or("that version is not loaded")?)
        }
        Op::Tell { name, version } => {
            let guests = world.guests.borrow();
            let loaded = guests.classes.get(&(name, version)).ok_or("that class is not loaded")?;
            Ok(json!({"turns": loaded.used.turns.load(Relaxed), "fuel": loaded.used.fuel.load(Relaxed)}))
        }
        Op::Secret => Ok(json!({"secret": digits(&js::random_bytes::<32>())})),
    }
}

fn compile(world: &World, kind: Kind, name: &str, code: &str) -> Result<Code, String> {
    match kind {
        Kind::Wasm => engine::compile(&bytes(code)?, STATE_MAX),
        Kind::Js => {
            let script = world.guests.borrow().script.clone();
            script.ok_or("this peerd was built without the engine of JavaScript actors")?.class(name, code)
        }
    }
}

fn join(world: &World, name: String, alias: String, version: u32, (code, text): (Rc<Code>, blake3::Hash)) -> Result<Value, String> {
    let used = Arc::<Used>::default();
    let (fuel, is_suspended) = (code.kind.fuel(), engine::has_stacks());
    // Limit: two for each of `CODES_MAX` are leaked, as only what was loaded and then taken back is in use again.
    let mut class = Class::new(Box::leak(name.clone().into_boxed_str()), version, code.hash);
    class = class.alias(&alias).spawns_max(SPAWNS_TURN_MAX, SPAWNS_MAX).holds_children();
    class = if is_suspended { class.fuel(fuel.quick).slow(Vat::port_of(SLOW)) } else { class.fuel(fuel.at_once) };
    let said = json!({
        "hash": digits(&code.hash),
        "state_max": code.state_max(),
        "message_max": code.message_max(),
        "fuel_max": if is_suspended { fuel.max } else { fuel.at_once },
        "suspended": is_suspended,
    });
    let behaviour = peerd_metered::behaviour(class, engine::Counted::new(code.clone(), used.clone()));
    if !world.add(behaviour) {
        return Err("that version is loaded already".into());
    }
    let mut guests = world.guests.borrow_mut();
    guests.slow.add_within(&name, version, code.compiled(), fuel.max, fuel.slice);
    guests.classes.insert((name, version), Loaded { code, text, said: said.clone(), used });
    Ok(said)
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(base64: &str) -> Result<Vec<u8>, String> {
    let text: String = base64.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let decoded = js::scope().atob(&text).map_err(|_| "the module is no base64")?;
    // A binary string: each of its characters is a byte.
    decoded.chars().map(|c| u8::try_from(u32::from(c)).map_err(|_| "the module is no base64".into())).collect()
}

/// A turn that is to be run in slices.
pub fn asked_slow(world: &Rc<World>, asked: &Asked) {
    let Some(reply) = asked.reply else { return };
    let answer = {
        let guests = &mut *world.guests.borrow_mut();
        let known = slow::Request::decode(&asked.body).and_then(|turn| guests.classes.get(&(turn.name.into_owned(), turn.version)));
        guests.long.extend(known.map(|loaded| (reply, loaded.used.clone())));
        guests.slow.ask(&asked.body, reply)
    };
    if let Some(body) = answer {
        world.input(Input::Reply { to: reply, body });
    }
}

/// Some of the turns that run in slices may be over.
pub fn slices_ran(world: &World) {
    let ended = world.guests.borrow_mut().slow.ended();
    for (to, body) in ended {
        let long = &mut world.guests.borrow_mut().long;
        if let Some(at) = long.iter().position(|(waits, _)| *waits == to) {
            let fuel = slow::Answer::decode(&body).map_or(0, |answer| answer.fuel);
            long.remove(at).1.add(1, fuel);
        }
        world.input(Input::Reply { to, body });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_who_wait_only_the_first_fetches_and_all_are_told() {
        let mut queue = Queue::default();
        assert_eq!([1, 2, 3].map(|who| queue.join(who)), [true, false, false]);
        assert_eq!(queue.take(), [1, 2, 3]);
        assert!(queue.join(4), "what could not be had is asked for again");
    }

    #[test]
    fn code_that_is_in_use_again_does_not_count_twice() {
        let code = |first| Rc::new(Code { hash: [first; 32], kind: Kind::Wasm });
        let (old, new) = (code(1), code(2));
        let mut guests = Guests::default();
        for (version, code) in [(1, &old), (2, &new), (3, &old)] {
            let loaded = Loaded { code: code.clone(), text: blake3::hash(b""), said: Value::Null, used: Arc::default() };
            guests.classes.insert(("counter".into(), version), loaded);
        }
        assert_eq!(guests.codes(), 2);
    }
}
