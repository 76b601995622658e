//! The native actor around each vat's guests; the one of the first vat leads.
//!
//! ```text
//! host ─ Start ─▶ lead ─ Build ─▶ each part spawns its guests ─ Built ─▶ lead ─ Wire ─▶ each ties its last to a first ─ Wired ─▶ lead ─ Ready ─▶ host
//! host ─ Begin ─▶ lead ─ tokens ─▶ guests, from one to the next ─ Home ─▶ lead ─ Home, when all are ─▶ host
//! ```
use peerd::prelude::*;

/// What a guest hears, word for word as its own code has it.
#[derive(Message)]
pub enum Step {
    Token(u64),
    Next(Addr<Step>),
}

/// What a part hears. A guest knows the first two, and says the second.
#[derive(Message)]
pub enum Play {
    Begin {
        tokens: u64,
        hops: u64,
    },
    Home,
    /// The host's: all parts are there, and joined. Once more when one is another.
    Start,
    Build {
        lead: Addr<Play>,
        part: u32,
        guests: u32,
    },
    Built {
        part: u32,
        first: Addr<Step>,
    },
    Wire {
        next: Addr<Step>,
    },
    Wired,
    Ready,
}

/// How the guests of all vats are laid out.
#[derive(Clone, Copy, Message)]
pub struct Plan {
    /// Of each part.
    pub guests: u32,
    /// Each part is a ring by itself.
    pub is_apart: bool,
}

/// A member of a ring. Each shard has its guest in this one's place: what it does is there, and this is the name and the arguments.
#[derive(Serialize, Deserialize)]
struct Hop;

impl Actor for Hop {
    const NAME: &'static str = super::HOP;
    type Args = (Addr<Play>, Option<Addr<Step>>);
    type Message = Step;

    fn init(_: Self::Args, _: &mut Context<'_, '_, Hop>) -> Result<Hop, Crash> {
        Err(Crash::new("no_guest", "this vat has no guest in its place"))
    }

    fn handle(&mut self, _: Step, _: &mut Context<'_, '_, Hop>) -> Result<(), Crash> {
        Ok(())
    }
}

#[derive(Default, Serialize, Deserialize)]
pub struct Part {
    lead: Option<Addr<Play>>,
    last: Option<Addr<Step>>,
    /// Of who leads.
    leading: Option<Leading>,
}

#[derive(Serialize, Deserialize)]
struct Leading {
    guests: u32,
    is_apart: bool,
    door: Addr<Play>,
    parts: Vec<Addr<Play>>,
    firsts: Vec<Option<Addr<Step>>>,
    wired: u64,
    /// Tokens that are not home.
    out: u64,
}

impl Actor for Part {
    const NAME: &'static str = "part";
    /// The one that leads has a plan, the door, and all other parts.
    type Args = Option<(Plan, Addr<Play>, Vec<Addr<Play>>)>;
    type Message = Play;

    fn init(args: Self::Args, cx: &mut Context<'_, '_, Part>) -> Result<Part, Crash> {
        let Some((Plan { guests, is_apart }, door, others)) = args else { return Ok(Part::default()) };
        let parts: Vec<Addr<Play>> = core::iter::once(cx.me()).chain(others).collect();
        let firsts = vec![None; parts.len()];
        Ok(Part { leading: Some(Leading { guests, is_apart, door, parts, firsts, wired: 0, out: 0 }), ..Part::default() })
    }

    fn handle(&mut self, play: Play, cx: &mut Context<'_, '_, Part>) -> Result<(), Crash> {
        match (play, &mut self.leading) {
            (Play::Build { lead, part, guests }, _) => {
                let last = cx.spawn::<Hop>(&(lead, None));
                let first = (1..guests).fold(last, |next, _| cx.spawn::<Hop>(&(lead, Some(next))));
                (self.lead, self.last) = (Some(lead), Some(last));
                cx.send(lead, &Play::Built { part, first });
            }
            (Play::Wire { next }, _) => {
                if let (Some(last), Some(lead)) = (self.last, self.lead) {
                    cx.send(last, &Step::Next(next));
                    cx.send(lead, &Play::Wired);
                }
            }
            (play, Some(leading)) => leading.handle(play, cx),
            (_, None) => return Err(Crash::new("message", "this part does not lead")),
        }
        Ok(())
    }
}

impl Leading {
    fn handle(&mut self, play: Play, cx: &mut Context<'_, '_, Part>) {
        match play {
            Play::Start => {
                self.firsts.fill(None);
                self.wired = 0;
                for (part, to) in (0..).zip(&self.parts) {
                    cx.send(*to, &Play::Build { lead: cx.me(), part, guests: self.guests });
                }
            }
            Play::Built { part, first } => {
                self.firsts[part as usize] = Some(first);
                self.wire(cx);
            }
            Play::Wired => {
                self.wired += 1;
                if self.wired == self.parts.len() as u64 {
                    cx.send(self.door, &Play::Ready);
                }
            }
            Play::Begin { tokens, hops } => self.begin(tokens, hops, cx),
            Play::Home => {
                self.out -= 1;
                if self.out == 0 {
                    cx.send(self.door, &Play::Home);
                }
            }
            Play::Build { .. } | Play::Wire { .. } | Play::Ready => {}
        }
    }

    /// When all have been built.
    fn wire(&mut self, cx: &mut Context<'_, '_, Part>) {
        let Some(firsts) = self.firsts.iter().copied().collect::<Option<Vec<_>>>() else { return };
        for (part, to) in self.parts.iter().enumerate() {
            let next = if self.is_apart { part } else { (part + 1) % firsts.len() };
            cx.send(*to, &Play::Wire { next: firsts[next] });
        }
    }

    /// So many tokens go round in each ring that there is.
    fn begin(&mut self, tokens: u64, hops: u64, cx: &mut Context<'_, '_, Part>) {
        let rings = if self.is_apart { self.firsts.len() } else { 1 };
        self.out = tokens * rings as u64;
        for first in self.firsts.iter().take(rings).flatten() {
            for _ in 0..tokens {
                cx.send(*first, &Step::Token(hops - 1));
            }
        }
    }
}
