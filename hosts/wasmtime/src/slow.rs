//! Slow turns: the yielding build on fibers, a slice at a time, in a round, until they end or have used up all they may.
//!
//! ```text
//! request ─▶ waiting ─▶ running (at most SUSPENDED_MAX) ─▶ answer
//!             └─ dropped ──┘ the fiber is unwound
//! ```
use crate::{machine::Machine, module::Module};
use peerd_guest::abi;
use peerd_metered::{Outcome, Product, slow};
use peerd_vat::{Input, Ref, Settle};
use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use wasmtime::{Caller, Linker, Store};

/// Limit: turns that are suspended at a time. Each has a stack of 1 MiB and two memories, of which it holds what it has touched.
pub const SUSPENDED_MAX: usize = 256;
/// Limit: requests that wait for a place; one more is refused, and its actor asks again later.
const WAITING_MAX: usize = 65_536;

/// The host's side of the port for slow turns. Driven by whoever has time left.
pub struct Slow {
    modules: BTreeMap<(String, u32), Module>,
    slice: i32,
    fuel_max: u64,
    waiting: VecDeque<(Ref, Vec<u8>)>,
    running: VecDeque<(Ref, Turn)>,
}

/// What `serve` did.
#[derive(Debug, Default)]
pub struct Served {
    /// For `Vat::handle`.
    pub answers: Vec<Input>,
    pub slices: u64,
    /// Nothing is left to do.
    pub idle: bool,
}

type Ended = (Outcome, Product);

struct Turn {
    version: u32,
    future: Pin<Box<dyn Future<Output = Ended> + Send>>,
}

/// What the module's `yield` is asked of.
struct Purse {
    slice: i32,
    given: u64,
    max: u64,
    /// It has had its slice, and the next is for when it is polled again.
    is_spent: bool,
    /// A start function has fuel of its own, and gets no more.
    has_begun: bool,
}

impl Default for Slow {
    fn default() -> Slow {
        Slow::new(SLICE, FUEL_MAX)
    }
}

/// 50,000 fuel take about 5 µs.
const SLICE: i32 = 50_000;
/// About 30 s.
const FUEL_MAX: u64 = 300_000_000_000;

impl Slow {
    /// Fuel of a slice, and of a whole turn.
    #[must_use]
    pub fn new(slice: i32, fuel_max: u64) -> Slow {
        Slow { modules: BTreeMap::new(), slice: slice.max(1), fuel_max, waiting: VecDeque::new(), running: VecDeque::new() }
    }

    /// The module of a class, as it was added to the vat.
    pub fn know(&mut self, name: &str, version: u32, module: &Module) {
        self.modules.insert((name.to_owned(), version), module.clone());
    }

    /// A call of the port. The error: it is answered at once.
    pub fn request(&mut self, reply: Ref, body: Vec<u8>) -> Result<(), Input> {
        if self.waiting.len() >= WAITING_MAX {
            return Err(Input::Fail { to: reply, settle: Settle::Overloaded });
        }
        self.waiting.push_back((reply, body));
        Ok(())
    }

    /// Nobody waits for it any more.
    pub fn dropped(&mut self, reply: Ref) {
        self.waiting.retain(|(waiting, _)| *waiting != reply);
        self.running.retain(|(running, _)| *running != reply);
    }

    /// Turns that are under way, and requests that wait for a place.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        (self.running.len(), self.waiting.len())
    }

    /// At most so many slices, one turn after the other.
    pub fn serve(&mut self, slices_max: u64) -> Served {
        let mut served = Served::default();
        while served.slices < slices_max {
            if self.running.len() < SUSPENDED_MAX
                && let Some((reply, body)) = self.waiting.pop_front()
            {
                match self.begin(&body) {
                    Ok(turn) => self.running.push_back((reply, turn)),
                    Err(answer) => served.answers.push(Input::Reply { to: reply, body: answer }),
                }
                continue;
            }
            let Some((reply, mut turn)) = self.running.pop_front() else { break };
            served.slices += 1;
            match turn.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => self.running.push_back((reply, turn)),
                Poll::Ready((outcome, product)) => {
                    let body = slow::Answer::of(turn.version, outcome, product).encode();
                    served.answers.push(Input::Reply { to: reply, body });
                }
            }
        }
        served.idle = self.running.is_empty() && self.waiting.is_empty();
        served
    }

    /// The error is an answer already.
    fn begin(&self, body: &[u8]) -> Result<Turn, Vec<u8>> {
        let fault = |version, why: &str| slow::Answer::of(version, Outcome::HostFault(why.into()), Product::default()).encode();
        // Answered with what is no answer either.
        let request = slow::Request::decode(body).ok_or_else(Vec::new)?;
        let version = request.version;
        let module =
            self.modules.get(&(request.name.to_string(), version)).ok_or_else(|| fault(version, "a class that is not known here"))?;
        let purse = Purse { slice: self.slice, given: 0, max: self.fuel_max, is_spent: false, has_begun: false };
        let future = run(module.clone(), request.state.into_owned(), request.message.into_owned(), purse);
        Ok(Turn { version, future: Box::pin(future) })
    }
}

async fn run(module: Module, state: Vec<u8>, message: Vec<u8>, purse: Purse) -> Ended {
    let mut product = Product::default();
    let outcome = match attempt(&module, &state, &message, purse, &mut product).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::HostFault(format!("{error:#}").into()),
    };
    (outcome, product)
}

async fn attempt(module: &Module, state: &[u8], message: &[u8], mut purse: Purse, out: &mut Product) -> wasmtime::Result<Outcome> {
    let code = module.yielding().map_err(wasmtime::Error::msg)?;
    let first = purse.next();
    let mut store = Store::new(code.engine(), purse);
    let mut linker = Linker::<Purse>::new(code.engine());
    let kernel = Machine::memories(&mut store, &mut linker, module)?;
    linker.func_wrap_async(abi::MODULE, abi::YIELD, |mut caller: Caller<'_, Purse>, (): ()| {
        Box::new(async move {
            if !caller.data().has_begun {
                return 0;
            }
            Rest(&mut caller.data_mut().is_spent).await;
            caller.data_mut().next()
        })
    })?;
    let instance = linker.instantiate_async(&mut store, code).await?;
    let machine = Machine::of(&mut store, instance, module, kernel)?;
    if !machine.put(&mut store, state, message, module.report()) {
        return Ok(Outcome::HostFault("a state or a message longer than its buffer".into()));
    }
    store.data_mut().has_begun = true;
    let result = machine.turn.call_async(&mut store, machine.arguments(state.len(), message.len(), first)).await;
    let left = machine.fuel_left(&mut store);
    out.fuel = (store.data().given as i64 - i64::from(left)) as u64;
    Ok(machine.outcome(&mut store, result, out))
}

impl Purse {
    /// 0 ends the turn.
    fn next(&mut self) -> i32 {
        let more = (self.max - self.given).min(self.slice as u64);
        self.given += more;
        self.is_spent = true;
        more as i32
    }
}

/// Pending once.
struct Rest<'a>(&'a mut bool);

impl Future for Rest<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::take(self.0) { Poll::Pending } else { Poll::Ready(()) }
    }
}
