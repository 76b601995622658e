//! `peerd::System` on the real clock: the same words, so that a program changes one line.
use crate::{
    End, Failed, Handle, Probe, Refused, Store,
    clock::{self, Clock, after},
    cluster::Gate,
    engine::{DOOR, Engine},
    inbox::Item,
    keeper::Keeper,
    line::Lines,
    past::Past,
    root::Root,
    shared::Shared,
};
use peerd::{Actor, Addr, Child, Message, Namespace, NotFound, Reply, Supervised, Supervisor, encode};
use peerd_vat::{Behaviour, CALL_MS, Config, Counters, DeadLetter, Dial, Input, Outputs, Reason, Report, Row, Settle, Time, Vat, VatId};
use std::{convert::Infallible, sync::Arc, thread, time::Duration};

/// How long a system that is dropped may take to stop everybody.
const DROP_MS: u64 = 5_000;
/// How long a turn may go on after that before it is left to itself. A loaded machine may give its thread no time meanwhile.
const STUCK_MS: u64 = 1_000;
/// What waits for room looks this often.
const ROOM_MS: u64 = 1;

/// One vat on a thread of its own. Others talk to it through [`Handle`]s; the owner may too, in the words of `peerd::System`.
///
/// Dropped, it stops everybody, the last started first, for at most 5 s.
///
/// A panic in a turn is a bug, not a crash: the vat ends there, whoever waits is told `noconnection`, and every handle refuses
/// what comes (`Handle::end` says why). Built with `panic = "abort"`, it ends the process instead.
pub struct System {
    handle: Handle,
    is_over: bool,
}

impl System {
    /// With the supervisor and these behaviours.
    ///
    /// # Panics
    /// When two behaviours have one name, or there can be no more threads.
    #[must_use]
    pub fn new(behaviours: Vec<Box<dyn Behaviour>>) -> System {
        System::with(Config { dead_letters: true, ..Config::default() }, behaviours)
    }

    /// # Panics
    /// As `new`.
    #[must_use]
    pub fn with(config: Config, behaviours: Vec<Box<dyn Behaviour>>) -> System {
        System::start(born(config, behaviours, &[], &Arc::default()))
    }

    /// The same with a journal in this folder, which nobody else has open meanwhile: actors that are started by `keep` outlive the
    /// system, and whatever happens to the machine. What lies there is opened; an empty folder, or none, is a journal that begins,
    /// unless the `Store` says which it must be. A path is a store with nothing said.
    ///
    /// # Errors
    /// As they are named; nothing has changed then but that the folder may have been made.
    ///
    /// # Panics
    /// As `new`.
    pub fn open(store: impl Into<Store>, behaviours: Vec<Box<dyn Behaviour>>) -> Result<System, Failed> {
        let config = Config { dead_letters: true, ..Config::default() };
        Ok(System::start(opened(store.into(), config, None, behaviours, &[], &Arc::default())?))
    }

    pub(crate) fn start(engine: Engine) -> System {
        let handle = Handle { shared: Arc::clone(engine.shared()) };
        engine.start();
        System { handle, is_over: false }
    }

    /// Its owner is somebody else from now on.
    pub(crate) fn into_handle(mut self) -> Handle {
        self.is_over = true;
        self.handle()
    }

    /// A way to it for other threads.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops everybody, the last started first: an actor has 5 s, a supervisor the time that its children have. What still
    /// lives after so many milliseconds is dropped where it stands; for a turn that is under way then it waits one second more.
    pub fn shutdown(mut self, within_ms: u64) -> End {
        self.stop(within_ms)
    }

    fn stop(&mut self, within_ms: u64) -> End {
        self.is_over = true;
        let until = after(within_ms);
        self.handle.stop(until);
        let stuck = until.and_then(|until| until.checked_add(Duration::from_millis(STUCK_MS)));
        self.handle.shared.inbox.wait_for_end(stuck).unwrap_or(End::Stuck)
    }
}

/// The words of `peerd::System`. A thread that asks for something waits for it; one that looks sees what came of all it sent.
///
/// They panic when the system has ended, for whoever did not shut it down has met a bug, and its words are said.
impl System {
    /// # Panics
    /// When the actor's behaviour is not in the table.
    pub fn spawn<A: Actor>(&mut self, args: &A::Args) -> Addr<A::Message> {
        self.handle.spawn::<A>(args).wait().unwrap_or_else(|settle| self.fail(&settle))
    }

    /// As `Handle::keep`.
    ///
    /// # Panics
    /// As that.
    pub fn keep<A: Actor>(&mut self, id: &str, args: &A::Args) -> Addr<A::Message> {
        self.handle.keep::<A>(id, args).wait().unwrap_or_else(|settle| self.fail(&settle))
    }

    /// As `Handle::keep_supervisor`.
    ///
    /// # Panics
    /// As that.
    pub fn keep_supervisor(&mut self, id: &str, supervisor: &Supervisor) -> Supervised {
        self.handle.keep_supervisor(id, supervisor).wait().unwrap_or_else(|settle| self.fail(&settle))
    }

    /// As `Handle::keep_namespace`.
    ///
    /// # Panics
    /// As that.
    pub fn keep_namespace<A: Actor<Args = String>>(&mut self, id: &str) -> Namespace<A::Message> {
        self.handle.keep_namespace::<A>(id).wait().unwrap_or_else(|settle| self.fail(&settle))
    }

    /// The actor of this key, made now if there is none.
    ///
    /// # Errors
    /// As the namespace says.
    pub fn find<M: Message>(&mut self, namespace: Namespace<M>, key: &str) -> Result<Addr<M>, NotFound> {
        self.handle.find(namespace, key).wait()
    }

    /// As `Handle::keys`.
    ///
    /// # Errors
    /// As the namespace says.
    pub fn keys<M: Message>(&mut self, namespace: Namespace<M>, after: Option<&str>, limit: u32) -> Result<Vec<String>, NotFound> {
        self.handle.keys(namespace, after, limit).wait()
    }

    /// As `Handle::delete`.
    ///
    /// # Errors
    /// As the namespace says.
    pub fn delete<M: Message>(&mut self, namespace: Namespace<M>, key: &str) -> Result<(), NotFound> {
        self.handle.delete(namespace, key).wait()
    }

    /// A supervisor with its children.
    pub fn supervise(&mut self, supervisor: &Supervisor) -> Supervised {
        self.handle.supervise(supervisor).wait().unwrap_or_else(|settle| self.fail(&settle))
    }

    /// Starts a child under a supervisor; None if that was refused.
    pub fn start_child<A: Actor>(&mut self, supervisor: Supervised, child: Child) -> Option<Addr<A::Message>> {
        self.handle.start_child::<A>(supervisor, child).wait()
    }

    /// Waits while there is no room for it.
    pub fn send<M: Message>(&mut self, to: Addr<M>, message: &M) {
        let (body, refs) = encode(message);
        self.give(self.handle.shared.message(to.as_ref(), body, refs));
    }

    /// Asks, and waits until it is answered or 5 s are over.
    ///
    /// # Errors
    /// Why there is no answer; `Noreply` too when it could not be read.
    pub fn ask<M: Message, T: Message>(&mut self, to: Addr<M>, ask: impl FnOnce(Reply<T>) -> M) -> Result<T, Settle> {
        self.handle.ask(to, ask).wait()
    }

    /// An exit signal from outside, unlinked: `Reason::Kill` can't be trapped.
    pub fn exit<M>(&mut self, to: Addr<M>, reason: Reason) {
        self.give(self.handle.shared.exit(to.as_ref(), reason));
    }

    /// Sleeps so long; what became due meanwhile has been handled.
    pub fn advance(&mut self, ms: u64) {
        thread::sleep(Duration::from_millis(ms));
        self.rest();
    }

    #[must_use]
    pub fn now(&self) -> Time {
        self.handle.now()
    }

    /// Someone to be given to actors, whose messages a test looks at.
    ///
    /// # Panics
    /// Limit: 65,535 ports.
    pub fn probe<M: Message>(&mut self) -> Probe<M> {
        let port = self.handle.port().unwrap_or_else(|settle| self.fail(&settle));
        Probe { port, handle: self.handle() }
    }

    /// Crashes and other words for people since the last call: the newest 1,000.
    pub fn take_reports(&mut self) -> Vec<Report> {
        self.rest();
        self.handle.take_reports()
    }

    /// Messages since the last call that nobody will handle: the newest 1,000.
    pub fn take_dead_letters(&mut self) -> Vec<DeadLetter> {
        self.rest();
        self.handle.take_dead_letters()
    }

    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.rest();
        self.handle.rows().unwrap_or_else(|| self.fail(&Settle::Timeout))
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        self.rest();
        self.handle.counters().unwrap_or_else(|| self.fail(&Settle::Timeout))
    }

    /// What was sent has been handled, unless there is always something to do.
    fn rest(&self) {
        self.handle.rest_within(CALL_MS);
    }

    fn give(&self, mut item: Item) {
        loop {
            match self.handle.shared.inbox.push(item) {
                Ok(()) => return,
                Err(Refused::Full(back) | Refused::Busy(back)) => item = back,
                Err(Refused::Ended(_)) => self.fail(&Settle::Noconnection),
            }
            thread::sleep(Duration::from_millis(ROOM_MS));
        }
    }

    pub(crate) fn fail(&self, settle: &Settle) -> ! {
        match self.handle.end() {
            Some(end) => panic!("the system has ended: {end:?}"),
            None => panic!("the system does not keep up: {settle}"),
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if !self.is_over {
            // A test that fails need not wait.
            let ms = if thread::panicking() { 0 } else { DROP_MS };
            self.stop(ms);
        }
    }
}

/// One of the vats of a cluster, in the epoch of its lease. It says nothing while the gate is shut.
pub(crate) fn shard(
    store: Store,
    vat: VatId,
    epoch: u64,
    behaviours: Vec<Box<dyn Behaviour>>,
    others: &[VatId],
    installation: &Arc<()>,
    gate: Arc<Gate>,
) -> Result<Engine, Failed> {
    let config = Config { vat, dead_letters: true, ..Config::default() };
    Ok(opened(store, config, Some(epoch), behaviours, others, installation)?.behind(gate))
}

/// A vat of what lies there, in the next epoch or in this one.
fn opened(
    store: Store,
    config: Config,
    epoch: Option<u64>,
    behaviours: Vec<Box<dyn Behaviour>>,
    others: &[VatId],
    installation: &Arc<()>,
) -> Result<Engine, Failed> {
    let (keeper, mut found, identity) = Keeper::open(store, peerd_journal::Vat(config.vat.0))?;
    if let Some(epoch) = epoch {
        if found.epoch.0 > epoch {
            return Err(Failed::Stale);
        }
        found.epoch = peerd_journal::Epoch(epoch);
    }
    let swap = keeper.swap()?;
    let make = |behaviours| {
        let mut vat = Vat::durable(config, behaviours, identity, found).map_err(Failed::Actors)?;
        if let Some(swap) = swap {
            vat.give_swap(Box::new(swap));
        }
        Ok::<Vat, Failed>(vat)
    };
    born_as(make, Some(keeper), config.vat, behaviours, others, installation)
}

/// A vat with its root, which knows these others, before its first turn.
pub(crate) fn born(config: Config, behaviours: Vec<Box<dyn Behaviour>>, others: &[VatId], installation: &Arc<()>) -> Engine {
    let make = |behaviours| Ok::<Vat, Infallible>(Vat::new(config, behaviours));
    born_as(make, None, config.vat, behaviours, others, installation).unwrap_or_else(|never| match never {})
}

fn born_as<E>(
    make: impl FnOnce(Vec<Box<dyn Behaviour>>) -> Result<Vat, E>,
    mut keeper: Option<Keeper>,
    vat_id: VatId,
    mut behaviours: Vec<Box<dyn Behaviour>>,
    others: &[VatId],
    installation: &Arc<()>,
) -> Result<Engine, E> {
    let handled = Arc::default();
    behaviours.push(Box::new(Root::new(Arc::clone(&handled))));
    behaviours.extend([peerd_otp::supervisor::behaviour(), peerd_otp::namespace::behaviour(), peerd_otp::work_pulling::behaviour()]);
    behaviours.extend(peerd::keyed::behaviours());
    behaviours.push(peerd_mesh::directory::behaviour());
    let names = behaviours.iter().map(|behaviour| behaviour.name()).collect();
    let (clock, mut out, mut vat) = (Clock::start(), Outputs::new(), make(behaviours)?);
    let mut dial = Dial::default();
    let wall = dial.look(Time(0), clock::wall()).expect("it has not been told yet");
    keeper.iter_mut().for_each(|keeper| keeper.begin(&mut vat));
    let (args, _) = encode(&others.iter().map(|other| other.0).collect::<Vec<u32>>());
    let refs = [vat.port(DOOR)].into_iter().chain(others.iter().map(|other| vat.peer(*other)));
    let boot = Input::Boot { behaviour: Root::NAME.into(), args, refs: refs.collect() };
    // Randomness of the operating system.
    let seed = getrandom::u64().expect("an operating system has randomness");
    vat.handle(Time(0), Input::Entropy { seed }, &mut out).expect("a new vat takes everything");
    vat.handle(Time(0), Input::Clock { wall }, &mut out).expect("a new vat takes everything");
    vat.handle(Time(0), boot, &mut out).expect("the root is in the table");
    let root = vat.root().expect("it was booted");
    let past = keeper.as_ref().map(|keeper| Past::new(&vat, keeper.folder()));
    let shared = Shared::new(clock, vat_id, installation, root, names, past);
    Ok(Engine::new(vat, keeper, dial, shared, Lines::new(root, handled), out))
}
