//! What an actor can do in a turn. Everything is buffered and happens when the turn commits, in order, or not at all.
use crate::{
    Actor, Addr, Message, Reason, Reply, Rights, Settle, Sink, Writer,
    wire::{FIRST, Header, Op, SELF, SPAWN_DURABLE, SPAWN_KEPT, SPAWN_LINKED},
};
use alloc::vec::Vec;
use core::marker::PhantomData;

/// One turn of one actor.
pub struct Context<'a, A: Actor> {
    sink: &'a mut dyn Sink,
    header: &'a Header,
    random: u64,
    /// The index of the next child.
    next: u32,
    bytes: Vec<u8>,
    refs: Vec<u32>,
    of: PhantomData<fn(A)>,
}

/// How a child is started beside its arguments.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpawnOptions<'a> {
    label: &'a str,
    flags: u64,
}

impl<'a> SpawnOptions<'a> {
    /// A name for people.
    #[must_use]
    pub const fn label(self, label: &'a str) -> Self {
        SpawnOptions { label, ..self }
    }

    #[must_use]
    pub const fn linked(self) -> Self {
        SpawnOptions { flags: self.flags | SPAWN_LINKED, ..self }
    }

    /// Its turns are written down, and it outlives its vat.
    #[must_use]
    pub const fn durable(self) -> Self {
        SpawnOptions { flags: self.flags | SPAWN_DURABLE, ..self }
    }

    /// Its identity outlives its lives: the next spawn under this label goes on with it.
    #[must_use]
    pub const fn kept(self, label: &'a str) -> Self {
        SpawnOptions { label, flags: self.flags | SPAWN_KEPT }
    }
}

/// A call without another wish waits so long.
const CALL_MS: u64 = 5_000;

impl<'a, A: Actor> Context<'a, A> {
    pub(crate) fn new(header: &'a Header, sink: &'a mut dyn Sink) -> Context<'a, A> {
        let next = FIRST + header.state_refs + header.message_refs;
        // Room for most of what is written: to grow costs more than to begin with it.
        let (bytes, refs) = (Vec::with_capacity(256), Vec::with_capacity(8));
        Context { sink, header, random: header.seed, next, bytes, refs, of: PhantomData }
    }

    /// This actor, with all rights.
    #[must_use]
    pub fn me(&self) -> Addr<A::Message> {
        Addr::of(SELF)
    }

    /// The turn's start on the clock of its vat, in milliseconds: constant within it.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.header.now_ms
    }

    /// Seeded per turn: the same turn draws the same numbers (splitmix64).
    pub fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Tells; nothing comes back.
    pub fn send<M: Message>(&mut self, to: Addr<M>, message: &M) {
        self.write(&[], message);
        self.post(Op::Send, to.index(), 0);
    }

    /// Asks, for at most 5 s: `ask` makes the question around the address for the answer, which comes as `Signal::Answer` with this
    /// mark.
    pub fn ask<M: Message, T: Message>(&mut self, to: Addr<M>, ask: impl FnOnce(Reply<T>) -> M, mark: u32) {
        self.ask_within(CALL_MS, to, ask, mark);
    }

    /// The same, within so many milliseconds.
    pub fn ask_within<M: Message, T: Message>(&mut self, ms: u64, to: Addr<M>, ask: impl FnOnce(Reply<T>) -> M, mark: u32) {
        self.write(&ms.to_le_bytes(), &ask(Reply::mine()));
        self.post(Op::Call, to.index(), mark);
    }

    /// Nobody waits any more: no answer will come.
    pub fn cancel_call(&mut self, mark: u32) {
        self.sink.emit(Op::CancelCall as u32, u64::from(mark), 0, &[]);
    }

    /// The call's one answer.
    pub fn reply<T: Message>(&mut self, to: Reply<T>, value: &T) {
        if let Some(index) = to.index() {
            self.write(&[], value);
            self.post(Op::Reply, index, 0);
        }
    }

    /// In place of an answer.
    pub fn refuse<T>(&mut self, to: Reply<T>, settle: &Settle) {
        if let Some(index) = to.index() {
            let mut bytes = Vec::new();
            settle.encode(&mut bytes);
            self.sink.emit(Op::Refuse as u32, u64::from(index), 0, &bytes);
        }
    }

    /// A new actor of this kind. What is sent to it arrives after its init.
    pub fn spawn<B: Actor>(&mut self, args: &B::Args) -> Addr<B::Message> {
        self.spawn_with::<B>(args, SpawnOptions::default())
    }

    pub fn spawn_with<B: Actor>(&mut self, args: &B::Args, options: SpawnOptions<'_>) -> Addr<B::Message> {
        self.spawn_named(B::NAME, args, options)
    }

    /// One whose code is known by name only.
    pub fn spawn_named<Args: Message, M>(&mut self, name: &str, args: &Args, options: SpawnOptions<'_>) -> Addr<M> {
        self.lay_out(&[], args);
        let mut payload = Vec::with_capacity(8 + self.refs.len() * 4 + name.len() + options.label.len() + self.bytes.len());
        payload.extend_from_slice(&(name.len() as u32).to_le_bytes());
        payload.extend_from_slice(&(options.label.len() as u32).to_le_bytes());
        self.refs.iter().for_each(|index| payload.extend_from_slice(&index.to_le_bytes()));
        payload.extend_from_slice(name.as_bytes());
        payload.extend_from_slice(options.label.as_bytes());
        payload.extend_from_slice(&self.bytes);
        self.sink.emit(Op::Spawn as u32, options.flags, self.refs.len() as u64, &payload);
        self.next += 1;
        Addr::of(self.next - 1)
    }

    /// One `Signal::Down` with this mark when the life of it that is now ends.
    pub fn watch<M>(&mut self, target: Addr<M>, mark: u32) {
        self.sink.emit(Op::Watch as u32, u64::from(target.index()), u64::from(mark), &[]);
    }

    /// One when the identity is gone; silent over restarts.
    pub fn watch_identity<M>(&mut self, target: Addr<M>, mark: u32) {
        self.sink.emit(Op::Watch as u32, u64::from(target.index()), u64::from(mark) | 1 << 32, &[]);
    }

    pub fn unwatch(&mut self, mark: u32) {
        self.sink.emit(Op::Unwatch as u32, u64::from(mark), 0, &[]);
    }

    pub fn link<M>(&mut self, to: Addr<M>) {
        self.sink.emit(Op::Link as u32, u64::from(to.index()), 0, &[]);
    }

    pub fn unlink<M>(&mut self, to: Addr<M>) {
        self.sink.emit(Op::Unlink as u32, u64::from(to.index()), 0, &[]);
    }

    /// Exit signals become `Signal::Exit`.
    pub fn trap_exits(&mut self, on: bool) {
        self.sink.emit(Op::TrapExits as u32, u64::from(on), 0, &[]);
    }

    /// An exit signal. Needs the control right.
    pub fn exit<M>(&mut self, to: Addr<M>, reason: &Reason) {
        self.with_reason(Op::Exit, to.index(), reason);
    }

    /// `Signal::Timer` under this key, in place of an older one. Keys are below 2^63.
    pub fn timer(&mut self, key: u64, after_ms: u64) {
        self.sink.emit(Op::Timer as u32, key, after_ms, &[]);
    }

    pub fn cancel_timer(&mut self, key: u64) {
        self.sink.emit(Op::CancelTimer as u32, key, 0, &[]);
    }

    /// `Signal::Alarm` under this key after so long by the time of day, in whatever life of this actor and of its vat. For durable
    /// actors; of others it is a fault.
    pub fn alarm(&mut self, key: u64, after_ms: u64) {
        self.sink.emit(Op::Alarm as u32, key, after_ms, &[]);
    }

    pub fn cancel_alarm(&mut self, key: u64) {
        self.sink.emit(Op::CancelAlarm as u32, key, 0, &[]);
    }

    /// Sets the message that came with this turn aside until the tag changes.
    pub fn defer(&mut self) {
        self.sink.emit(Op::Defer as u32, 0, 0, &[]);
    }

    /// A tag other than the committed one hands back what was deferred. Tags are below 2^31.
    pub fn become_tag(&mut self, tag: u32) {
        self.sink.emit(Op::Become as u32, u64::from(tag), 0, &[]);
    }

    /// Commits this turn, then ends the incarnation.
    pub fn stop(&mut self, reason: &Reason) {
        self.with_reason(Op::Stop, 0, reason);
    }

    /// A word for people.
    pub fn report(&mut self, kind: &str, text: &str) {
        self.with_kind(Op::Report, kind, text);
    }

    /// This actor with only these rights, to give away.
    #[must_use]
    pub fn me_with(&self, rights: Rights) -> Addr<A::Message> {
        self.me().lending(rights)
    }

    pub(crate) fn fail(&mut self, kind: &str, message: &str) {
        self.with_kind(Op::Fail, kind, message);
    }

    /// The state's bytes; its refs are said in an entry, if it has any or had any.
    pub(crate) fn keep(&mut self, state: &A) -> &[u8] {
        self.lay_out(&[], state);
        let same = self.refs.len() as u32 == self.header.state_refs && self.refs.iter().zip(FIRST..).all(|(index, at)| *index == at);
        if !same {
            let payload: Vec<u8> = self.refs.iter().flat_map(|index| index.to_le_bytes()).collect();
            self.sink.emit(Op::Keep as u32, 0, 0, &payload);
        }
        &self.bytes
    }

    fn lay_out<M: Message>(&mut self, before: &[u8], value: &M) {
        self.bytes.clear();
        self.refs.clear();
        self.bytes.extend_from_slice(before);
        value.put(&mut Writer::new(&mut self.bytes, &mut self.refs));
    }

    /// Bytes that go before, the value's refs behind them, and its own bytes.
    fn write<M: Message>(&mut self, before: &[u8], value: &M) {
        self.lay_out(before, value);
        if !self.refs.is_empty() {
            let indexes = self.refs.iter().flat_map(|index| index.to_le_bytes());
            self.bytes.splice(before.len()..before.len(), indexes);
        }
    }

    /// What was written, as one message.
    fn post(&mut self, op: Op, to: u32, mark: u32) {
        self.sink.emit(op as u32, u64::from(to), self.refs.len() as u64 | u64::from(mark) << 32, &self.bytes);
    }

    fn with_reason(&mut self, op: Op, a: u32, reason: &Reason) {
        let mut bytes = Vec::new();
        reason.encode(&mut bytes);
        self.sink.emit(op as u32, u64::from(a), 0, &bytes);
    }

    fn with_kind(&mut self, op: Op, kind: &str, text: &str) {
        let mut bytes = Vec::with_capacity(kind.len() + text.len());
        bytes.extend_from_slice(kind.as_bytes());
        bytes.extend_from_slice(text.as_bytes());
        self.sink.emit(op as u32, kind.len() as u64, 0, &bytes);
    }
}
