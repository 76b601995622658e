//! Loading another page in the tab: asked for, fenced, dispatched once, compared with where it should lead.
use super::{gate::failure, *};
use crate::{
    grants::NeedKind,
    web::{acted::Done, input::Go},
};
use job::{Before, Grant};

const TRIES_MAX: u32 = 3;
const NO_WAY: &str = "there is no page in that direction";

impl Drive {
    pub(super) fn begin_going(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        job.before = Before { url: job.url.clone(), hash: words::hash(0, &job.url), doc: self.refs.doc().into() };
        if let Call::Navigate(Go::To(url)) = &job.call {
            let Some(origin) = address::origin(url) else {
                let told = "only http and https addresses can be opened";
                return self.end(Verdict::Failed, told, told, out);
            };
            if !job.may(&origin) {
                let need = Need { kind: NeedKind::Navigate { url: url.clone() }, value: url.clone(), why: job.tool.clone() };
                return self.ask(Grant::Go { origin }, need, out);
            }
        }
        self.fence(Then::Go, out);
    }

    pub(super) fn go(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        let Call::Navigate(go) = &job.call else { return };
        let mut body = json!({"op": "navigate", "tab": self.tab});
        match go {
            Go::To(url) => body["url"] = url.as_str().into(),
            Go::Back => body["history"] = "back".into(),
            Go::Forward => body["history"] = "forward".into(),
            Go::Reload => body["history"] = "reload".into(),
        }
        job.sends += 1;
        job.tries += 1;
        if job.tries > TRIES_MAX {
            let told = "the browser never began to load it";
            return self.end(Verdict::Failed, told, told, out);
        }
        body["effect"] = job.act_effect().into();
        job.dispatched = true;
        job.seen = job::Seen { events: core::mem::take(&mut job.seen.events), ..job::Seen::default() };
        self.ask_browser(body, Stage::Go, out);
    }

    pub(super) fn on_go(&mut self, answer: &Value, out: &mut Vec<Output>) {
        match failure(answer) {
            None => self.going(out),
            // Given up before it began; a new try has an effect of its own.
            Some("void") => self.go(out),
            Some("lost" | "timeout" | "begun") if self.probing == Probing::On => self.ask_go_probe(out),
            Some("lost" | "timeout" | "begun") => self.go(out),
            Some("failed") if self.job.as_ref().is_some_and(|job| matches!(job.call, Call::Navigate(Go::Back | Go::Forward))) => {
                self.end(Verdict::Failed, NO_WAY, NO_WAY, out);
            }
            Some(kind) => self.end_failed(kind, "the browser refused to load it", out),
        }
    }

    fn ask_go_probe(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &self.job else { return };
        let body = json!({"op": "probe", "effect": job.act_effect()});
        self.ask_browser(body, Stage::GoProbe, out);
    }

    pub(super) fn on_go_probe(&mut self, answer: &Value, out: &mut Vec<Output>) {
        if let Some(kind) = failure(answer) {
            return match self.may_ask_again(kind) {
                true => self.ask_go_probe(out),
                false => self.unknown("the browser does not answer", out),
            };
        }
        match answer["state"].as_str().unwrap_or_default() {
            // Fenced off by the question: it will not begin any more.
            "unknown" if self.is_step_of_earlier_life() => self.unknown("the browser knows nothing of it any more", out),
            "unknown" => self.fence(Then::Go, out),
            "done" if answer["answer"].get("err").is_some() => self.on_go(&answer["answer"], out),
            _ => self.going(out),
        }
    }

    /// What a browser knows of effects goes with an update of the extension. An address can be loaded twice; a step back is another one
    /// then.
    fn is_step_of_earlier_life(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.recalled && matches!(job.call, Call::Navigate(Go::Back | Go::Forward)))
    }

    /// It was dispatched: wait for the page, if it has not come already.
    fn going(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        if job.seen.loaded && job.seen.committed {
            return self.arrived(Then::Gone, out);
        }
        if job.seen.blocked.is_some() {
            self.follow_blocked(out);
            return;
        }
        // A load that begins a moment later must not be taken for one that never began.
        job.waited_ms = 0;
        job.stage = Stage::Arrive(Then::Gone);
        out.push(Output::Wake { ms: 1_000 });
    }

    /// The tab is quiet again: is it where it should be?
    pub(super) fn gone(&mut self, out: &mut Vec<Output>) {
        if self.follow_blocked(out) {
            return;
        }
        let Some(job) = &mut self.job else { return };
        if let Some((told, shown)) = job.denied.take() {
            job.call = turned(&job.call);
            return self.end(Verdict::Failed, &told, &shown, out);
        }
        // The empty page a tab began with: nothing can be done there, so back to where it was.
        if let (Call::Navigate(Go::Back | Go::Forward), None, true) = (&job.call, address::origin(&job.url), job.seen.committed) {
            job.call = turned(&job.call);
            job.denied = Some((NO_WAY.into(), NO_WAY.into()));
            return self.go(out);
        }
        let there = match &job.call {
            Call::Navigate(Go::To(url)) => address::same_page(url, &job.url) || job.seen.committed,
            Call::Navigate(Go::Reload) => job.seen.committed || job.lost > 0,
            _ => job.seen.committed || job.url != job.before.url,
        };
        if let Some(why) = job.seen.failed.take().filter(|_| !job.seen.committed) {
            let told = "the page could not be loaded";
            return self.end_saying(Verdict::Failed, told, &format!("{told}: {why}"), &why, out);
        }
        if !there {
            if job.lost > 0 {
                return self.unknown("the tab is not where the load would have led", out);
            }
            let told = match &job.call {
                Call::Navigate(Go::To(_)) => "no page came of it; it may be a download, or the server gave nothing",
                _ => NO_WAY,
            };
            return self.end(Verdict::Failed, told, told, out);
        }
        job.done = Some(Done { reached: true, changed: ["url".to_string()].into(), ..Done::default() });
        self.ask_after(out);
    }
}

/// Back for forward and forward for back.
fn turned(call: &Call) -> Call {
    match call {
        Call::Navigate(Go::Back) => Call::Navigate(Go::Forward),
        Call::Navigate(Go::Forward) => Call::Navigate(Go::Back),
        other => other.clone(),
    }
}
