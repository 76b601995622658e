//! What an actor can do in a turn. Everything is buffered and happens when the turn commits, in order, or not at all.
use super::shell::{Ask, Own};
use crate::{Actor, Addr, Message, Reader, Reply, supervise::Supervisor};
use alloc::{boxed::Box, string::String, sync::Arc};
use core::marker::PhantomData;
use peerd_vat::{Answer, CALL_MS, Crash, Cx, Every, Paper, Reason, Ref, Rights, Settle, SpawnOptions, Time, Wall, WatchId};

/// One turn of one actor.
pub struct Context<'a, 'k, A: Actor> {
    pub(crate) cx: &'a mut Cx<'k>,
    pub(super) own: &'a mut Own<A>,
    pub(crate) paper: &'a mut Paper,
    pub(super) of: PhantomData<A>,
}

impl<'k, A: Actor> Context<'_, 'k, A> {
    /// This actor, with all rights.
    #[must_use]
    #[inline]
    pub fn me(&self) -> Addr<A::Message> {
        Addr::from_ref(self.cx.me())
    }

    /// The turn's start, constant within it.
    #[must_use]
    pub fn now(&self) -> Time {
        self.cx.now()
    }

    /// Seeded per turn: the same turn draws the same numbers.
    pub fn random(&mut self) -> u64 {
        self.cx.random()
    }

    /// Tells; nothing comes back. It lands, or becomes a dead letter.
    #[inline]
    pub fn send<M: Message>(&mut self, to: Addr<M>, message: &M) {
        self.cx.send_written(to.as_ref(), |writer| message.put(writer));
    }

    /// Asks, for at most 5 s: `ask` makes the question around the address for the answer, `then` makes a message for this actor
    /// of what came. That message comes exactly once. `Timeout` means that nobody knows whether it was done.
    ///
    /// ```ignore
    /// cx.ask(counter, Count::Get, Mine::Total);
    /// ```
    pub fn ask<M: Message, T: Message + 'static>(
        &mut self,
        to: Addr<M>,
        ask: impl FnOnce(Reply<T>) -> M,
        then: impl FnOnce(Result<T, Settle>) -> A::Message + Send + 'static,
    ) {
        self.ask_within(CALL_MS, to, ask, then);
    }

    /// The same, within so many milliseconds.
    pub fn ask_within<M: Message, T: Message + 'static>(
        &mut self,
        ms: u64,
        to: Addr<M>,
        ask: impl FnOnce(Reply<T>) -> M,
        then: impl FnOnce(Result<T, Settle>) -> A::Message + Send + 'static,
    ) {
        self.paper.write(|writer| ask(Reply::mine()).put(writer));
        self.call(ms, to.as_ref(), move |result| {
            then(result.and_then(|answer| Reader::new(answer.body, answer.refs, None).read().ok_or(Settle::Noreply)))
        });
    }

    /// What is on the paper, as a call.
    pub(crate) fn call(&mut self, ms: u64, to: Ref, then: impl FnOnce(Result<Answer<'_>, Settle>) -> A::Message + Send + 'static) {
        let call = self.cx.call(to, self.paper.body(), self.paper.refs(), ms);
        let then =
            Box::new(move |result: Result<Answer<'_>, Settle>, actor: &mut A, cx: &mut Context<'_, '_, A>| actor.handle(then(result), cx));
        self.own.desk().asks.push(Ask { call, by: None, then });
    }

    pub(crate) fn write(&mut self, bytes: &[u8], refs: &[Ref]) {
        self.paper.write(|writer| {
            writer.bytes(bytes);
            refs.iter().for_each(|item| writer.reference(*item));
        });
    }

    /// The call's one answer.
    pub fn reply<T: Message>(&mut self, to: Reply<T>, value: &T) {
        if let Some(address) = to.address() {
            self.paper.write(|writer| value.put(writer));
            self.cx.reply(address, self.paper.body(), self.paper.refs());
        }
    }

    /// A new actor. What is sent to it arrives after its init.
    pub fn spawn<B: Actor>(&mut self, args: &B::Args) -> Addr<B::Message> {
        Addr::from_ref(self.cx.spawn_written(B::NAME, |writer| args.put(writer)))
    }

    /// The same, linked, monitored, labelled or whatever else the options can say.
    pub fn spawn_with<'o, B: Actor>(
        &mut self,
        args: &B::Args,
        options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>,
    ) -> Addr<B::Message> {
        self.paper.write(|writer| args.put(writer));
        let options = options(SpawnOptions::new(B::NAME, &[]));
        Addr::from_ref(self.cx.spawn(options.args(self.paper.body()).refs(self.paper.refs())))
    }

    /// A supervisor with its children, linked to this actor.
    pub fn supervise(&mut self, label: &str, supervisor: &Supervisor) -> crate::Supervised {
        crate::Supervised(peerd_otp::supervisor::spawn(self.cx, label, &supervisor.spec, &supervisor.refs))
    }

    /// One `Signal::Down` when it ends.
    pub fn watch<M>(&mut self, target: Addr<M>) -> WatchId {
        self.cx.watch(target.as_ref())
    }

    pub fn unwatch(&mut self, watch: WatchId) {
        self.cx.unwatch(watch);
    }

    pub fn link<M>(&mut self, to: Addr<M>) {
        self.cx.link(to.as_ref());
    }

    pub fn unlink<M>(&mut self, to: Addr<M>) {
        self.cx.unlink(to.as_ref());
    }

    /// Exit signals become `Signal::Exit`.
    pub fn trap_exits(&mut self, on: bool) {
        self.cx.trap_exits(on);
    }

    /// An exit signal. Needs the control right.
    pub fn exit<M>(&mut self, to: Addr<M>, reason: Reason) {
        self.cx.exit(to.as_ref(), reason);
    }

    /// `Signal::Timer` under this key, in place of an older one. Keys below 2^62 - 1 are the actor's own.
    pub fn timer(&mut self, key: u64, after_ms: u64) {
        self.cx.timer(key, after_ms);
    }

    /// What was left of it in milliseconds; none if it fired or was not set.
    pub fn cancel_timer(&mut self, key: u64) -> Option<u64> {
        self.own.take_later(key);
        self.cx.cancel_timer(key)
    }

    /// The time of day when this turn began, as the host knows it. It may go back; `now` does not.
    #[must_use]
    pub fn wall(&self) -> Wall {
        self.cx.wall()
    }

    /// `Signal::Alarm` at this time of day, in place of an older one of this key: in whatever life of this actor and of its vat, once.
    /// A turn that fails on it is tried again later. For durable actors; of others it is a fault.
    pub fn alarm(&mut self, key: u64, at: Wall) {
        self.cx.alarm(key, at);
    }

    /// The same, first at this time of day and then once in every period, however late each was handled.
    pub fn alarm_every(&mut self, key: u64, first: Wall, every: Every) {
        self.cx.alarm_every(key, first, every);
    }

    /// What was left of it in milliseconds; none if it rang or was not set.
    pub fn cancel_alarm(&mut self, key: u64) -> Option<u64> {
        self.cx.cancel_alarm(key)
    }

    /// When it is due. The one that this turn handles reads as unset.
    #[must_use]
    pub fn alarm_at(&self, key: u64) -> Option<Wall> {
        self.cx.alarm_at(key)
    }

    /// This message to this actor, later. The key cancels it.
    pub fn send_after(&mut self, ms: u64, message: A::Message) -> u64 {
        let key = self.own.desk().keep_for_later(message);
        self.cx.timer(key, ms);
        key
    }

    /// Sets the message that came with this turn aside until the tag changes: state machines and selective receive.
    pub fn defer(&mut self) {
        self.cx.defer();
    }

    /// A tag other than the committed one hands back what was deferred.
    pub fn become_tag(&mut self, tag: u32) {
        self.cx.become_tag(tag);
    }

    /// Commits this turn, then ends the incarnation.
    pub fn stop(&mut self, reason: Reason) {
        self.cx.stop(reason);
    }

    /// A word for people.
    pub fn report(&mut self, kind: &'static str, text: impl Into<String>) {
        self.cx.report(kind, text.into());
    }

    #[must_use]
    pub fn is_parent(&self, who: Ref) -> bool {
        self.cx.parent().is_some_and(|parent| parent.actor_id() == who.actor_id())
    }

    /// The kernel's own turn, for what this type has no word for.
    pub fn kernel(&mut self) -> &mut Cx<'k> {
        self.cx
    }

    /// This actor with only these rights, to give away.
    #[must_use]
    pub fn me_with(&self, rights: Rights) -> Addr<A::Message> {
        Addr::from_ref(self.cx.me().attenuated(rights)).lending(rights)
    }
}

/// A crash with a message, for `?` and `return`.
///
/// ```
/// assert_eq!(&*peerd::crash("bad_order", "no such tea").kind, "bad_order");
/// ```
#[must_use]
pub fn crash(kind: &str, message: impl Into<Arc<str>>) -> Crash {
    Crash::new(kind, message)
}
