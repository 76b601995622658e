//! One turn of an actor: bytes in, entries and bytes out. The same on both sides of the fence.
use crate::{
    Actor, Answer, Context, Crash, Message, Old, Reader, Reason, Settle, Signal,
    wire::{CALL, FAILED, FIRST, Header, Kind, REPLY},
};
use alloc::string::String;

/// Takes what a turn asks for, in order: an operation's number, its two numbers, its payload.
pub trait Sink {
    fn emit(&mut self, op: u32, a: u64, b: u64, payload: &[u8]);
}

/// The state's bytes before and the message with its header become the state's bytes after, which `store` gets; false: there is no
/// room for them. Returns whether the turn ended well; if not, the last entry says why.
pub fn turn<A: Actor>(state: &[u8], message: &[u8], sink: &mut dyn Sink, mut store: impl FnMut(&[u8]) -> bool) -> bool {
    let Some((header, body)) = Header::split(message) else {
        sink.emit(crate::wire::Op::Fail as u32, 4, 0, b"hostno header");
        return false;
    };
    let mut cx = Context::<A>::new(&header, sink);
    match handle::<A>(&header, state, body, &mut cx) {
        Ok(Some(after)) if store(cx.keep(&after)) => true,
        Ok(None) => store(state),
        Ok(Some(_)) => {
            cx.fail("state", "the state has outgrown its buffer");
            false
        }
        Err(crash) => {
            cx.fail(&crash.kind, &crash.message);
            false
        }
    }
}

/// None: the state is as it was.
fn handle<A: Actor>(header: &Header, state: &[u8], body: &[u8], cx: &mut Context<'_, A>) -> Result<Option<A>, Crash> {
    let first = FIRST + header.state_refs;
    let reader = |reply| Reader::new(body, first, header.message_refs, reply);
    match header.kind {
        Kind::Init => {
            let args = reader(None).read().ok_or_else(|| Crash::new("bad_args", "not the arguments of this actor"))?;
            return A::init(args, cx).map(Some);
        }
        Kind::Migrate => {
            let old = old(header, state, body).ok_or_else(|| Crash::new("host", "no word of the old code"))?;
            return A::migrate(old, cx).map(Some);
        }
        Kind::Message | Kind::Reply | Kind::Down | Kind::Exit | Kind::Timer | Kind::Alarm | Kind::Recovered | Kind::Terminate => {}
    }
    let before = Reader::new(state, FIRST, header.state_refs, None).read::<A>();
    let mut actor = before.ok_or_else(|| Crash::new("decode", "its state is no state of this actor"))?;
    let reason = || Reason::decode(&mut &*body).ok_or_else(|| Crash::new("host", "no reason"));
    let signal = match header.kind {
        Kind::Message => {
            let reply = (header.flags & CALL != 0).then_some(REPLY);
            // Somebody else's mistake: it must not end this actor.
            let Some(message) = reader(reply).read() else {
                cx.report("malformed", "a message could not be read");
                return Ok(None);
            };
            actor.handle(message, cx)?;
            return Ok(Some(actor));
        }
        Kind::Recovered => {
            actor.recovered(cx)?;
            return Ok(Some(actor));
        }
        Kind::Terminate => {
            actor.terminate(&reason()?, cx);
            return Ok(Some(actor));
        }
        Kind::Reply if header.flags & FAILED != 0 => {
            let settle = Settle::decode(&mut &*body).ok_or_else(|| Crash::new("host", "no settlement"))?;
            Signal::Answer { mark: header.mark, result: Err(settle) }
        }
        Kind::Reply => Signal::Answer { mark: header.mark, result: Ok(Answer { body, first, refs: header.message_refs }) },
        Kind::Down => Signal::Down { mark: header.mark, reason: reason()? },
        Kind::Exit => Signal::Exit { reason: reason()? },
        Kind::Timer => Signal::Timer { key: header.key },
        Kind::Alarm => {
            let (due_ms, missed) = reader(None).read().ok_or_else(|| Crash::new("host", "no time"))?;
            Signal::Alarm { key: header.key, due_ms, missed }
        }
        Kind::Init | Kind::Migrate => unreachable!("done above"),
    };
    actor.signal(signal, cx)?;
    Ok(Some(actor))
}

fn old<'a>(header: &Header, state: &'a [u8], body: &'a [u8]) -> Option<Old<'a>> {
    let mut reader = Reader::new(body, 0, 0, None);
    let (version, name): (u32, String) = Message::get(&mut reader)?;
    let extra = &body[8 + name.len()..];
    Some(Old { name, version, extra, state, refs: header.state_refs })
}
