//! What a callback wants done: where to go, and the actions on the way.
use super::Machine;
use alloc::{string::String, vec::Vec};
use peerd_vat::{Reason, Time};
use serde::{Deserialize, Serialize};

/// `Step::to(state).state_timeout(..).postpone()`
pub struct Step<M: Machine> {
    pub goal: Goal<M>,
    /// In order. Of several about one timer the last counts.
    pub actions: Vec<Action<M>>,
}

pub enum Goal<M: Machine> {
    Keep,
    /// An equal state is kept.
    To(M::State),
    /// Keeps the state, and enters it again.
    Repeat,
    /// What the callers were answered goes out first; those that were not are told the reason.
    Stop(Reason),
}

pub enum Action<M: Machine> {
    /// This event again, when the state has changed.
    Postpone,
    /// An event before all that waits. Several keep their order.
    Insert(M::Own),
    Timer(Which<M>, Set<M>),
    Module(Switch),
}

/// Which timer.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Which<M: Machine> {
    /// Cancelled by a change of state.
    State,
    /// Cancelled by any event.
    Event,
    /// Runs until it is cancelled or set again.
    Named(M::Timer),
}

impl<M: Machine> Clone for Which<M> {
    fn clone(&self) -> Self {
        match self {
            Which::State => Which::State,
            Which::Event => Which::Event,
            Which::Named(name) => Which::Named(name.clone()),
        }
    }
}

impl<M: Machine> PartialEq for Which<M> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Which::State, Which::State) | (Which::Event, Which::Event) => true,
            (Which::Named(one), Which::Named(other)) => one == other,
            _ => false,
        }
    }
}

pub enum Set<M: Machine> {
    /// Zero: after what was inserted and postponed, before what is in the mailbox.
    After(u64, M::Own),
    At(Time, M::Own),
    /// Other content at the time that was set. One that does not run is set to zero.
    Update(M::Own),
    Cancel,
}

/// Which callbacks come next. Names are those of `Machine::module`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch {
    Change(String),
    /// The present ones come back by `Pop`.
    Push(String),
    /// With nothing pushed: `bad_action`.
    Pop,
}

impl<M: Machine> Step<M> {
    #[must_use]
    pub fn new(goal: Goal<M>) -> Step<M> {
        Step { goal, actions: Vec::new() }
    }

    #[must_use]
    pub fn keep() -> Step<M> {
        Step::new(Goal::Keep)
    }

    #[must_use]
    pub fn to(state: M::State) -> Step<M> {
        Step::new(Goal::To(state))
    }

    #[must_use]
    pub fn repeat() -> Step<M> {
        Step::new(Goal::Repeat)
    }

    #[must_use]
    pub fn stop(reason: Reason) -> Step<M> {
        Step::new(Goal::Stop(reason))
    }

    #[must_use]
    pub fn and(mut self, action: Action<M>) -> Step<M> {
        self.actions.push(action);
        self
    }

    #[must_use]
    pub fn postpone(self) -> Step<M> {
        self.and(Action::Postpone)
    }

    #[must_use]
    pub fn insert(self, event: M::Own) -> Step<M> {
        self.and(Action::Insert(event))
    }

    #[must_use]
    pub fn state_timeout(self, after_ms: u64, content: M::Own) -> Step<M> {
        self.and(Action::Timer(Which::State, Set::After(after_ms, content)))
    }

    #[must_use]
    pub fn event_timeout(self, after_ms: u64, content: M::Own) -> Step<M> {
        self.and(Action::Timer(Which::Event, Set::After(after_ms, content)))
    }

    #[must_use]
    pub fn timeout(self, name: M::Timer, after_ms: u64, content: M::Own) -> Step<M> {
        self.and(Action::Timer(Which::Named(name), Set::After(after_ms, content)))
    }

    #[must_use]
    pub fn update(self, which: Which<M>, content: M::Own) -> Step<M> {
        self.and(Action::Timer(which, Set::Update(content)))
    }

    #[must_use]
    pub fn cancel(self, which: Which<M>) -> Step<M> {
        self.and(Action::Timer(which, Set::Cancel))
    }

    #[must_use]
    pub fn switch(self, switch: Switch) -> Step<M> {
        self.and(Action::Module(switch))
    }
}
