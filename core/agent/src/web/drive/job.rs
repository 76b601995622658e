//! One call under way: what it wants, how far it is, what was seen meanwhile.
use crate::{
    grants::Need,
    web::{
        acted::Done,
        input::{Act, Call},
        verdict::Subject,
    },
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub effect: String,
    pub tool: String,
    pub call: Call,
    /// The origins this call may act on; grows by what is allowed for it.
    pub origins: Vec<String>,
    /// What the page may do beyond acting: its own needs, once allowed.
    pub allow: Vec<String>,
    pub stage: Stage,
    /// Of the tab's top document, as last told.
    pub url: String,
    pub before: Before,
    pub target: Option<Subject>,
    pub to: Option<Subject>,
    pub done: Option<Done>,
    /// The request under way and its patience, if it may be sent again.
    pub asked: Option<(String, u64)>,
    /// Requests sent that could have an effect; each has an effect id of its own, since an id is answered once and for all.
    pub sends: u32,
    /// Those that may have begun.
    pub tries: u32,
    /// A request that could have had an effect has left.
    pub dispatched: bool,
    /// Answers lost on the way, of all kinds.
    pub lost: u32,
    /// Looks at the page before acting.
    pub looks: u32,
    pub waited_ms: u64,
    pub seen: Seen,
    /// Worth telling, in peerd's words.
    pub notes: Vec<String>,
    /// Told once the tab is back from where it may not be: for the model, for the card.
    pub denied: Option<(String, String)>,
    /// It was begun in an earlier life.
    #[serde(default)]
    pub recalled: bool,
    /// The act's answer was cut off by another document, not lost with the browser's side.
    pub cut_off: bool,
}

/// The page before the act.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Before {
    pub doc: String,
    pub url: String,
    pub hash: u64,
}

/// What the host told of since the last dispatch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Seen {
    pub committed: bool,
    pub redirected: bool,
    /// The last document came by a reload, not by an act.
    pub reloaded: bool,
    pub loaded: bool,
    pub blocked: Option<String>,
    pub failed: Option<String>,
    pub events: Vec<Told>,
}

/// Something that happened beside the page: peerd's words, and the page's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub what: String,
    pub said: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    Tab(Then),
    /// The tab is loading; an event or the clock ends it.
    Arrive(Then),
    /// Its owner is asked.
    Grant(Grant),
    Fence(Then),
    Look,
    Act,
    Probe,
    After,
    Go,
    GoProbe,
    Read,
    /// `wait_for` a time.
    Pause,
    /// The answer was lost; the same request goes out again in a moment.
    Again(Box<Stage>),
}

impl Stage {
    pub const fn is_effect(&self) -> bool {
        matches!(self, Stage::Act | Stage::Go)
    }
}

/// What comes after the tab is known, or has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// The call itself.
    Start,
    Look,
    Go,
    /// The page as it is after the act.
    After,
    /// Whether a lost act was done.
    Probe,
    /// Whether a load ended where it should.
    Gone,
    /// Back from where the fence stopped a load.
    Retreat,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Grant {
    Act {
        origin: String,
    },
    Go {
        origin: String,
    },
    /// The page needs these; the first is being asked for.
    Page {
        needs: Vec<Need>,
        allow: Vec<String>,
    },
    /// The fence held this address back.
    Blocked {
        url: String,
        origin: String,
    },
}

impl Job {
    pub fn new(effect: String, tool: &str, call: Call, origins: Vec<String>) -> Job {
        Job {
            effect,
            tool: tool.into(),
            call,
            origins,
            allow: Vec::new(),
            stage: Stage::Look,
            url: String::new(),
            before: Before::default(),
            target: None,
            to: None,
            done: None,
            asked: None,
            sends: 0,
            tries: 0,
            dispatched: false,
            lost: 0,
            looks: 0,
            waited_ms: 0,
            seen: Seen::default(),
            notes: Vec::new(),
            denied: None,
            recalled: false,
            cut_off: false,
        }
    }

    /// The effect of the request under way.
    pub fn act_effect(&self) -> String {
        match self.sends {
            0 | 1 => self.effect.clone(),
            sends => format!("{}.{sends}", self.effect),
        }
    }

    pub fn act(&self) -> Option<&Act> {
        match &self.call {
            Call::Act(act) => Some(act),
            _ => None,
        }
    }

    pub fn may(&self, origin: &str) -> bool {
        self.origins.iter().any(|granted| granted == origin)
    }

    pub fn grant(&mut self, origin: String) {
        if !self.may(&origin) {
            self.origins.push(origin);
        }
    }
}
