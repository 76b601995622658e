//! Supervision as JavaScript writes it: trees of child specs, and what a supervisor is asked.
use crate::command::Hand;
use peerd_otp::supervisor::{Answer, AutoShutdown, ChildSpec, ChildState, Request, Restart, Shutdown, Strategy, SupervisorSpec};
use peerd_vat::{Crash, Ref};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tree {
    strategy: String,
    intensity: u32,
    period_ms: u64,
    auto_shutdown: String,
    children: Vec<Child>,
}

impl Default for Tree {
    fn default() -> Tree {
        let SupervisorSpec { intensity, period_ms, .. } = SupervisorSpec::default();
        Tree { strategy: "one_for_one".into(), intensity, period_ms, auto_shutdown: "never".into(), children: Vec::new() }
    }
}

/// A worker with a behaviour, or a supervisor with a tree.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Child {
    id: String,
    #[serde(default)]
    behaviour: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    refs: Vec<u32>,
    tree: Option<Tree>,
    restart: Option<String>,
    shutdown: Option<Value>,
    #[serde(default)]
    significant: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ask {
    WhichChildren {},
    CountChildren {},
    StartChild { child: Box<Child> },
    RestartChild { id: String },
    TerminateChild { id: String },
    DeleteChild { id: String },
}

impl Tree {
    /// `refs` gets what the children are endowed with; the tree's supervisors share it.
    pub fn spec(self, hand: &Hand<'_, '_, '_>, refs: &mut Vec<Ref>) -> Result<SupervisorSpec, Crash> {
        let strategy = match self.strategy.as_str() {
            "one_for_one" => Strategy::OneForOne,
            "one_for_all" => Strategy::OneForAll,
            "rest_for_one" => Strategy::RestForOne,
            other => return Err(bad("strategy", other)),
        };
        let auto_shutdown = match self.auto_shutdown.as_str() {
            "never" => AutoShutdown::Never,
            "any_significant" => AutoShutdown::AnySignificant,
            "all_significant" => AutoShutdown::AllSignificant,
            other => return Err(bad("autoShutdown", other)),
        };
        let mut spec = SupervisorSpec::new(strategy).intensity(self.intensity, self.period_ms).auto_shutdown(auto_shutdown);
        for child in self.children {
            spec = spec.child(child.spec(hand, refs)?);
        }
        Ok(spec)
    }
}

impl Child {
    fn spec(self, hand: &Hand<'_, '_, '_>, refs: &mut Vec<Ref>) -> Result<ChildSpec, Crash> {
        let spec = match self.tree {
            Some(tree) => ChildSpec::new(&self.id, peerd_otp::supervisor::NAME, tree.spec(hand, refs)?.encode()),
            None => {
                let first = refs.len() as u32;
                refs.extend(hand.find_all(&self.refs)?);
                let picks: Vec<u32> = (first..refs.len() as u32).collect();
                ChildSpec::new(&self.id, &self.behaviour, self.text.into_bytes()).refs(&picks)
            }
        };
        let restart = match self.restart.as_deref() {
            None | Some("permanent") => Restart::Permanent,
            Some("transient") => Restart::Transient,
            Some("temporary") => Restart::Temporary,
            Some(other) => return Err(bad("restart", other)),
        };
        let shutdown = match self.shutdown {
            None => spec.shutdown,
            Some(Value::String(word)) if word == "infinity" => Shutdown::Infinity,
            Some(Value::String(word)) if word == "brutal_kill" => Shutdown::BrutalKill,
            Some(value) => Shutdown::Ms(value.as_u64().ok_or_else(|| bad("shutdown", &value.to_string()))?),
        };
        Ok(spec.restart(restart).shutdown(shutdown).significant(self.significant))
    }
}

fn bad(field: &str, value: &str) -> Crash {
    Crash::new("child_spec", format!("{field} can't be {value}"))
}

impl Ask {
    pub fn request(self, hand: &Hand<'_, '_, '_>, refs: &mut Vec<Ref>) -> Result<Request, Crash> {
        Ok(match self {
            Ask::WhichChildren {} => Request::WhichChildren,
            Ask::CountChildren {} => Request::CountChildren,
            Ask::StartChild { child } => Request::StartChild(child.spec(hand, refs)?),
            Ask::RestartChild { id } => Request::RestartChild(id),
            Ask::TerminateChild { id } => Request::TerminateChild(id),
            Ask::DeleteChild { id } => Request::DeleteChild(id),
        })
    }
}

/// A supervisor's answer as a message: JSON in which the refs of the reply are `{"@":n}`.
pub fn told(answer: &Answer) -> Result<Value, String> {
    Ok(match answer {
        Answer::Ok | Answer::Ignored => Value::Null,
        Answer::Started | Answer::StartedWith(_) => json!({"@": 0}),
        Answer::Children(children) => {
            let mut place = 0;
            let row = |child: &peerd_otp::supervisor::ChildInfo| {
                let running = child.state == ChildState::Running;
                let state = match child.state {
                    ChildState::Running => "running",
                    ChildState::Restarting => "restarting",
                    ChildState::Stopped => "stopped",
                    ChildState::Parked => "parked",
                };
                place += u32::from(running);
                let actor = if running { json!({"@": place - 1}) } else { Value::Null };
                json!({"id": child.id, "state": state, "behaviour": child.behaviour, "ref": actor})
            };
            children.iter().map(row).collect()
        }
        Answer::Count(count) => {
            json!({"specs": count.specs, "active": count.active, "supervisors": count.supervisors, "workers": count.workers})
        }
        Answer::Error(failure) => return Err(format!("{failure:?}")),
        Answer::Spec(_) | Answer::Callback(_) => return Err("not asked for".into()),
    })
}
