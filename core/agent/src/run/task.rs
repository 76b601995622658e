//! One task of a chat: who decides its next step, what it may do, and where it stands.
use super::{Door, effects::Effect, repeat::Repeat, spend::Spend};
use crate::{
    actors::wire::Engine,
    grants::{Grants, Need},
    model::{ToolResult, ToolUse},
    outcome::StepTaken,
    recipe::{Play, Recipe},
    view::TabId,
};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// `7-9f3ac1..`: the front of all its effects' ids.
    pub id: String,
    pub mind: Mind,
    pub stage: Stage,
    /// A person's hand paused it: nothing new is begun.
    pub paused: bool,
    pub grants: Grants,
    pub tab: Option<TabId>,
    /// The tabs it drives, the active one first.
    pub driven: Vec<TabId>,
    /// Calls of the model's last reply that were not begun yet.
    pub queue: Vec<ToolUse>,
    /// Of that reply, so far.
    pub results: Vec<ToolResult>,
    /// A call of that reply failed or was refused: the rest is not executed.
    pub failed: bool,
    pub current: Option<Doing>,
    pub questions: Vec<Question>,
    /// Effects begun, reads not counted; their numbers.
    pub effects: Vec<Effect>,
    pub numbered: u32,
    pub steps: u32,
    pub spent: Spend,
    pub repeat: Repeat,
    /// Verified actions, for a recipe.
    pub taken: Vec<StepTaken>,
    /// What happened outside, to be told to the model with the next results.
    pub news: Vec<String>,
    /// Looks at where the page is, in a recipe.
    pub looks: u32,
    /// Paused before its current call had begun.
    #[serde(default)]
    pub stands: bool,
    /// It waits for its owner to unlock the provider keys.
    pub locked: bool,
    /// Lives since something of it came to an end, and whether this one is still finding out where it stands.
    pub wakes: u32,
    pub waking: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Mind {
    Model(Engine),
    /// A recipe whose tab is being looked up.
    Waiting {
        recipe: Recipe,
        slots: Vec<(String, String)>,
    },
    Recipe(Play),
}

/// What is waited for. One thing at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The tab it starts on.
    Opening,
    /// The model, whose words go to this item.
    Asking {
        item: usize,
    },
    /// The actor of the current call's tab.
    Finding,
    /// The current call's outcome.
    Acting,
    /// Where a step led to: the tab's address, asked again and again.
    Looking,
    /// The wait before the next look; `before`: the step is not begun yet.
    Resting {
        before: bool,
    },
    /// Nothing: a paused run stands here.
    Between,
    Over,
}

/// The call in flight.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Doing {
    pub call: ToolUse,
    pub effect: String,
    pub door: Door,
    /// Where it is done.
    pub tab: Option<TabId>,
    /// What whoever does it has left for another life of theirs: from then on it may have happened.
    pub begun: Option<String>,
    /// Its card's place; none for a recipe's look at what a step led to.
    pub item: Option<usize>,
}

/// What the owner was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    pub token: u64,
    pub effect: String,
    pub need: Need,
}

impl Task {
    pub fn new(id: String, mind: Mind, tab: Option<TabId>) -> Task {
        Task {
            id,
            mind,
            stage: Stage::Between,
            paused: false,
            grants: Grants::default(),
            tab,
            driven: Vec::new(),
            queue: Vec::new(),
            results: Vec::new(),
            failed: false,
            current: None,
            questions: Vec::new(),
            effects: Vec::new(),
            numbered: 0,
            steps: 0,
            spent: Spend::default(),
            repeat: Repeat::default(),
            taken: Vec::new(),
            news: Vec::new(),
            looks: 0,
            stands: false,
            locked: false,
            wakes: 0,
            waking: false,
        }
    }

    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// What its owner typed in for this run alone is kept nowhere, so this run ends with its Worker.
    pub fn has_secrets(&self) -> bool {
        match &self.mind {
            Mind::Model(_) => false,
            Mind::Waiting { recipe, .. } => recipe.has_secrets(),
            Mind::Recipe(play) => play.has_secrets(),
        }
    }

    /// This tab is the active one from now on.
    pub fn drives(&mut self, tab: TabId) {
        self.lets_go(tab);
        self.driven.insert(0, tab);
    }

    pub fn lets_go(&mut self, tab: TabId) {
        self.driven.retain(|driven| *driven != tab);
    }
}
