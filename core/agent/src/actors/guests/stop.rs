//! Ending actors: one by a word of its chat's, all of a chat by the owner's switch, and with their chat.
use super::{
    Actors, Came, Job, Step, WORK_MS,
    acts::Plan,
    failed,
    kept::{Class, Guest, saved},
    opening::born,
    read::done,
};
use crate::{outcome::Outcome, view::ChatId};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_otp::supervisor::{Answer, Failure, Request};
use peerd_vat::{CallId, Cx, Settle};
use serde::{Deserialize, Serialize};

/// Limit: how often a supervisor is told to end an actor for which nobody waits.
const TRIES_MAX: u32 = 10;

/// An actor that its owner stops.
#[derive(Serialize, Deserialize)]
pub(super) struct Ending {
    pub call: CallId,
    chat: ChatId,
    name: String,
    tries: u32,
}

impl Actors {
    pub(super) fn stop(&mut self, job: &mut Job, name: String, deletes: bool, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        match job.step {
            Step::Begin | Step::Tree | Step::Start => {
                if job.step == Step::Tree
                    && let Ok(tree) = born(came)
                {
                    self.tree_started(chat, tree, cx);
                }
                let guest = self.guest(chat, &name)?;
                // Also one of which nobody knows whether it runs.
                let (is_stopped, is_there) = (guest.is_stopped, guest.link.is_some() || !guest.is_stopped || job.step == Step::Start);
                let (step, call) = match self.tree(chat) {
                    Some(tree) if is_there => (Step::Stop, cx.call(tree, &Request::terminate(&name), &[], WORK_MS)),
                    _ if !deletes && is_stopped => return Some(done(&format!("{name} was stopped already"), "")),
                    None if !deletes => (Step::Save, self.keep_stopped(chat, &name, cx)?),
                    // What its supervisor does not know it can't forget: an actor of an earlier life is started to be deleted.
                    Some(_) => (Step::Start, self.start_guest(chat, &name, cx)?),
                    None => (Step::Tree, self.start_tree(chat, cx)),
                };
                self.ask(job, Plan::Stop { name, deletes }, step, call)
            }
            Step::Stop => {
                if let Err(why) = ended(came) {
                    return Some(failed(&format!("{name} could not be stopped ({why}): try again")));
                }
                self.has_begun(chat, &name, None, cx);
                let save = self.keep_stopped(chat, &name, cx)?;
                if let (true, Some(tree)) = (deletes, self.tree(chat)) {
                    let call = cx.call(tree, &Request::delete(&name), &[], WORK_MS);
                    return self.ask(job, Plan::Stop { name, deletes }, Step::Delete, call);
                }
                self.ask(job, Plan::Stop { name, deletes }, Step::Save, save)
            }
            Step::Delete => {
                if let Err(why) = ended(came) {
                    return Some(failed(&format!("{name} is stopped, but could not be deleted ({why}): try again")));
                }
                let guest = self.guest(chat, &name)?.clone();
                self.guests.retain(|guest| guest.chat != chat || guest.name != name);
                self.prune(chat, &guest.class);
                let mut changes: Vec<(String, Option<String>)> = [(guest.key(), None)].into();
                changes.extend(self.class(chat, &guest.class).map(Class::change));
                let call = self.save(changes, cx);
                self.ask(job, Plan::Stop { name, deletes }, Step::Save, call)
            }
            _ => Some(match (saved(came), deletes) {
                (Err(why), _) => failed(&format!("{name} was stopped, but it could not be kept that it was: {why}")),
                (Ok(()), true) => done(&format!("{name} is gone, and what it knew"), ""),
                (Ok(()), false) => done(&format!("{name} is stopped, and what it knows is kept"), ""),
            }),
        }
    }

    fn keep_stopped(&mut self, chat: ChatId, name: &str, cx: &mut Cx<'_>) -> Option<CallId> {
        let guest = self.guest_mut(chat, name)?;
        (guest.link, guest.is_stopped) = (None, true);
        let change = guest.change();
        Some(self.save([change].into(), cx))
    }

    /// The owner's switch. What is just being started is stopped when it has.
    pub(super) fn stop_all(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        self.jobs.iter_mut().filter(|job| job.by.chat == chat).for_each(|job| job.is_taken_back = true);
        let may_run = |guest: &&Guest| guest.chat == chat && (guest.link.is_some() || !guest.is_stopped);
        let names: Vec<String> = self.guests.iter().filter(may_run).map(|guest| guest.name.clone()).collect();
        names.iter().for_each(|name| self.stop_one(chat, name, cx));
    }

    /// Without anybody who waits for it.
    pub(super) fn stop_one(&mut self, chat: ChatId, name: &str, cx: &mut Cx<'_>) {
        let call = self.keep_stopped(chat, name, cx);
        let _ = call;
        self.end(chat, name.to_string(), 1, cx);
    }

    fn end(&mut self, chat: ChatId, name: String, tries: u32, cx: &mut Cx<'_>) {
        if let Some(tree) = self.tree(chat) {
            let call = cx.call(tree, &Request::terminate(&name), &[], WORK_MS);
            self.endings.push(Ending { call, chat, name, tries });
        }
    }

    pub(super) fn end_settled(&mut self, ending: Ending, came: Came<'_>, cx: &mut Cx<'_>) {
        let Ending { chat, name, tries, .. } = ending;
        // Deleted meanwhile, or started again by whoever may.
        let is_meant = self.guest(chat, &name).is_some_and(|guest| guest.is_stopped);
        match ended(came) {
            Err(_) if is_meant && tries < TRIES_MAX => self.end(chat, name, tries + 1, cx),
            Err(why) if is_meant => cx.report("actors", format!("{name} of chat {chat} could not be stopped: {why}")),
            _ => {}
        }
    }

    /// Its chat is deleted: all of its actors, with what they know, and their classes.
    pub(super) fn forget_chat(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        let (gone, rest): (Vec<Guest>, Vec<Guest>) = core::mem::take(&mut self.guests).into_iter().partition(|guest| guest.chat == chat);
        self.guests = rest;
        let mut changes: Vec<(String, Option<String>)> = gone.iter().map(|guest| (guest.key(), None)).collect();
        changes.extend(self.classes.iter().filter(|class| class.chat == chat).map(|class| (class.change().0, None)));
        self.classes.retain(|class| class.chat != chat);
        if changes.is_empty() && self.tree(chat).is_none() {
            return;
        }
        self.trees.retain(|(of, _)| *of != chat);
        // Opened to be dropped: with a supervisor goes all that it keeps, also what it has not started in this life.
        let id = format!("actors of chat {chat}");
        let calls = [
            self.start_tree(chat, cx),
            cx.call(self.doors.supervisors, &Request::terminate(&id), &[], WORK_MS),
            cx.call(self.doors.supervisors, &Request::delete(&id), &[], WORK_MS),
            self.save(changes, cx),
        ];
        let _ = calls;
    }
}

/// What a supervisor said of a child that was to be ended, or forgotten. With a supervisor's life all of its children end.
fn ended(came: Came<'_>) -> Result<(), String> {
    match came.map(|(bytes, _)| Answer::decode(bytes)) {
        Ok(Some(Answer::Ok | Answer::Error(Failure::NotFound))) | Err(Settle::Exit(_) | Settle::Noproc) => Ok(()),
        Ok(other) => Err(format!("{other:?}")),
        Err(settle) => Err(settle.to_string()),
    }
}
