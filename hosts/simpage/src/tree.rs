//! Who there is, in which life and in what state, as the facts tell it.
use peerd_otp::supervisor;
use peerd_sim::{LOST, cast::Stage};
use peerd_vat::{Activity, ActorId, Fact, MessageKind, Row, What};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Starting,
    Running,
    /// For an answer, and handles nothing else.
    Waiting,
    /// It was told to go.
    Stopping,
    /// Its turn failed, and its supervisor has still to decide.
    Held,
    /// Ended, and its identity is kept for a restart.
    Down,
    Parked,
    Gone,
}

impl State {
    #[must_use]
    pub const fn is_alive(self) -> bool {
        matches!(self, State::Starting | State::Running | State::Waiting | State::Stopping | State::Held)
    }
}

#[derive(Clone, Debug)]
pub struct Node {
    pub id: ActorId,
    pub name: String,
    pub behaviour: &'static str,
    pub parent: Option<ActorId>,
    pub life: u32,
    pub state: State,
    /// Why its last life ended.
    pub last: Option<String>,
    /// Its own name, not one we gave it.
    pub has_label: bool,
}

impl Node {
    #[must_use]
    pub fn is_supervisor(&self) -> bool {
        self.behaviour == supervisor::NAME
    }
}

#[derive(Default)]
pub struct Tree {
    /// In order of their first birth, which is start order.
    nodes: Vec<Node>,
    /// Who watches whom, of those that said so.
    watches: Vec<(ActorId, ActorId)>,
    /// How many without a label were born, by behaviour.
    unnamed: BTreeMap<&'static str, u32>,
}

impl Tree {
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    #[must_use]
    pub fn watches(&self) -> &[(ActorId, ActorId)] {
        &self.watches
    }

    #[must_use]
    pub fn find(&self, id: ActorId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    fn find_mut(&mut self, id: ActorId) -> Option<&mut Node> {
        self.nodes.iter_mut().find(|node| node.id == id)
    }

    pub fn children(&self, of: ActorId) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.parent == Some(of))
    }

    #[must_use]
    pub fn name(&self, id: Option<ActorId>) -> String {
        match id {
            None => "the host".into(),
            Some(id) => self.find(id).map_or_else(|| format!("actor {id}"), |node| node.name.clone()),
        }
    }

    /// Facts come in order, every one once.
    pub fn fact(&mut self, fact: &Fact) {
        match (&fact.what, fact.actor) {
            (What::Spawned { child, incarnation, behaviour, label, .. }, parent) => {
                self.born(*child, *incarnation, behaviour, label, parent)
            }
            (What::Committed, Some(actor)) => self.change(actor, |state| if state == State::Starting { State::Running } else { state }),
            (What::Received { from, kind, .. }, Some(actor)) => {
                if let (MessageKind::Down, Some(from)) = (kind, from) {
                    self.watches.retain(|watch| *watch != (actor, *from));
                }
                self.change(actor, |state| if matches!(state, State::Waiting | State::Held) { State::Running } else { state });
            }
            (What::Closed, Some(actor)) => {
                let is_supervisor = self.find(actor).is_some_and(Node::is_supervisor);
                // A supervisor waits for its children all the time; that is its work.
                self.change(actor, |state| if state == State::Running && !is_supervisor { State::Waiting } else { state });
            }
            (What::Held, Some(actor)) => self.change(actor, |_| State::Held),
            (What::Sent { to, kind: MessageKind::Exit, .. }, _) => {
                if let Some(to) = to.actor_id() {
                    self.change(to, |state| if state.is_alive() { State::Stopping } else { state });
                }
            }
            (What::Ended { reason, .. }, Some(actor)) => self.ended(actor, &reason.to_string()),
            (What::Note { kind, .. }, _) if kind == LOST => *self = Tree::default(),
            (What::Note { kind, text }, Some(watcher)) if kind == "watching" => {
                let watched = self.nodes.iter().find(|node| node.id.to_string() == *text).map(|node| node.id);
                self.watches.extend(watched.map(|watched| (watcher, watched)));
            }
            (What::Note { kind, text }, Some(supervisor)) if kind == "parked" => {
                let name = text.split(": ").next().unwrap_or_default();
                let child = self.children(supervisor).find(|child| child.name == name).map(|child| child.id);
                if let Some(child) = child {
                    self.change(child, |_| State::Parked);
                }
            }
            _ => {}
        }
    }

    fn born(&mut self, id: ActorId, life: u32, behaviour: &'static str, label: &str, parent: Option<ActorId>) {
        if let Some(node) = self.find_mut(id) {
            (node.life, node.state, node.parent) = (life, State::Starting, parent);
            return;
        }
        // Whoever is gone for good makes room for the next.
        self.nodes.retain(|node| node.parent != parent || node.state != State::Gone || (node.has_label && node.name != label));
        let name = if label.is_empty() {
            let nth = self.unnamed.entry(behaviour).or_default();
            *nth += 1;
            format!("{}{nth}", &behaviour[..1])
        } else {
            label.into()
        };
        let name = if behaviour == Stage::NAME { "root".into() } else { name };
        self.nodes.push(Node { id, name, behaviour, parent, life, state: State::Starting, last: None, has_label: !label.is_empty() });
    }

    fn ended(&mut self, actor: ActorId, reason: &str) {
        self.watches.retain(|watch| watch.0 != actor);
        if let Some(node) = self.find_mut(actor) {
            (node.state, node.last) = (State::Down, Some(reason.into()));
        }
        let left: Vec<ActorId> = self.children(actor).filter(|child| !child.state.is_alive()).map(|child| child.id).collect();
        for child in left {
            self.change(child, |_| State::Gone);
        }
    }

    fn change(&mut self, actor: ActorId, to: impl Fn(State) -> State) {
        if let Some(node) = self.find_mut(actor) {
            node.state = to(node.state);
        }
    }

    /// What facts don't tell of the dead: whether their identity is still kept, and for what.
    pub fn look_at(&mut self, rows: &[Row]) {
        for node in self.nodes.iter_mut().filter(|node| !node.state.is_alive()) {
            node.state = match rows.iter().find(|row| row.id == node.id).map(|row| row.state) {
                None | Some(Activity::Buried) => State::Gone,
                Some(Activity::Parked) => State::Parked,
                Some(Activity::Ended) if node.state == State::Gone => State::Gone,
                Some(Activity::Ended | Activity::Runnable | Activity::Waiting | Activity::Suspended | Activity::Faulted) => State::Down,
            };
        }
    }
}
