//! The way to being open: what was kept is read, its code joins the vat, and only then those who ran are started again.
use super::{
    Actors, Came, OPEN, WORK_MS,
    kept::{self, Class, Kept, Kind, Version, facts},
};
use crate::{
    actors::{body, call_json, shelf, started, wire::ToShelf},
    view::ChatId,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_otp::supervisor::{self, ChildSpec, Request, SupervisorSpec};
use peerd_vat::{Answer, CallId, Crash, Cx, Durability, Poison, Ref};
use serde::{Deserialize, Serialize};
use serde_json::json;

const SHELF: &str = "shelf of actors";

#[derive(Serialize, Deserialize)]
pub(super) enum Wait {
    Shelf,
    Kept,
    /// Which class, and which version of it.
    Code(ChatId, String, u32),
    Tree(ChatId),
    Guest(ChatId, String),
}

impl Actors {
    pub(super) fn open(&mut self, cx: &mut Cx<'_>) {
        let call = cx.call(self.doors.shelves, &shelf::start(SHELF), &[], WORK_MS);
        self.opening.push((call, Wait::Shelf));
    }

    pub(super) fn opened(&mut self, wait: Wait, came: Came<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match wait {
            Wait::Shelf => {
                let shelf = born(came).map_err(|why| Crash::new("shelf", why))?;
                self.shelf = Some(shelf);
                let call = call_json(cx, shelf, &ToShelf::Read, &[], WORK_MS);
                self.opening.push((call, Wait::Kept));
            }
            Wait::Kept => {
                let (bytes, _) = came.map_err(|settle| Crash::new("shelf", settle.to_string()))?;
                self.take(&body::<Vec<(String, String)>>(bytes)?, cx);
            }
            Wait::Code(chat, name, number) => {
                let loaded = facts(came);
                if let Some(class) = self.classes.iter_mut().find(|class| class.chat == chat && class.name == name) {
                    match loaded {
                        Ok(facts) if number == class.newest().number => class.facts = facts,
                        Ok(_) => {}
                        Err(why) => class.broken = Some(why),
                    }
                }
                if !self.opening.iter().any(|(_, wait)| matches!(wait, Wait::Code(..))) {
                    self.start_trees(cx);
                }
            }
            Wait::Tree(chat) => match born(came) {
                Ok(tree) => {
                    self.tree_started(chat, tree, cx);
                    self.start_all(chat, cx);
                }
                Err(why) => cx.report("actors", format!("the supervisor of chat {chat}'s actors did not start: {why}")),
            },
            Wait::Guest(chat, name) => {
                let child = born(came);
                if let Err(why) = &child {
                    cx.report("actors", format!("{name} of chat {chat} did not start: {why}"));
                }
                self.has_begun(chat, &name, child.ok(), cx);
            }
        }
        if self.opening.is_empty() {
            cx.become_tag(OPEN);
        }
        Ok(())
    }

    fn take(&mut self, kept: &[(String, String)], cx: &mut Cx<'_>) {
        for (key, text) in kept {
            match kept::read(key, text) {
                Some(Kept::Class(class)) => self.classes.push(class),
                Some(Kept::Guest(guest)) => self.guests.push(guest),
                None => cx.report("actors", format!("{key} can't be read")),
            }
        }
        for class in self.classes.clone() {
            for version in &class.versions {
                let call = self.load(&class, version, cx);
                self.opening.push((call, Wait::Code(class.chat, class.name.clone(), version.number)));
            }
        }
        if self.opening.is_empty() {
            self.start_trees(cx);
        }
    }

    fn start_trees(&mut self, cx: &mut Cx<'_>) {
        let mut chats: Vec<ChatId> = self.guests.iter().filter(|guest| !guest.is_stopped).map(|guest| guest.chat).collect();
        chats.dedup();
        for chat in chats {
            let call = self.start_tree(chat, cx);
            self.opening.push((call, Wait::Tree(chat)));
        }
    }

    fn start_all(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        let broken = |name: &str| self.class(chat, name).is_none_or(|class| class.broken.is_some());
        let is_meant = |guest: &&kept::Guest| guest.chat == chat && !guest.is_stopped && !broken(&guest.class);
        let names: Vec<String> = self.guests.iter().filter(is_meant).map(|guest| guest.name.clone()).collect();
        for name in names {
            if let Some(call) = self.start_guest(chat, &name, cx) {
                self.opening.push((call, Wait::Guest(chat, name)));
            }
        }
    }

    /// Asks the host to have the vat know this version.
    pub(super) fn load(&mut self, class: &Class, version: &Version, cx: &mut Cx<'_>) -> CallId {
        let known = self.loaded.entry(class.behaviour()).or_default();
        *known = (*known).max(version.number);
        // For the host there are modules and texts for its engine.
        let (kind, code) = match &version.module {
            Some(module) => (Kind::Wasm, module),
            None => (version.kind, &version.code),
        };
        let ask =
            json!({"op": "load", "name": class.behaviour(), "alias": class.name, "version": version.number, "kind": kind, "code": code});
        call_json(cx, self.doors.host, &ask, &[], WORK_MS)
    }

    /// Above every version that the vat has been given.
    pub(super) fn next_version(&self, chat: ChatId, class: &str) -> u32 {
        self.loaded.get(&kept::behaviour(chat, class)).map_or(1, |last| last + 1)
    }

    /// Permanent, so that it outlives a chain of crashes: what it then begins without is started again by whoever wants it.
    pub(super) fn start_tree(&self, chat: ChatId, cx: &mut Cx<'_>) -> CallId {
        let spec = SupervisorSpec::one_for_one().intensity(5, 10_000).announce(0);
        let child = ChildSpec::new(&format!("actors of chat {chat}"), supervisor::NAME, spec.encode());
        cx.call(self.doors.supervisors, &Request::StartChild(child).encode(), &[cx.me()], WORK_MS)
    }

    pub(super) fn tree_started(&mut self, chat: ChatId, tree: Ref, cx: &mut Cx<'_>) {
        if self.tree(chat).is_none() {
            self.trees.push((chat, tree));
            cx.watch(tree);
        }
    }

    /// Under its chat's supervisor, from where it was. None: there is no such actor, or no supervisor yet.
    pub(super) fn start_guest(&self, chat: ChatId, name: &str, cx: &mut Cx<'_>) -> Option<CallId> {
        let (guest, tree) = (self.guest(chat, name)?, self.tree(chat)?);
        let behaviour = kept::behaviour(chat, &guest.class);
        // What it fails on once is dropped: whoever asked is told, and decides.
        let spec = ChildSpec::new(name, &behaviour, guest.args.clone()).durability(Durability::Durable).poison(Poison::Skip(1));
        Some(cx.call(tree, &Request::StartChild(spec).encode(), &[], WORK_MS))
    }

    pub(super) fn has_begun(&mut self, chat: ChatId, name: &str, child: Option<Ref>, cx: &mut Cx<'_>) {
        let Some(guest) = self.guest_mut(chat, name) else { return };
        guest.link = child;
        guest.gave_up = false;
        guest.restarts = 0;
        if let Some(child) = child {
            cx.watch(child);
        }
    }
}

/// The ref of a child that was to be started.
pub(super) fn born(came: Came<'_>) -> Result<Ref, String> {
    let (body, child) = came.map_err(|settle| settle.to_string())?;
    let refs: Vec<Ref> = child.into_iter().collect();
    started(&Answer { body, refs: &refs }).map_err(|why| why.to_string())
}
