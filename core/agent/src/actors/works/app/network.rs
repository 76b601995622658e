//! What an app reaches: origins that its owner has allowed, for all its views, and for a trial what its chat has allowed for that.
use super::{App, BOOK, SHOW_MS, SHOW_REFUSED, tool::Call, view::Purpose};
use crate::{
    actors::{reply_json, sandboxes::origins_of, send_json, wire::ToChat, works::failed},
    grants::{Need, NeedKind},
    outcome::Outcome,
    view::Verdict,
    web::words,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_egress::Target;
use peerd_vat::Cx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Limits: of what its owner allows, and of what is offered to them.
const ORIGINS_MAX: usize = 12;
const REFUSED_MAX: usize = 8;

/// A trial that waits for its chat's word.
#[derive(Serialize, Deserialize)]
pub struct Asking {
    call: Call,
    ms: u64,
    script: String,
    origins: Vec<String>,
    /// The next one first.
    wanted: Vec<String>,
}

impl App {
    pub fn asks_for_trial(&mut self, call: Call, input: &Value, ms: u64, script: String, cx: &mut Cx<'_>) -> Result<(), String> {
        let origins = origins_of(input)?;
        let is_new = |origin: &&String| !call.origins.contains(origin) && !self.book.origins.contains(origin);
        let wanted = origins.iter().filter(is_new).cloned().collect();
        self.asking.push(Asking { call, ms, script, origins, wanted });
        self.go_on(self.asking.len() - 1, cx)
    }

    /// Asks for the next origin, or begins.
    fn go_on(&mut self, at: usize, cx: &mut Cx<'_>) -> Result<(), String> {
        let asking = &self.asking[at];
        if let Some(origin) = asking.wanted.first() {
            let need = Need { kind: NeedKind::Fetch { origin: origin.clone() }, value: origin.clone(), why: "app_preview".into() };
            send_json(cx, asking.call.asker, &ToChat::Need { effect: asking.call.effect.clone(), need });
            return Ok(());
        }
        let Asking { call, ms, script, origins, .. } = self.asking.remove(at);
        self.open_view(Purpose::Try { call, ms, script, origins }, false, cx)
    }

    pub fn allowed(&mut self, effect: &str, cx: &mut Cx<'_>) {
        let Some(at) = self.asking.iter().position(|asking| asking.call.effect == effect) else { return };
        self.asking[at].wanted.remove(0);
        let reply = self.asking[at].call.reply;
        if let Err(why) = self.go_on(at, cx) {
            reply_json(cx, reply, &failed(&why));
        }
    }

    pub fn denied(&mut self, effect: &str, reason: &str, cx: &mut Cx<'_>) {
        let Some(at) = self.asking.iter().position(|asking| asking.call.effect == effect) else { return };
        let asking = self.asking.remove(at);
        let text = format!("Not executed: {reason} ({}).", words::line(&asking.wanted[0], 200));
        let outcome = Outcome { verdict: Verdict::Denied, evidence: reason.into(), text, error: true, ..Outcome::default() };
        reply_json(cx, asking.call.reply, &outcome);
    }

    pub fn forget_asking(&mut self, is_meant: impl Fn(&Call) -> bool) {
        self.asking.retain(|asking| !is_meant(&asking.call));
    }

    /// Its owner's word, kept with the app.
    pub fn allow(&mut self, written: &str, cx: &mut Cx<'_>) -> Result<(), String> {
        let address = if written.contains("://") { written.to_string() } else { format!("https://{written}") };
        let origin = origins_of(&json!({"origins": [address]}))?.remove(0);
        if self.book.origins.len() >= ORIGINS_MAX {
            return Err(format!("an app reaches at most {ORIGINS_MAX} origins"));
        }
        if !self.book.origins.contains(&origin) {
            self.book.origins.push(origin.clone());
            self.book.origins.sort();
            self.keep_book(cx);
        }
        self.refused.retain(|known| *known != origin);
        self.show_whole(cx);
        for at in (0..self.views.len()).rev() {
            self.lend_to_view(at, cx);
        }
        Ok(())
    }

    pub fn take_back(&mut self, origin: &str, cx: &mut Cx<'_>) {
        self.book.origins.retain(|known| known != origin);
        self.keep_book(cx);
        for view in &mut self.views {
            view.sandbox.take_back(origin, self.doors, cx);
        }
        for at in (0..self.views.len()).rev() {
            self.lend_to_view(at, cx);
        }
        self.show_whole(cx);
    }

    fn keep_book(&mut self, cx: &mut Cx<'_>) {
        self.write([(BOOK.into(), serde_json::to_string(&self.book).ok())].into(), cx);
    }

    /// A view asked for what it was not lent. What it says is hostile until it is read.
    pub fn asked_in_vain(&mut self, number: u64, method: &str, url: &str, cx: &mut Cx<'_>) {
        let Ok(target) = Target::parse(url) else { return };
        let Some(view) = self.views.iter().find(|view| view.number == number) else { return };
        view.sandbox.refused(method, url, self.doors, cx);
        let origin = target.origin();
        let is_shown = matches!(view.purpose, Purpose::Page(_));
        if is_shown && !self.refused.contains(&origin) && !self.book.origins.contains(&origin) {
            self.refused.push(origin);
            if self.refused.len() > REFUSED_MAX {
                self.refused.remove(0);
            }
            // Soon, and this alone: it may ask as often as it likes, and its files are large.
            if !core::mem::replace(&mut self.shows_refused, true) {
                cx.timer(SHOW_REFUSED, SHOW_MS);
            }
        }
    }

    pub fn show_refused(&mut self, cx: &mut Cx<'_>) {
        self.shows_refused = false;
        self.show(json!({"network": {"origins": self.book.origins, "refused": self.refused}}), cx);
    }
}
