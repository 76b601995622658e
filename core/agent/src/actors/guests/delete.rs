//! A class that nobody needs any more.
use super::{
    Actors, Came, Job, Step,
    acts::Plan,
    failed,
    kept::{Class, saved},
    read::{self, done},
};
use crate::{outcome::Outcome, view::ChatId};
use alloc::{format, string::String, vec::Vec};
use peerd_vat::Cx;
use serde_json::Value;

impl Actors {
    /// What its actors know would be of no code: they go first, each by a word of its own.
    pub(super) fn read_delete(&self, chat: ChatId, input: &Value) -> Result<Plan, String> {
        let class = read::name(input, "class")?;
        self.class(chat, &class).ok_or_else(|| format!("there is no class {class}"))?;
        self.is_unused(chat, &class)?;
        Ok(Plan::Delete { class })
    }

    fn is_unused(&self, chat: ChatId, class: &str) -> Result<(), String> {
        let is_its = |guest: &&super::kept::Guest| guest.chat == chat && guest.class == class;
        let names: Vec<&str> = self.guests.iter().filter(is_its).map(|guest| &*guest.name).collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(format!("{class} has actors: {}; stop_actor with delete, for each, comes first", names.join(", ")))
    }

    pub(super) fn delete_class(&mut self, job: &mut Job, name: String, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        if job.step == Step::Begin {
            // Started by another act meanwhile.
            if let Err(why) = self.is_unused(chat, &name) {
                return Some(failed(&why));
            }
            let key = self.class(chat, &name).map(Class::key)?;
            self.classes.retain(|class| class.chat != chat || class.name != name);
            let call = self.save([(key, None)].into(), cx);
            return self.ask(job, Plan::Delete { class: name }, Step::Save, call);
        }
        Some(match saved(came) {
            Ok(()) => done(&format!("class {name} is gone"), ""),
            Err(why) => failed(&format!("class {name} is gone, but it could not be kept that it is: {why}")),
        })
    }
}
