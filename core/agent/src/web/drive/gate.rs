//! What a call may do: the granted origins, the questions, the fence in the network layer.
use super::*;
use crate::{grants::NeedKind, web::acted::PageNeed};
use job::Grant;

impl Drive {
    /// The page's origin must be granted before it is read or acted on.
    pub(super) fn enter(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        let Some(origin) = address::origin(&job.url) else {
            let shown = words::line(&job.url, 100);
            let told = "this tab shows no web page that can be read or acted on; navigate to one first";
            return self.end(Verdict::Failed, told, &format!("no web page here: {shown}"), out);
        };
        if !job.may(&origin) {
            let need = Need { value: job.url.clone(), why: job.tool.clone(), kind: NeedKind::Act { origin: origin.clone() } };
            return self.ask(Grant::Act { origin }, need, out);
        }
        if job.act().is_some() { self.fence(Then::Look, out) } else { self.begin_reading(out) }
    }

    pub(super) fn fence(&mut self, then: Then, out: &mut Vec<Output>) {
        let Some(job) = &self.job else { return };
        let body = json!({"op": "fence", "tab": self.tab, "origins": job.origins});
        self.ask_browser(body, Stage::Fence(then), out);
    }

    /// Nothing is done without a fence.
    pub(super) fn on_fence(&mut self, then: Then, answer: &Value, out: &mut Vec<Output>) {
        match failure(answer) {
            None => match then {
                Then::Go => self.go(out),
                _ => self.look(out),
            },
            Some(kind) if self.may_ask_again(kind) => self.fence(then, out),
            Some(kind) => self.end_failed(kind, "the tab's fence could not be set", out),
        }
    }

    pub(super) fn ask(&mut self, grant: Grant, need: Need, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        job.stage = Stage::Grant(grant);
        out.push(Output::Need { effect: job.effect.clone(), need });
    }

    pub(super) fn allowed(&mut self, effect: &str, out: &mut Vec<Output>) {
        let Some(job) = self.job.as_mut().filter(|job| job.effect == effect) else { return };
        let Stage::Grant(grant) = job.stage.clone() else { return };
        match grant {
            Grant::Act { origin } => {
                job.grant(origin);
                self.enter(out);
            }
            Grant::Go { origin } => {
                job.grant(origin);
                self.fence(Then::Go, out);
            }
            Grant::Page { mut needs, mut allow } => {
                let need = needs.remove(0);
                if let NeedKind::Navigate { url } = &need.kind
                    && let Some(origin) = address::origin(url)
                {
                    job.grant(origin);
                }
                job.allow.push(allow.remove(0));
                match needs.first().cloned() {
                    Some(next) => self.ask(Grant::Page { needs, allow }, next, out),
                    // While its owner was thinking, the page may have changed: it is looked at afresh, with the fence as it is now.
                    None => self.fence(Then::Look, out),
                }
            }
            Grant::Blocked { url, origin } => {
                job.grant(origin);
                job.call = Call::Navigate(crate::web::input::Go::To(url));
                self.fence(Then::Go, out);
            }
        }
    }

    pub(super) fn denied(&mut self, effect: &str, reason: &str, out: &mut Vec<Output>) {
        let Some(job) = self.job.as_ref().filter(|job| job.effect == effect) else { return };
        let Stage::Grant(grant) = &job.stage else { return };
        let what = match grant {
            Grant::Act { origin } => format!("acting on {origin}"),
            Grant::Go { origin } => format!("going to {origin}"),
            Grant::Page { needs, .. } => needs.first().map(|need| words_of(&need.kind)).unwrap_or_default(),
            Grant::Blocked { origin, .. } => format!("following the page to {origin}"),
        };
        let reason = if reason.is_empty() { "denied" } else { reason };
        let told =
            format!("{what} was not allowed: {reason}. Nothing of that kind was done; do not try again unless your owner asks for it");
        let shown = format!("{what}: {reason}");
        if let (Grant::Blocked { .. }, Some(job)) = (grant.clone(), &mut self.job) {
            job.denied = Some((told, shown));
            return self.ask_tab(Then::Retreat, out);
        }
        self.end(Verdict::Denied, &told, &shown, out);
    }

    /// Where the browser shows that a load was held back, in place of the page, the page is brought back.
    pub(super) fn retreat(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        let (told, shown) = job.denied.take().unwrap_or_default();
        if !address::origin(&job.url).is_some_and(|origin| job.may(&origin)) {
            let effect = format!("{}.back", job.effect);
            out.push(Output::Tell { body: json!({"op": "navigate", "tab": self.tab, "history": "back", "effect": effect}) });
        }
        self.end(Verdict::Denied, &told, &shown, out);
    }

    /// What the page says it needs; what is granted already is not asked again.
    pub(super) fn on_needs(&mut self, page_needs: Vec<PageNeed>, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        let origin = address::origin(&job.before.url).unwrap_or_default();
        let (mut needs, mut allow) = (Vec::new(), Vec::new());
        for need in page_needs {
            let Some((kind, value, token)) = read_need(&need, &origin) else {
                let told = "the page wants to do something that is never allowed";
                return self.end(Verdict::Failed, told, &format!("{told}: {}", need.kind), out);
            };
            let granted = matches!(&kind, NeedKind::Navigate { url } if address::origin(url).is_some_and(|origin| job.may(&origin)));
            if granted && !job.allow.contains(&token) {
                job.allow.push(token);
            } else if !job.allow.contains(&token) {
                needs.push(Need { kind, value, why: job.tool.clone() });
                allow.push(token);
            }
        }
        match needs.first().cloned() {
            Some(first) => self.ask(Grant::Page { needs, allow }, first, out),
            None if job.looks < 4 => self.fence(Then::Look, out),
            None => {
                self.end(Verdict::Failed, "the page keeps asking for what was allowed", "the page keeps asking for what was allowed", out)
            }
        }
    }

    /// A load of the tab was stopped by the fence: its owner sees where it wanted to go.
    pub(super) fn on_blocked(&mut self, url: String, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else {
            self.remember("the page tried to go to another site by itself and was held back".into());
            return;
        };
        job.seen.blocked = Some(url);
        if matches!(job.stage, Stage::Arrive(Then::After | Then::Gone | Then::Probe)) {
            self.follow_blocked(out);
        }
    }

    /// Asks for what the fence held back; true when there was something.
    pub(super) fn follow_blocked(&mut self, out: &mut Vec<Output>) -> bool {
        let Some(job) = &mut self.job else { return false };
        let Some(url) = job.seen.blocked.take() else { return false };
        let Some(origin) = address::origin(&url) else {
            let told = "the page tried to open an address that is never opened, and was held back";
            self.end(Verdict::Failed, told, &format!("held back: {}", words::line(&url, 200)), out);
            return true;
        };
        let need = Need { kind: NeedKind::Navigate { url: url.clone() }, value: url.clone(), why: format!("{} led there", job.tool) };
        self.ask(Grant::Blocked { url, origin }, need, out);
        true
    }
}

/// A page's need as its owner is asked for it, the exact value, and the word by which the page is told that it is allowed.
fn read_need(need: &PageNeed, origin: &str) -> Option<(NeedKind, String, String)> {
    let origin = String::from(origin);
    let or = |first: &str, second: &str| if first.is_empty() { second.to_string() } else { first.to_string() };
    let kind = match need.kind.as_str() {
        "submit" => NeedKind::Submit { origin },
        "secret" => NeedKind::Secret { origin, field: need.field.clone() },
        "upload" => NeedKind::Upload { origin },
        "download" => NeedKind::Download { url: need.url.clone() },
        "navigate" => {
            let origin = address::origin(&need.url)?;
            return Some((NeedKind::Navigate { url: need.url.clone() }, need.url.clone(), format!("navigate:{origin}")));
        }
        _ => return None,
    };
    let value = match &kind {
        NeedKind::Submit { .. } => {
            [need.value.as_str(), need.url.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" → ")
        }
        NeedKind::Download { .. } => or(&need.url, &need.value),
        _ => or(&need.field, &need.value),
    };
    Some((kind, value, need.kind.clone()))
}

fn words_of(kind: &NeedKind) -> String {
    match kind {
        NeedKind::Navigate { url } => format!("going to {}", address::origin(url).unwrap_or_default()),
        NeedKind::Act { origin } => format!("acting on {origin}"),
        NeedKind::Submit { origin } => format!("submitting a form on {origin}"),
        NeedKind::Secret { origin, .. } => format!("typing into a protected field on {origin}"),
        NeedKind::Upload { origin } => format!("uploading a file to {origin}"),
        NeedKind::Download { .. } => "downloading a file".into(),
        NeedKind::Fetch { origin } => format!("letting code read from {origin}"),
    }
}

/// The kind of a failure that was understood.
pub(super) fn failure(answer: &Value) -> Option<&str> {
    match &answer["err"] {
        Value::Null => None,
        err => Some(err["kind"].as_str().unwrap_or("unknown")),
    }
}
