//! One call: an actor that runs its handler a turn at a time, and tells its object what came of it.
use super::{
    ANSWER_MAX, Access, Outcome, Refused,
    hand::{Badge, Hand, Own, Said},
};
use crate::{
    Server,
    message::{decode, encode},
};
use alloc::{format, string::String, vec::Vec};
use peerd_vat::{Crash, Cx, Event, Reason, Ref, Settle};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What is kept under a key, and the code that changes it: one exclusive call at a time.
///
/// A turn that returns `Err` never happened, and is tried again later. To give up for good is `Step::Failed`.
pub trait Handler: Serialize + DeserializeOwned + Default + Send + Sync + 'static {
    /// Unique among the behaviours of its vat.
    const NAME: &'static str;
    /// Raised when the meaning of what is kept changes, or of `Run`.
    const VERSION: u32 = 1;
    /// What a call of more than one turn has between them.
    type Run: Serialize + DeserializeOwned + Send + Sync;

    /// Whether this only reads.
    fn access(request: &[u8], refs: &[Ref]) -> Access;

    /// The first turn of a call. A shared one that changes anything fails.
    fn begin(&mut self, request: &[u8], refs: &[Ref], hand: &mut Hand<'_, '_>) -> Result<Step<Self::Run>, Crash>;

    /// What it waited for has come. A shared call sees what was kept when it began.
    fn heard(&mut self, run: Self::Run, heard: Heard<'_>, hand: &mut Hand<'_, '_>) -> Result<Step<Self::Run>, Crash> {
        let _ = (run, heard, hand);
        Err(Crash::new("heard", format!("{} waits, and does not say what for", Self::NAME)))
    }

    /// It is cancelled, and all that it had called has ended. It may clean up, in as many turns as it likes. What fails here ends as
    /// `Outcome::Cancelled`, what is done after all as `Outcome::Done`.
    fn cancelled(&mut self, run: Self::Run, hand: &mut Hand<'_, '_>) -> Result<Step<Self::Run>, Crash> {
        let _ = (run, hand);
        Ok(Step::Failed("cancelled".into()))
    }

    /// What another version kept.
    fn migrate(kept: &[u8], from: u32) -> Result<Self, Crash> {
        let _ = kept;
        Err(Crash::new("no_migration", format!("{} version {} knows no version {from}", Self::NAME, Self::VERSION)))
    }
}

/// What a turn of a handler leaves to be done.
pub enum Step<R> {
    /// The answer; what this call had asked and not heard of is not waited for.
    Done(Vec<u8>),
    Failed(String),
    /// For what this or an earlier turn has asked. With nothing asked it is a fault.
    Wait(R),
}

#[derive(Debug)]
pub struct Heard<'a> {
    /// Of the question.
    pub token: u32,
    pub told: Told,
    /// Those of an answer.
    pub refs: &'a [Ref],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    Time,
    Ended(Outcome),
    Refused(Refused),
    Answer(Vec<u8>),
    /// Nobody knows whether it was done.
    Failed(Settle),
}

/// What is kept, as its handler's version wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    version: u32,
    bytes: Vec<u8>,
}

/// What an object tells a run.
#[derive(Serialize, Deserialize)]
pub enum Cue {
    /// None is kept before somebody changed it. The refs are the caller's.
    Begin {
        kept: Option<Kept>,
        request: Vec<u8>,
    },
    Heard {
        token: u32,
        told: Told,
    },
    Cancelled,
}

/// The arguments of a run; its refs are its object, the front, and those that all handlers have.
#[derive(Serialize, Deserialize)]
pub struct Args {
    pub badge: Badge,
    pub key: String,
    pub access: Access,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Run<H: Handler> {
    kept: H,
    /// None: it has not begun, or is over.
    run: Option<H::Run>,
    own: Own,
}

impl<H: Handler> Server for Run<H> {
    const NAME: &'static str = H::NAME;
    const VERSION: u32 = H::VERSION;
    type State = Run<H>;

    fn init(args: &[u8], refs: &[Ref], _: &mut Cx<'_>) -> Result<Run<H>, Crash> {
        let bad = || Crash::new("bad_args", "a run is begun by its object");
        let Args { badge, key, access } = decode(args).ok_or_else(bad)?;
        let [object, front, refs @ ..] = refs else { return Err(bad()) };
        let own = Own { badge, object: *object, front: *front, refs: refs.into(), key, access, cleans: false, asked: 0, open: 0 };
        Ok(Run { kept: H::default(), run: None, own })
    }

    fn handle(run: &mut Run<H>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, refs, reply: None } = event else { return Ok(()) };
        match decode(body) {
            Some(Cue::Begin { kept, request }) => {
                run.kept = kept.map_or_else(|| Ok(H::default()), read)?;
                let is_kind = H::access(&request, refs) == run.own.access;
                run.turn(cx, |kept, hand| {
                    if is_kind { kept.begin(&request, refs, hand) } else { Ok(Step::Failed("it was ordered as another kind".into())) }
                })
            }
            Some(Cue::Heard { token, told }) => {
                let Some(before) = run.run.take() else { return Ok(()) };
                run.own.open -= 1;
                run.turn(cx, |kept, hand| kept.heard(before, Heard { token, told, refs }, hand))
            }
            Some(Cue::Cancelled) => {
                let Some(before) = run.run.take() else { return Ok(()) };
                (run.own.cleans, run.own.open) = (true, 0);
                run.turn(cx, |kept, hand| kept.cancelled(before, hand))
            }
            None => Ok(()),
        }
    }
}

impl<H: Handler> Run<H> {
    fn turn(
        &mut self,
        cx: &mut Cx<'_>,
        handler: impl FnOnce(&mut H, &mut Hand<'_, '_>) -> Result<Step<H::Run>, Crash>,
    ) -> Result<(), Crash> {
        let before = encode(&self.kept);
        let mut hand = Hand { cx, own: &mut self.own };
        let mut step = handler(&mut self.kept, &mut hand)?;
        let after = encode(&self.kept);
        if before != after {
            match hand.own.access {
                Access::Exclusive => hand.say(Said::Changed(Kept { version: H::VERSION, bytes: after }), &[]),
                Access::Shared => step = Step::Failed("a shared call wrote".into()),
            }
        }
        let ended = match step {
            Step::Wait(_) if hand.own.open == 0 => return Err(Crash::new("wait", "it waits for nothing")),
            Step::Wait(run) => {
                self.run = Some(run);
                return Ok(());
            }
            Step::Done(answer) if answer.len() > ANSWER_MAX => Err(format!("an answer of {} bytes", answer.len())),
            Step::Done(answer) => Ok(answer),
            Step::Failed(why) => Err(why),
        };
        hand.say(Said::Ended(ended), &[]);
        cx.stop(Reason::Normal);
        Ok(())
    }
}

fn read<H: Handler>(kept: Kept) -> Result<H, Crash> {
    if kept.version != H::VERSION {
        return H::migrate(&kept.bytes, kept.version);
    }
    decode(&kept.bytes).ok_or_else(|| Crash::new("decode", format!("what is kept is no {}", H::NAME)))
}
