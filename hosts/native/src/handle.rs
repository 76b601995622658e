//! A system from any thread: nothing here waits unless it is told to, and nothing is taken that can't be kept.
use crate::{
    End, Pending, Port, Refused,
    clock::after,
    engine::Engine,
    inbox::Item,
    order::{Bytes, Order},
    pending::{read_answer, read_reason, read_ref},
    port::Queue,
    shared::Shared,
};
use peerd::{
    Actor, Addr, Child, Message, NotFound, Reply, Supervised, Supervisor, encode,
    namespace::{self, Namespace},
};
use peerd_otp::namespace::{Reply as Said, Request};
use peerd_vat::{CALL_MS, Counters, DeadLetter, Durability, PortId, Reason, Ref, Report, Row, Settle, Time, Vat};
use std::{
    marker::PhantomData,
    sync::{Arc, PoisonError, atomic::Ordering::Relaxed, mpsc},
    thread,
    time::{Duration, Instant},
};

/// A way to a running system. Copies are cheap, and good on any thread.
///
/// What is answered is a [`Pending`]: `wait` for it, or await it. What is not taken is given back as [`Refused`].
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    /// Tells. What one thread tells and asks one actor arrives in order.
    ///
    /// # Errors
    /// The message, when the actor's mailbox or the host's queue is full, or the system has ended.
    pub fn send<M: Message>(&self, to: Addr<M>, message: M) -> Result<(), Refused<M>> {
        let (body, refs) = encode(&message);
        self.give(self.shared.message(to.as_ref(), body, refs), message)
    }

    /// Asks, for at most 5 s. `Overloaded`: not taken. `Noconnection`: the system has ended. `Timeout`: nobody knows whether it
    /// was done.
    pub fn ask<M: Message, T: Message>(&self, to: Addr<M>, ask: impl FnOnce(Reply<T>) -> M) -> Pending<Result<T, Settle>> {
        self.ask_within(CALL_MS, to, ask)
    }

    /// The same, within so many milliseconds.
    pub fn ask_within<M: Message, T: Message>(&self, ms: u64, to: Addr<M>, ask: impl FnOnce(Reply<T>) -> M) -> Pending<Result<T, Settle>> {
        let (body, refs) = encode(&ask(Reply::mine()));
        self.call(ms, to.as_ref(), body, &refs, read_answer)
    }

    pub(crate) fn call<T>(&self, ms: u64, to: Ref, body: Vec<u8>, refs: &[Ref], read: fn(crate::pending::Outcome) -> T) -> Pending<T> {
        let refs: Vec<Ref> = [to].iter().chain(refs).copied().collect();
        self.shared.order(Order::Ask { ms, body: Bytes(body) }, &refs, after(ms), read)
    }

    /// The answer of native code that an actor asked through a port.
    ///
    /// # Errors
    /// As `send`.
    pub fn reply<T: Message>(&self, to: Reply<T>, value: &T) -> Result<(), Refused<Reply<T>>> {
        let Some(address) = to.address() else { return Ok(()) };
        let (body, refs) = encode(value);
        self.give(self.shared.message(address, body, refs), to)
    }

    /// A new actor, stopped with the system: the last started first.
    ///
    /// # Panics
    /// When its behaviour is not in the table.
    pub fn spawn<A: Actor>(&self, args: &A::Args) -> Pending<Result<Addr<A::Message>, Settle>> {
        let (args, refs) = encode(args);
        self.start(A::NAME, args, &refs, |outcome| read_ref(outcome).map(Addr::from_ref))
    }

    /// A durable actor that is known by this id, in this life of the system and in later ones. The first time it begins with these
    /// arguments; ever after it goes on from the state of its last turn that was written down, under the same address.
    ///
    /// # Panics
    /// When its behaviour is not in the table, or the system has no journal, see `System::open`.
    pub fn keep<A: Actor>(&self, id: &str, args: &A::Args) -> Pending<Result<Addr<A::Message>, Settle>> {
        let (args, refs) = encode(args);
        self.keep_as(id, A::NAME, args, &refs, |outcome| read_ref(outcome).map(Addr::from_ref))
    }

    /// A supervisor that is known by this id: its durable children (`Child::durable`) go on in later lives of the system when it
    /// is asked for again and starts them. It is made anew each time, from what is said here.
    ///
    /// # Panics
    /// When the system has no journal.
    pub fn keep_supervisor(&self, id: &str, supervisor: &Supervisor) -> Pending<Result<Supervised, Settle>> {
        let (args, refs) = supervisor.clone().into_parts();
        self.keep_as(id, peerd_otp::supervisor::NAME, args, &refs, |outcome| read_ref(outcome).map(Supervised::from_ref))
    }

    /// Durable virtual actors: one for each key, made by the first who asks, remembered in later lives of the system when the
    /// namespace is asked for again by this id. An actor's argument is its key.
    ///
    /// # Panics
    /// When the behaviour is not in the table, or the system has no journal.
    pub fn keep_namespace<A: Actor<Args = String>>(&self, id: &str) -> Pending<Result<Namespace<A::Message>, Settle>> {
        self.expect_behaviour(A::NAME);
        let spec = namespace::spec::<A>(Durability::Durable).encode();
        self.keep_as(id, peerd_otp::namespace::NAME, spec, &[], |outcome| read_ref(outcome).map(Namespace::from_ref))
    }

    /// The actor of this key, made now if there is none.
    pub fn find<M: Message>(&self, namespace: Namespace<M>, key: &str) -> Pending<Result<Addr<M>, NotFound>> {
        self.ask_namespace(namespace, &Request::Get(key.into()), |outcome| match outcome {
            Ok((body, refs)) => namespace::found(Ok((&body, &refs))),
            Err(settle) => Err(NotFound::Call(settle)),
        })
    }

    /// The keys behind this one, in order, at most so many and at most 1,000.
    pub fn keys<M>(&self, namespace: Namespace<M>, after: Option<&str>, limit: u32) -> Pending<Result<Vec<String>, NotFound>> {
        let request = Request::Keys { after: after.map(Into::into), limit };
        self.ask_namespace(namespace, &request, |outcome| match namespace::answer(&outcome.map_err(NotFound::Call)?.0)? {
            Said::Keys(keys) => Ok(keys),
            _ => Err(NotFound::Call(Settle::Noreply)),
        })
    }

    /// Ends the actor of this key; nothing that was kept of it is left.
    pub fn delete<M>(&self, namespace: Namespace<M>, key: &str) -> Pending<Result<(), NotFound>> {
        self.ask_namespace(namespace, &Request::Delete(key.into()), |outcome| {
            namespace::answer(&outcome.map_err(NotFound::Call)?.0).map(|_| ())
        })
    }

    fn ask_namespace<M, T>(&self, namespace: Namespace<M>, request: &Request, read: fn(crate::pending::Outcome) -> T) -> Pending<T> {
        self.call(CALL_MS, namespace.as_ref(), peerd_otp::message::encode(request), &[], read)
    }

    pub(crate) fn keep_as<T>(
        &self,
        id: &str,
        name: &str,
        args: Vec<u8>,
        refs: &[Ref],
        read: fn(crate::pending::Outcome) -> T,
    ) -> Pending<T> {
        assert!(self.shared.past.is_some(), "this system has no journal: `System::open` gives it one");
        self.expect_behaviour(name);
        let order = Order::Keep { id: id.into(), behaviour: name.into(), args: Bytes(args) };
        self.shared.order(order, refs, after(CALL_MS), read)
    }

    pub(crate) fn expect_behaviour(&self, name: &str) {
        assert!(self.shared.names.contains(&name), "no behaviour is named {name:?}");
    }

    /// A supervisor with its children.
    pub fn supervise(&self, supervisor: &Supervisor) -> Pending<Result<Supervised, Settle>> {
        let (args, refs) = supervisor.clone().into_parts();
        self.start(peerd_otp::supervisor::NAME, args, &refs, |outcome| read_ref(outcome).map(Supervised::from_ref))
    }

    fn start<T>(&self, name: &str, args: Vec<u8>, refs: &[Ref], read: fn(crate::pending::Outcome) -> T) -> Pending<T> {
        self.expect_behaviour(name);
        self.shared.order(Order::Spawn { behaviour: name.into(), args: Bytes(args) }, refs, after(CALL_MS), read)
    }

    /// Starts a child under a supervisor; None if that was refused.
    pub fn start_child<A: Actor>(&self, supervisor: Supervised, child: Child) -> Pending<Option<Addr<A::Message>>> {
        let (request, refs) = child.into_request();
        self.call(CALL_MS, supervisor.as_ref(), request.encode(), &refs, |outcome| read_ref(outcome).ok().map(Addr::from_ref))
    }

    /// Why it ends, when it ends. `Noconnection` if the system goes first.
    pub fn watch<M>(&self, target: Addr<M>) -> Pending<Reason> {
        self.shared.order(Order::Watch, &[target.as_ref()], None, read_reason)
    }

    /// An exit signal from outside, unlinked: `Reason::Kill` can't be trapped.
    ///
    /// # Errors
    /// As `send`.
    pub fn exit<M>(&self, to: Addr<M>, reason: Reason) -> Result<(), Refused<Reason>> {
        self.give(self.shared.exit(to.as_ref(), reason.clone()), reason)
    }

    /// The same actor as the vat of `to` knows it: an address is good in its own vat only, wherever the actor lives. It lends
    /// what the address would lend in a message (`Addr::lending`). `Noconnection`: no vat that this one is joined with.
    pub fn introduce<M>(&self, whom: Addr<M>, to: &Handle) -> Pending<Result<Addr<M>, Settle>> {
        let pending = to.shared.expect(after(CALL_MS), |outcome| read_ref(outcome).map(Addr::from_ref));
        if Arc::ptr_eq(&self.shared, &to.shared) {
            pending.slot.settle(Ok((Vec::new(), vec![whom.as_ref()])));
        } else if !Arc::ptr_eq(&self.shared.installation, &to.shared.installation) {
            pending.slot.settle(Err(Settle::Noconnection));
        } else {
            to.shared.push_or_settle(Item::Expect { id: pending.id, slot: Arc::clone(&pending.slot) });
            let input = self.shared.to_root(Order::Introduce { to: to.shared.vat.0 }, pending.id, &[whom.as_ref()]);
            if self.give(Item::Input { about: whom.as_ref(), input }, ()).is_err() {
                pending.slot.settle(Err(Settle::Noconnection));
            }
        }
        pending
    }

    /// Native code to be given to actors: a queue whose messages a thread takes.
    ///
    /// # Errors
    /// `Noconnection` when the system has ended, `Overloaded` when its queue is full.
    ///
    /// # Panics
    /// Limit: 65,535 ports.
    pub fn port<M: Message>(&self) -> Result<Port<M>, Settle> {
        let number = self.shared.ports.fetch_add(1, Relaxed) + 1;
        let id = PortId(u16::try_from(number).expect("fewer than 65,536 ports"));
        let queue = Arc::new(Queue::default());
        let pending = self.shared.expect(after(CALL_MS), read_ref);
        let slot = Arc::clone(&pending.slot);
        self.shared.push_or_settle(Item::Open { port: id, queue: Arc::clone(&queue), slot });
        let addr = Addr::from_ref(pending.wait()?);
        Ok(Port { shared: Arc::clone(&self.shared), queue, id, addr, takes: PhantomData })
    }

    /// The same, taken by a thread of its own that ends with the system.
    ///
    /// # Errors
    /// As `port`.
    ///
    /// # Panics
    /// As `port`, and when there can be no more threads.
    pub fn serve<M: Message + 'static>(&self, mut serve: impl FnMut(M, &Handle) + Send + 'static) -> Result<Addr<M>, Settle> {
        let (port, handle) = (self.port::<M>()?, self.clone());
        let addr = port.addr();
        let take_all = move || {
            while let Some(message) = port.take() {
                serve(message, &handle);
            }
        };
        thread::Builder::new().name("port".into()).spawn(take_all).expect("there can be one thread more");
        Ok(addr)
    }

    /// The vat's clock.
    #[must_use]
    pub fn now(&self) -> Time {
        self.shared.clock.now()
    }

    /// All actors, for people. None: the system has ended, or is busy with one turn for 5 s.
    #[must_use]
    pub fn rows(&self) -> Option<Vec<Row>> {
        self.look(Vat::rows)
    }

    /// What was sent and what became of it. None as of `rows`.
    #[must_use]
    pub fn counters(&self) -> Option<Counters> {
        self.look(Vat::counters)
    }

    /// Crashes and other words for people since the last call: the newest 1,000.
    #[must_use]
    pub fn take_reports(&self) -> Vec<Report> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).take_reports()
    }

    /// Messages since the last call that nobody will handle: the newest 1,000.
    #[must_use]
    pub fn take_dead_letters(&self) -> Vec<DeadLetter> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).take_dead()
    }

    /// How the system ended. None: it runs.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.shared.inbox.end()
    }

    /// Waits until nothing is left to do but to wait for messages and timers. False: that did not come about in time.
    pub fn rest_within(&self, ms: u64) -> bool {
        let (say, heard) = mpsc::sync_channel(1);
        let rested = move || {
            // Nobody listens any more: their time was over.
            let _ = say.send(());
        };
        self.shared.inbox.push_always(Item::Rest(Box::new(rested)));
        heard.recv_timeout(Duration::from_millis(ms)).is_ok()
    }

    /// Between turns, and not waited for.
    pub(crate) fn tell_engine(&self, work: impl FnOnce(&mut Engine, Time) + Send + 'static) {
        self.shared.inbox.push_always(Item::Tend(Box::new(work)));
    }

    pub(crate) fn stop(&self, until: Option<Instant>) {
        self.shared.inbox.stop(until);
    }

    fn look<T: Send + 'static>(&self, look: fn(&Vat) -> T) -> Option<T> {
        let (say, heard) = mpsc::sync_channel(1);
        let look = move |vat: &Vat| {
            // As above.
            let _ = say.send(look(vat));
        };
        self.shared.inbox.push_always(Item::Look(Box::new(look)));
        heard.recv_timeout(Duration::from_millis(CALL_MS)).ok()
    }

    fn give<B>(&self, item: Item, back: B) -> Result<(), Refused<B>> {
        match self.shared.inbox.push(item) {
            Ok(()) => Ok(()),
            Err(refused) => Err(refused.with(back)),
        }
    }
}
