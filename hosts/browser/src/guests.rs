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
use peerd_metered::{Class, slow};
use peerd_vat::{Input, Ref, Vat};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

#[cfg_attr(not(target_arch = "wasm32"), path = "guests/elsewhere.rs")]
mod engine;

use engine::{Code, Slow};

/// Limit: classes that join in the life of a Worker, of all their versions. Each keeps its compiled code and an image of its memory.
const CLASSES_MAX: usize = 256;
/// Limit: actors that the actors of one class spawn in one turn, and in the life of a Worker.
const SPAWNS_TURN_MAX: u32 = 64;
const SPAWNS_MAX: u32 = 1_024;
/// Limit: bytes of a state, as a class may declare its buffer. Each turn of a durable actor writes its state down.
const STATE_MAX: u32 = 256 << 10;
/// Fuel after which a turn is killed: some seconds of compiled code, when nobody else runs.
const FUEL_MAX: u64 = 20_000_000_000;
/// Of a long turn at a time: a tenth of a millisecond.
const SLICE: i32 = 1_000_000;
/// The same where a turn can't be suspended: it holds up all others for some milliseconds.
const FUEL_AT_ONCE: u64 = 50_000_000;

pub struct Guests {
    classes: BTreeMap<(String, u32), Loaded>,
    slow: Slow,
    /// Who waits for the end of a long turn, and whose it is.
    long: Vec<(Ref, Arc<Used>)>,
}

struct Loaded {
    code: Rc<Code>,
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

impl Default for Guests {
    fn default() -> Guests {
        Guests { classes: BTreeMap::new(), slow: Slow::default().fuel_max(FUEL_MAX).slice(SLICE), long: Vec::new() }
    }
}

impl Guests {
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

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A module of the guest ABI, in base64.
    Wasm,
    /// Source.
    Js,
}

pub fn asked(world: &Rc<World>, asked: &Asked) {
    let Ok(op) = serde_json::from_slice::<Op>(&asked.body) else {
        return js::log("a request to the guests port can't be read");
    };
    let answer = perform(world, op).unwrap_or_else(|why| json!({"err": {"text": why}}));
    if let Some(to) = asked.reply {
        world.reply(to, &answer);
    }
}

fn perform(world: &World, op: Op) -> Result<Value, String> {
    match op {
        Op::Load { name, alias, version, kind, code } => {
            let code = engine::compile(&source(kind, &code)?, STATE_MAX)?;
            join(world, name, alias, version, Rc::new(code))
        }
        Op::Use { name, alias, version, of } => {
            let code = world.guests.borrow().classes.get(&(name.clone(), of)).map(|loaded| loaded.code.clone());
            join(world, name, alias, version, code.ok_or("that version is not loaded")?)
        }
        Op::Tell { name, version } => {
            let guests = world.guests.borrow();
            let loaded = guests.classes.get(&(name, version)).ok_or("that class is not loaded")?;
            Ok(json!({"turns": loaded.used.turns.load(Relaxed), "fuel": loaded.used.fuel.load(Relaxed)}))
        }
        Op::Secret => Ok(json!({"secret": js::random_bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect::<String>()})),
    }
}

fn source(kind: Kind, code: &str) -> Result<Vec<u8>, String> {
    match kind {
        Kind::Wasm => bytes(code),
        Kind::Js => Err("this build has no engine for JavaScript actors".into()),
    }
}

fn join(world: &World, name: String, alias: String, version: u32, code: Rc<Code>) -> Result<Value, String> {
    if world.guests.borrow().classes.len() >= CLASSES_MAX {
        return Err(format!("{CLASSES_MAX} versions of classes have been loaded since peerd was started, and more are not: restart it"));
    }
    let used = Arc::<Used>::default();
    // Limit: `CLASSES_MAX` of them are leaked.
    let mut class =
        Class::new(Box::leak(name.clone().into_boxed_str()), version, code.hash).alias(&alias).spawns_max(SPAWNS_TURN_MAX, SPAWNS_MAX);
    let is_suspended = engine::has_stacks();
    class = if is_suspended { class.slow(Vat::port_of(SLOW)) } else { class.fuel(FUEL_AT_ONCE) };
    let answer = json!({
        "hash": code.hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "state_max": code.state_max(),
        "message_max": code.message_max(),
        "fuel_max": if is_suspended { FUEL_MAX } else { FUEL_AT_ONCE },
        "suspended": is_suspended,
    });
    let behaviour = peerd_metered::behaviour(class, engine::Counted::new(code.clone(), used.clone()));
    if !world.add(behaviour) {
        return Err("that version is loaded already".into());
    }
    let mut guests = world.guests.borrow_mut();
    guests.slow.add(&name, version, code.compiled());
    guests.classes.insert((name, version), Loaded { code, used });
    Ok(answer)
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
