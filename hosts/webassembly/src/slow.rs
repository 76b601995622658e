//! Turns that take long: what the port for them is asked, from the call to its answer.
use crate::{
    Compiled,
    compiled::STATE_MAX,
    host,
    quick::{Told, failure},
};
use peerd_metered::{
    OUTBOX_MAX, Outcome, Product,
    slow::{Answer, Request},
};
use peerd_vat::Ref;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// About 30 s of compiled code.
const FUEL_MAX: u64 = 300_000_000_000;
/// About 10 us of a loop. Shorter ones leave more to the collector, whose pauses all actors share.
const SLICE: i32 = 150_000;

thread_local! {
    /// Where the one slow turn that runs writes: what it tells, the outbox, the new state.
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ENDED: RefCell<Vec<(u32, Outcome, Product)>> = const { RefCell::new(Vec::new()) };
}

pub struct Slow {
    classes: BTreeMap<(Box<str>, u32), Known>,
    turns: BTreeMap<u32, Turn>,
    last: u32,
    fuel_max: u64,
}

struct Known {
    compiled: Rc<Compiled>,
    fuel_max: u64,
    slice: i32,
}

struct Turn {
    reply: Ref,
    version: u32,
    is_dropped: bool,
    /// Where the guest's module will read it.
    _given: (Box<[u8]>, Box<[u8]>),
}

impl Default for Slow {
    fn default() -> Slow {
        Slow { classes: BTreeMap::new(), turns: BTreeMap::new(), last: 0, fuel_max: FUEL_MAX }
    }
}

impl Slow {
    /// A turn that takes more is killed; of the classes that are added from now on.
    #[must_use]
    pub fn fuel_max(self, fuel_max: u64) -> Slow {
        Slow { fuel_max, ..self }
    }

    /// Under the name and version of its class.
    pub fn add(&mut self, name: &str, version: u32, compiled: Rc<Compiled>) {
        self.add_within(name, version, compiled, self.fuel_max, SLICE);
    }

    /// The same, with a limit of its own, and so much fuel a slice: a longer one wastes less on going in and out, and keeps others waiting.
    pub fn add_within(&mut self, name: &str, version: u32, compiled: Rc<Compiled>, fuel_max: u64, slice: i32) {
        self.classes.insert((name.into(), version), Known { compiled, fuel_max, slice });
    }

    /// A call of the port. Its answer, if there is one already.
    pub fn ask(&mut self, body: &[u8], reply: Ref) -> Option<Vec<u8>> {
        let request = Request::decode(body)?;
        let Some(Known { compiled, fuel_max, slice }) = self.classes.get(&(request.name.as_ref().into(), request.version)) else {
            let unknown = Outcome::HostFault("no such class is loaded here".into());
            return Some(Answer::of(request.version, unknown, Product::default()).encode());
        };
        self.last += 1;
        let (state, message): (Box<[u8]>, Box<[u8]>) = (request.state.into(), request.message.into());
        let (low, high) = (*fuel_max as u32, (fuel_max >> 32) as u32);
        // Both stay where they are until the turn has ended.
        unsafe {
            let (at, length) = (message.as_ptr(), message.len());
            host::begin(self.last, compiled.class, state.as_ptr(), state.len(), at, length, low, high, *slice);
        }
        self.turns.insert(self.last, Turn { reply, version: request.version, is_dropped: false, _given: (state, message) });
        None
    }

    /// Nobody waits for this answer any more.
    pub fn dropped(&mut self, reply: Ref) {
        let Some(turn) = self.turns.iter().find_map(|(turn, asked)| (asked.reply == reply).then_some(*turn)) else { return };
        if host::cancel(turn) == 1 {
            self.turns.remove(&turn);
        } else if let Some(turn) = self.turns.get_mut(&turn) {
            turn.is_dropped = true;
        }
    }

    /// Turns that have ended since this was last asked: whom to tell what.
    pub fn ended(&mut self) -> Vec<(Ref, Vec<u8>)> {
        let of = |(turn, outcome, product): (u32, Outcome, Product)| {
            let Turn { reply, version, is_dropped, .. } = self.turns.remove(&turn)?;
            (!is_dropped).then(|| (reply, Answer::of(version, outcome, product).encode()))
        };
        ENDED.take().into_iter().filter_map(of).collect()
    }

    /// How many are under way or wait for their first slice.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.turns.len()
    }
}

/// For js/guests.js: where the next slow turn writes.
#[unsafe(no_mangle)]
extern "C" fn guests_room() -> *mut u8 {
    ROOM.with_borrow_mut(|room| {
        if room.is_empty() {
            room.resize(size_of::<Told>() + OUTBOX_MAX + STATE_MAX, 0);
        }
        room.as_mut_ptr()
    })
}

/// For js/guests.js: a slow turn is over, and what it wrote is in the room.
#[unsafe(no_mangle)]
extern "C" fn guests_ended(turn: u32, result: i32, why: u32, is_exhausted: u32, fuel_low: u32, fuel_high: u32) {
    let mut product = Product { fuel: u64::from(fuel_low) | u64::from(fuel_high) << 32, ..Product::default() };
    let outcome = match result {
        0.. | host::FAILED => ROOM.with_borrow(|room| take(result, room, &mut product)),
        _ => failure(result, is_exhausted != 0, why),
    };
    ENDED.with_borrow_mut(|ended| ended.push((turn, outcome, product)));
}

/// What is in the room after a turn that returned.
fn take(result: i32, room: &[u8], out: &mut Product) -> Outcome {
    let (told, rest) = room.split_at(size_of::<Told>());
    let end = u32::from_le_bytes([told[0], told[1], told[2], told[3]]) as usize;
    out.outbox.extend_from_slice(&rest[..end - rest.as_ptr() as usize]);
    let Ok(length) = usize::try_from(result) else { return Outcome::Failed };
    out.state.extend_from_slice(&rest[OUTBOX_MAX..][..length]);
    Outcome::Done
}
