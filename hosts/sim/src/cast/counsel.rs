//! Whom supervisors ask about faults: it decides well, or misbehaves as the world pleases.
use peerd_otp::supervisor::{Question, Rung};
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// How the next questions are answered. Shared by a world and its counsel.
#[derive(Clone, Default)]
pub struct Sway(Arc<AtomicU64>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// One rung or another of those that are allowed.
    Good,
    /// No rung at all.
    Nonsense,
    /// Longer than any supervisor waits.
    Late,
    Never,
    /// Each of these whatever is asked, and whether it is allowed or not.
    Resume,
    Restart,
    Replace,
    Stop,
    Park,
    Escalate,
    /// One thing, and then another.
    Twice,
    /// It fails over the question.
    Crash,
}

impl Advice {
    /// All but the good one.
    pub const BAD: [Advice; 11] = [
        Advice::Nonsense,
        Advice::Late,
        Advice::Never,
        Advice::Resume,
        Advice::Restart,
        Advice::Replace,
        Advice::Stop,
        Advice::Park,
        Advice::Escalate,
        Advice::Twice,
        Advice::Crash,
    ];
}

impl Sway {
    /// 0: as it should be.
    pub fn turn_to(&self, bad: u64) {
        self.0.store(bad, Relaxed);
    }

    /// Whoever fails is started again, until somebody decides otherwise.
    pub fn heal(&self) {
        self.turn_to(1 + Advice::BAD.iter().position(|bad| *bad == Advice::Restart).unwrap_or(0) as u64);
    }

    fn advice(&self) -> Advice {
        match self.0.load(Relaxed) {
            0 => Advice::Good,
            bad => Advice::BAD[((bad - 1) % Advice::BAD.len() as u64) as usize],
        }
    }
}

pub struct Counsel {
    pub sway: Sway,
}

/// Answers that are put off.
#[derive(Default, Serialize, Deserialize)]
struct Desk {
    late: Vec<(Ref, Vec<u8>)>,
    never: Vec<Ref>,
}

/// Longer than a deadline that a script draws.
const LATE_MS: u64 = 5_000;
const LATER: u64 = 1;

impl Counsel {
    pub const NAME: &'static str = "counsel";

    fn asked(&self, desk: &mut Desk, question: &Question, reply: Ref, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let told = |rung: Rung| about(question, rung.encode());
        let rung = match self.sway.advice() {
            Advice::Good => good(question, cx.random()),
            Advice::Nonsense => {
                cx.reply(reply, &about(question, vec![0xFF]), &[]);
                return Ok(());
            }
            Advice::Late => {
                desk.late.push((reply, told(Rung::Escalate)));
                cx.timer(LATER, LATE_MS);
                return Ok(());
            }
            Advice::Never => {
                desk.never.push(reply);
                return Ok(());
            }
            Advice::Twice => {
                cx.reply(reply, &told(Rung::Restart), &[]);
                Rung::Escalate
            }
            Advice::Crash => return Err(Crash::new("perplexed", "perplexed")),
            Advice::Resume => Rung::Resume,
            Advice::Restart => Rung::Restart,
            Advice::Replace => Rung::Replace,
            Advice::Stop => Rung::Stop,
            Advice::Park => Rung::Park,
            Advice::Escalate => Rung::Escalate,
        };
        cx.reply(reply, &told(rung), &[]);
        Ok(())
    }
}

fn good(question: &Question, random: u64) -> Rung {
    match random % 4 {
        0 if question.fault.is_held => Rung::Resume,
        1 => Rung::Park,
        _ => Rung::Restart,
    }
}

/// Why the child's id behind the answer: no fact says which question is answered. Whoever decodes a rung reads no further.
fn about(question: &Question, mut answer: Vec<u8>) -> Vec<u8> {
    answer.extend_from_slice(question.fault.child.as_bytes());
    answer
}

impl Behaviour for Counsel {
    fn name(&self) -> &'static str {
        Counsel::NAME
    }

    fn init(&mut self, _args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        keep(&Desk::default(), cx);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut desk: Desk = postcard::from_bytes(cx.state()).map_err(|error| Crash::new("decode", error.to_string()))?;
        match event {
            Event::User { body, reply: Some(reply), .. } => {
                if let Some(question) = Question::decode(body) {
                    self.asked(&mut desk, &question, reply, cx)?;
                }
            }
            Event::Timer { key: LATER } => desk.late.drain(..).for_each(|(reply, answer)| cx.reply(reply, &answer, &[])),
            _ => {}
        }
        keep(&desk, cx);
        Ok(())
    }
}

fn keep(desk: &Desk, cx: &mut Cx<'_>) {
    cx.become_state(&postcard::to_allocvec(desk).expect("a plain value always encodes"));
}
