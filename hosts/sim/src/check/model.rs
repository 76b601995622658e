//! C13: what a supervisor does is what semantics 12 says: a reference model of it, separate from the engine, fed with facts.
//!
//! ```text
//! fact about a supervisor ─▶ Model: which life ─▶ Life: what it hears changes what is due, what it does must be due
//! ```
//!
//! `SimpleOneForOne` is left out: its children have no ids and no order. So is who asks others than the counsel about faults.
mod ladder;
mod life;
mod table;

use super::Checked;
use crate::cast::{COUNSEL, Counsel};
use life::Life;
use peerd_otp::supervisor::{self, ChildSpec, OnFault, Question, Request, Strategy, SupervisorSpec};
use peerd_vat::{ActorId, Fact, MessageKind, Reason, What};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Model {
    supervisors: BTreeMap<ActorId, Supervisor>,
    /// Whose child each is, for children of supervisors.
    parents: BTreeMap<ActorId, ActorId>,
    /// Whom they ask about faults.
    counsel: Option<ActorId>,
    pub evaluations: u64,
    /// By this fact: a supervisor, and its child of an earlier life.
    pub adopted: Option<(ActorId, ActorId)>,
}

#[derive(Default)]
struct Supervisor {
    parent: Option<ActorId>,
    life: Option<Life>,
    /// Children that live, by id: they may be of an earlier life.
    alive: BTreeMap<String, ActorId>,
}

impl Model {
    /// `heard`: which life of a child an exit tells the end of.
    pub fn fact(&mut self, fact: &Fact, heard: Option<u32>) -> Checked {
        match (&fact.what, fact.actor) {
            (What::Spawned { child, behaviour, label, incarnation, .. }, parent) => {
                if *behaviour == Counsel::NAME {
                    self.counsel = Some(*child);
                }
                if *behaviour == supervisor::NAME {
                    self.supervisors.entry(*child).or_default().parent = parent;
                }
                let Some((parent, above)) = parent.and_then(|parent| Some((parent, self.supervisors.get_mut(&parent)?))) else {
                    return Ok(());
                };
                self.parents.insert(*child, parent);
                above.alive.insert(label.clone(), *child);
                self.evaluations += 1;
                let Some(life) = &mut above.life else { return Ok(()) };
                life.starts(label, *child, *incarnation).map_err(|why| said(parent, &why))
            }
            (What::Ended { reason, .. }, Some(ended)) => {
                if let Some(above) = self.parents.get(&ended).and_then(|parent| self.supervisors.get_mut(parent)) {
                    above.alive.retain(|_, child| *child != ended);
                    if let Some(life) = &mut above.life {
                        life.died(ended);
                    }
                }
                let life = self.supervisors.get_mut(&ended).and_then(|supervisor| supervisor.life.take());
                life.map_or(Ok(()), |life| life.ends(reason).map_err(|why| said(ended, &why)))
            }
            (What::Held, Some(child)) => {
                if let Some(above) = self.parents.get(&child).and_then(|parent| self.supervisors.get_mut(parent))
                    && let Some(life) = &mut above.life
                {
                    life.held(child);
                }
                Ok(())
            }
            (What::Sent { to, kind: MessageKind::User, text }, Some(actor)) if self.counsel.is_some() && to.actor_id() == self.counsel => {
                let life = self.supervisors.get_mut(&actor).and_then(|supervisor| supervisor.life.as_mut());
                let (Some(life), Some(question)) = (life, Question::decode(text)) else { return Ok(()) };
                life.asks(&question.fault.child).map_err(|why| said(actor, &why))
            }
            (what, Some(actor)) => {
                let Some(supervisor) = self.supervisors.get_mut(&actor) else { return Ok(()) };
                self.evaluations += 1;
                supervisor.fact(what, fact, heard).map_err(|why| said(actor, &why))?;
                self.adopted = supervisor.life.as_mut().and_then(|life| life.adopted.take()).map(|heir| (actor, heir));
                Ok(())
            }
            (_, None) => Ok(()),
        }
    }
}

fn is_modelled(spec: &SupervisorSpec) -> bool {
    let asks_others = |child: &ChildSpec| matches!(child.on_fault, OnFault::Ask { decider, .. } if decider != COUNSEL);
    spec.strategy != Strategy::SimpleOneForOne && !spec.children.iter().any(asks_others)
}

fn said(supervisor: ActorId, why: &str) -> String {
    format!("C13: {supervisor} {why}")
}

impl Supervisor {
    fn fact(&mut self, what: &What, fact: &Fact, heard: Option<u32>) -> Checked {
        if let (What::Received { kind: MessageKind::Init, text, .. }, None) = (what, &self.life) {
            let spec = SupervisorSpec::decode(text).filter(is_modelled);
            self.life = spec.map(Life::new);
        }
        let Some(life) = &mut self.life else { return Ok(()) };
        match what {
            What::Received { kind: MessageKind::Reply, from, text, .. } => life.reply(*from, text, fact.time),
            What::Received { kind, from, text, .. } => {
                let text = String::from_utf8_lossy(text);
                match kind {
                    MessageKind::Exit if from.is_some() && *from == self.parent => life.told_to_go(&text),
                    MessageKind::Exit => from.map_or(Ok(()), |from| life.hears_of_exit(from, heard, &text, fact.time)),
                    MessageKind::Down => life.hears_of_stop(&text),
                    MessageKind::Timer => life.timer(text.parse().unwrap_or(0), fact.time),
                    MessageKind::User => match &fact.what {
                        What::Received { text, .. } => Request::decode(text).map_or(Ok(()), |request| life.asked(request)),
                        _ => Ok(()),
                    },
                    MessageKind::Init | MessageKind::Recovered | MessageKind::Reply | MessageKind::Alarm => Ok(()),
                    MessageKind::Suspend | MessageKind::Resume | MessageKind::System => Ok(()),
                    MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => Ok(()),
                }
            }
            What::Sent { to, kind: MessageKind::Exit, text } => {
                let kill = text == Reason::Kill.to_string().as_bytes();
                to.actor_id().map_or(Ok(()), |child| life.stops(child, kill, fact.time))
            }
            What::Note { kind, .. } if kind == "reached_max_restart_intensity" => life.gives_up(),
            What::Note { kind, text } => life.says(kind, text, fact.time),
            What::Committed => life.rests(&self.alive),
            _ => Ok(()),
        }
    }
}
