//! The behaviour behind an `Actor`: all its living values on one shelf, and what each waits for.
use super::{Actor, Context, Signal, objects::Objects};
use crate::{Reader, schema};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::marker::PhantomData;
use peerd_caps::Letter;
use peerd_vat::{Answer, Behaviour, CallId, Crash, Cx, Event, Paper, Reason, Ref, Settle, Shelf, StateId, append};

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<A: Actor>() -> Box<dyn Behaviour> {
    Box::new(Shell::<A> { lives: Shelf::default(), paper: Paper::default() })
}

struct Shell<A: Actor> {
    lives: Shelf<Life<A>>,
    /// Used by all turns of this kind of actor.
    paper: Paper,
}

/// One actor.
struct Life<A: Actor> {
    actor: A,
    own: Own<A>,
}

/// What it waits for. Nothing, for most.
pub(super) struct Own<A: Actor>(pub Option<Box<Desk<A>>>);

pub(super) struct Desk<A: Actor> {
    pub asks: Vec<Ask<A>>,
    later: Vec<(u64, A::Message)>,
    next_key: u64,
    pub objects: Objects,
}

pub(super) struct Ask<A: Actor> {
    pub call: CallId,
    /// The object that waits for it, if not the actor itself does.
    pub by: Option<u32>,
    pub then: Then<A>,
}

type Then<A> = Box<dyn FnOnce(Result<Answer<'_>, Settle>, &mut A, &mut Context<'_, '_, A>) -> Result<(), Crash> + Send>;

/// Messages sent to oneself with a delay: the keys of their timers begin here.
const LATER: u64 = 1 << 62;

impl<A: Actor> Own<A> {
    pub fn desk(&mut self) -> &mut Desk<A> {
        self.0.get_or_insert_with(|| Box::new(Desk { asks: Vec::new(), later: Vec::new(), next_key: LATER, objects: Objects::default() }))
    }

    pub fn objects(&self) -> Option<&Objects> {
        self.0.as_ref().map(|desk| &desk.objects)
    }

    fn take_ask(&mut self, call: CallId) -> Option<Then<A>> {
        let asks = &mut self.0.as_mut()?.asks;
        let at = asks.iter().position(|ask| ask.call == call)?;
        Some(asks.swap_remove(at).then)
    }

    pub fn take_later(&mut self, key: u64) -> Option<A::Message> {
        let later = &mut self.0.as_mut()?.later;
        let at = later.iter().position(|(known, _)| *known == key)?;
        Some(later.swap_remove(at).1)
    }
}

impl<A: Actor> Desk<A> {
    pub fn keep_for_later(&mut self, message: A::Message) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        self.later.push((key, message));
        key
    }
}

impl<A: Actor> Shell<A> {
    /// Read and handled in one place, so that the compiler keeps a message in registers and never lays it out in memory.
    #[inline(always)]
    fn take(&mut self, body: &[u8], refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Life { actor, own } = self.lives.get_mut(id(cx));
        let mut cx = Context { cx, own, paper: &mut self.paper, of: PhantomData };
        if A::OBJECTS.is_empty() {
            return handle(actor, body, refs, reply, &mut cx);
        }
        cx.open_objects(actor)?;
        match cx.kernel().addressed() {
            Some(number) => cx.handle_for(number, Letter { body, refs, reply })?,
            None => handle(actor, body, refs, reply, &mut cx)?,
        }
        cx.keep_objects()
    }

    /// Of its own making, or the kernel's word.
    fn other(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Life { actor, own } = self.lives.get_mut(id(cx));
        let mut cx = Context { cx, own, paper: &mut self.paper, of: PhantomData };
        cx.open_objects(actor)?;
        occur(actor, event, &mut cx)?;
        cx.keep_objects()
    }
}

/// Read and handled in one place, as `take` says.
#[inline(always)]
fn handle<A: Actor>(actor: &mut A, body: &[u8], refs: &[Ref], reply: Option<Ref>, cx: &mut Context<'_, '_, A>) -> Result<(), Crash> {
    match Reader::new(body, refs, reply).read::<A::Message>() {
        Some(message) => actor.handle(message, cx),
        // Somebody else's mistake: it must not end this actor.
        None => {
            cx.report("malformed", format!("a message to {} could not be read", A::NAME));
            Ok(())
        }
    }
}

fn occur<A: Actor>(actor: &mut A, event: Event<'_>, cx: &mut Context<'_, '_, A>) -> Result<(), Crash> {
    let signal = match event {
        Event::Down { watch, target, reason, .. } => Signal::Down { watch, target, reason },
        Event::Exit { from, reason } => Signal::Exit { from, reason },
        Event::Timer { key } if key < LATER => Signal::Timer { key },
        Event::Alarm { key, due, missed } => Signal::Alarm { key, due, missed },
        Event::Reply { call, result } => return cx.own.take_ask(call).map_or(Ok(()), |then| then(result, actor, cx)),
        Event::Timer { key } => return cx.own.take_later(key).map_or(Ok(()), |message| actor.handle(message, cx)),
        Event::User { .. } => unreachable!("the caller has looked"),
    };
    actor.signal(signal, cx)
}

impl<A: Actor> Behaviour for Shell<A> {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn version(&self) -> u32 {
        A::VERSION
    }

    fn schema(&self) -> String {
        A::OBJECTS.iter().fold(schema::<A>(), |schema, kind| schema + &kind.schema())
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        // A deferred init comes back when the actor says that it is ready.
        if cx.has_state() {
            return Ok(());
        }
        let args = Reader::new(args, cx.refs(), None).read().ok_or_else(|| Crash::new("bad_args", "not the arguments of this actor"))?;
        let mut own = Own(None);
        let mut context = Context { cx, own: &mut own, paper: &mut self.paper, of: PhantomData };
        let actor = A::init(args, &mut context)?;
        context.keep_objects()?;
        cx.keep_at(self.lives.put(Life { actor, own }));
        Ok(())
    }

    #[inline]
    fn message(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.take(body, &[], None, cx)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, reply } => self.take(body, refs, reply, cx),
            event => self.other(event, cx),
        }
    }

    fn recovered(&mut self, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Life { actor, own } = self.lives.get_mut(id(cx));
        let mut cx = Context { cx, own, paper: &mut self.paper, of: PhantomData };
        cx.open_objects(actor)?;
        actor.recovered(&mut cx)?;
        cx.keep_objects()
    }

    fn minds_recovery(&self) -> bool {
        A::MINDS_RECOVERY
    }

    fn terminate(&mut self, reason: &Reason, cx: &mut Cx<'_>) {
        let Life { actor, own } = self.lives.get_mut(id(cx));
        actor.terminate(reason, &mut Context { cx, own, paper: &mut self.paper, of: PhantomData });
    }

    fn encode(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        append(&self.lives.get(id).actor, to)
    }

    /// And what its objects have.
    fn encode_held(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        self.encode(id, to)?;
        self.lives.get(id).own.objects().map_or(Ok(()), |objects| append(&objects.counted(), to))
    }

    /// Not while it remembers what to do with an answer, or keeps a message for later.
    fn can_rest(&self, id: StateId) -> bool {
        self.lives.get(id).own.0.as_ref().is_none_or(|desk| desk.asks.is_empty() && desk.later.is_empty())
    }

    fn decode(&mut self, state: &[u8]) -> Result<Option<StateId>, Crash> {
        let actor = postcard::from_bytes(state).map_err(|error| Crash::new("decode", format!("state of {}: {error}", A::NAME)))?;
        Ok(Some(self.lives.put(Life { actor, own: Own(None) })))
    }

    fn forget(&mut self, id: StateId) {
        self.lives.take(id);
    }
}

#[inline]
fn id(cx: &Cx<'_>) -> StateId {
    cx.state_id().expect("init committed a state")
}
