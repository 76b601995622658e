//! What a chat may have done, step by step.
use super::{
    Actors, Came, Job,
    call::Callee,
    change::Change,
    kept::Class,
    look::Seen,
    play::Test,
    read::{self, Message},
};
use crate::{outcome::Outcome, view::ChatId, web::tools};
use alloc::{format, string::String};
use peerd_vat::Cx;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize, Deserialize)]
pub(super) enum Plan {
    None,
    Create { class: Class, test: Option<Test> },
    Start { name: String, is_new: bool },
    Call { callee: Callee, message: Message, ms: u64, waits: bool },
    List,
    Inspect { name: String, seen: Seen },
    Test(Test),
    Upgrade(Change),
    Stop { name: String, deletes: bool },
    Share { name: String, stops: bool },
    Delete { class: String },
}

impl Plan {
    /// Before anything is done. The error is for the model.
    pub fn read(actors: &mut Actors, chat: ChatId, tool: &str, input: &Value) -> Result<Plan, String> {
        match tool {
            tools::CREATE_ACTOR_CLASS => actors.read_create(chat, input),
            tools::START_ACTOR => actors.read_start(chat, input),
            tools::CALL_ACTOR | tools::SEND_TO_ACTOR => actors.read_call(chat, input, tool == tools::CALL_ACTOR),
            tools::LIST_ACTORS => Ok(Plan::List),
            tools::INSPECT_ACTOR => {
                Ok(Plan::Inspect { name: actors.known(chat, &read::name(input, "actor")?)?.name.clone(), seen: Seen::default() })
            }
            tools::TEST_ACTOR_CLASS => {
                let class = read::name(input, "class")?;
                let known = actors.class(chat, &class).ok_or_else(|| format!("there is no class {class}"))?;
                let test = Test::read(input, known.newest().kind, &known.behaviour())?.ok_or("`test` is missing: the messages to play")?;
                Ok(Plan::Test(test))
            }
            tools::UPGRADE_ACTOR_CLASS => actors.read_upgrade(chat, input),
            tools::STOP_ACTOR => {
                let name = actors.known(chat, &read::name(input, "actor")?)?.name.clone();
                Ok(Plan::Stop { name, deletes: input["delete"] == true })
            }
            tools::SHARE_ACTOR => {
                let name = actors.known(chat, &read::name(input, "actor")?)?.name.clone();
                Ok(Plan::Share { name, stops: input["stop"] == true })
            }
            tools::DELETE_ACTOR_CLASS => actors.read_delete(chat, input),
            other => Err(format!("there is no tool {other}")),
        }
    }

    /// Whether it leaves something behind that is not as it was.
    pub const fn is_change(&self) -> bool {
        match self {
            Plan::Start { .. } | Plan::Upgrade(_) | Plan::Stop { .. } | Plan::Share { .. } | Plan::Delete { .. } => true,
            Plan::None | Plan::Create { .. } | Plan::Call { .. } | Plan::List | Plan::Inspect { .. } | Plan::Test(_) => false,
        }
    }

    /// An actor that is started for it alone.
    pub fn test(&self) -> Option<&Test> {
        match self {
            Plan::Create { test, .. } => test.as_ref(),
            Plan::Test(test) => Some(test),
            Plan::Upgrade(change) => change.test.as_ref(),
            Plan::None | Plan::Start { .. } | Plan::Call { .. } | Plan::List => None,
            Plan::Inspect { .. } | Plan::Stop { .. } | Plan::Share { .. } | Plan::Delete { .. } => None,
        }
    }
}

impl Actors {
    /// None: it waits for something, and is where it was left.
    pub(super) fn step(&mut self, job: &mut Job, plan: Plan, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        match plan {
            Plan::None => None,
            Plan::Create { class, test } => self.create(job, class, test, came, cx),
            Plan::Start { name, is_new } => self.start(job, name, is_new, came, cx),
            Plan::Call { callee, message, ms, waits } => self.call(job, callee, message, (ms, waits), came, cx),
            Plan::List => Some(self.list(job.by.chat)),
            Plan::Inspect { name, seen } => self.inspect(job, name, seen, came, cx),
            Plan::Test(test) => self.test(job, test, came, cx),
            Plan::Upgrade(change) => self.upgrade(job, change, came, cx),
            Plan::Stop { name, deletes } => self.stop(job, name, deletes, came, cx),
            Plan::Share { name, stops } => self.share(job, name, stops, came, cx),
            Plan::Delete { class } => self.delete_class(job, class, came, cx),
        }
    }
}
