//! The scenarios: each puts a world under some strain, heals it, and says what must then work.
mod calls;
mod canary;
mod counter;
mod deaths;
mod overflow;
mod ping_pong;
pub mod spec;
mod stop_order;
mod storm;
mod timers;
mod trees;

#[cfg(test)]
pub(crate) use canary::tampered;

use crate::{Cluster, Mesh, Scale, World, link, shards};
use peerd_vat::Config;

pub struct Scenario {
    pub name: &'static str,
    pub line: &'static str,
    pub expect: Expect,
    pub play: Play,
}

pub enum Play {
    /// About one thing, with claims of its own.
    Story { config: fn() -> Config, play: fn(&mut World) },
    /// Several vats and the network between them.
    Linked(fn(&mut Cluster)),
    /// Shards on several hosts. A long one is played when it is asked for by its name, and once.
    Meshed { play: fn(u64, bool) -> Mesh, is_long: bool },
    /// A tree and everything that can be done to it, drawn as data: what fails is cut down.
    Script(Scale),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    Pass,
    /// A dead harness is noticed by what should fail and does not.
    Fail,
}

pub const SCENARIOS: &[Scenario] = &[
    scenario("ping-pong", "two actors play in bursts; nothing overtakes", ping_pong::play),
    scenario("counter", "a counter crashes again and again and is restarted within its supervisor's budget", counter::play),
    scenario("storm", "a child that always crashes: the supervisor gives up, on time", storm::play),
    scenario("stop-order", "a tree of quick, slow, odd and deaf children is stopped in reverse order", stop_order::play),
    scenario("calls", "calls with deadlines; answers late, lost, doubled, refused; each settles once", calls::play),
    Scenario {
        play: Play::Story { config: overflow::config, play: overflow::play },
        ..scenario("overflow", "floods against a small mailbox: refused, dead or overloaded, nothing older lost", overflow::play)
    },
    scenario("timers", "timers set, moved, cancelled, slept through", timers::play),
    scenario("deaths", "watchers and random kills: every death is told once and last", deaths::play),
    scenario("trees", "random supervision trees under random kills, crashes and calls", trees::play),
    script("few", "a handful of actors, and fault upon fault", FEW),
    script("tree200", "a supervision tree of two hundred at work, with every fault there is", TREE200),
    linked("vats", "talkers in two to five vats over a late and slow network: nothing is lost, nothing overtakes", link::steady),
    linked("vats-lost", "the same, and connections reset, vats parted and lost: every end is told once, and last", link::lossy),
    linked("vats-carried", "vats that are connected to one only, which carries what they say to each other", link::carried),
    Scenario { expect: Expect::Fail, ..linked("vats-canary", "the checkers of linked vats are lied to: it must fail", link::canary) },
    meshed(
        "shards",
        "shards on one to six hosts that join, leave, freeze and die: one epoch each, nothing lost, nothing twice",
        shards::strained,
    ),
    Scenario { expect: Expect::Fail, ..meshed("shards-canary", "the checkers of shards are lied to: it must fail", shards::canary) },
    Scenario {
        play: Play::Meshed { play: shards::thousands, is_long: true },
        ..meshed("shards-256", "256 shards with 10,000 actors each, the same way: minutes, and only by its name", shards::thousands)
    },
    Scenario { expect: Expect::Fail, ..scenario("canary", "facts are tampered with: it must fail", canary::play) },
];

const fn scenario(name: &'static str, line: &'static str, play: fn(&mut World)) -> Scenario {
    Scenario { name, line, expect: Expect::Pass, play: Play::Story { config: Config::default, play } }
}

const fn linked(name: &'static str, line: &'static str, play: fn(&mut Cluster)) -> Scenario {
    Scenario { name, line, expect: Expect::Pass, play: Play::Linked(play) }
}

const fn meshed(name: &'static str, line: &'static str, play: fn(u64, bool) -> Mesh) -> Scenario {
    Scenario { name, line, expect: Expect::Pass, play: Play::Meshed { play, is_long: false } }
}

impl Scenario {
    /// Not for `all`.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        matches!(self.play, Play::Meshed { is_long: true, .. })
    }
}

const FEW: Scale = Scale { actors: (3, 14), children_max: 3, steps: (10, 60), calm: 2 };
const TREE200: Scale = Scale { actors: (200, 200), children_max: 8, steps: (40, 70), calm: 6 };

const fn script(name: &'static str, line: &'static str, scale: Scale) -> Scenario {
    Scenario { name, line, expect: Expect::Pass, play: Play::Script(scale) }
}
