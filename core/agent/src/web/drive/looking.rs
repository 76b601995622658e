//! Where the tab is, waiting until it has arrived, and the look at the page before an act.
use super::{gate::failure, *};
use crate::web::{
    resolve::{self, Stale, Target},
    snapshot::Snapshot,
    verdict::Subject,
};
use job::Before;

/// Limit: how long a load is waited for.
const ARRIVE_MS: u64 = 15_000;
/// Events end the wait; this is for one that was lost with the service worker.
const POLL_MS: u64 = 1_000;
/// A failed load and the fence's word come in either order.
const SETTLE_MS: u64 = 150;
/// Limit: looks at the page before one act.
const LOOKS_MAX: u32 = 6;

impl Drive {
    pub(super) fn ask_tab(&mut self, then: Then, out: &mut Vec<Output>) {
        self.ask_browser(json!({"op": "tab", "tab": self.tab}), Stage::Tab(then), out);
    }

    pub(super) fn on_tab(&mut self, then: Then, answer: &Value, out: &mut Vec<Output>) {
        match failure(answer) {
            Some(kind) if self.may_ask_again(kind) => return self.ask_tab(then, out),
            Some(kind) => return self.end_failed(kind, "the tab does not answer", out),
            None => {}
        }
        if matches!(then, Then::After | Then::Gone | Then::Probe) && self.follow_blocked(out) {
            return;
        }
        let Some(job) = &mut self.job else { return };
        let loading = answer["loading"] == true;
        self.url = words::line(answer["url"].as_str().unwrap_or_default(), 4_000);
        job.url.clone_from(&self.url);
        let patient = match then {
            Then::Start => !matches!(job.call, Call::Navigate(_) | Call::Screenshot),
            Then::Retreat => false,
            Then::Look | Then::Go | Then::After | Then::Probe | Then::Gone => true,
        };
        if loading && patient && self.slow != self.url {
            if job.waited_ms < ARRIVE_MS {
                job.waited_ms += POLL_MS;
                job.stage = Stage::Arrive(then);
                out.push(Output::Wake { ms: POLL_MS });
                return;
            }
            self.slow.clone_from(&self.url);
        }
        if loading && patient {
            job.notes.push(format!("the page has not finished loading within {} s", ARRIVE_MS / 1_000));
        }
        self.arrived(then, out);
    }

    pub(super) fn arrived(&mut self, then: Then, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        job.waited_ms = 0;
        match then {
            Then::Start if matches!(job.call, Call::Navigate(_)) => self.begin_going(out),
            Then::Start => self.enter(out),
            Then::Look => self.look(out),
            Then::Go => self.go(out),
            Then::After => self.ask_after(out),
            Then::Probe => self.ask_probe(out),
            Then::Gone => self.gone(out),
            Then::Retreat => self.retreat(out),
        }
    }

    /// Another document is there; `by` is how the browser says it came.
    pub(super) fn on_commit(&mut self, url: String, redirected: bool, by: &str) {
        self.url.clone_from(&url);
        if let Some(job) = &mut self.job {
            job.url = url;
            job.seen.committed = true;
            job.seen.redirected |= redirected;
            job.seen.reloaded = by == "reload";
            job.seen.loaded = false;
            job.seen.failed = None;
        }
    }

    pub(super) fn on_moved(&mut self, url: String, out: &mut Vec<Output>) {
        self.on_commit(url.clone(), false, "link");
        self.on_loaded(url, out);
    }

    pub(super) fn on_loaded(&mut self, url: String, out: &mut Vec<Output>) {
        self.url.clone_from(&url);
        let Some(job) = &mut self.job else { return };
        job.url = url;
        job.seen.loaded = true;
        if let Stage::Arrive(then) = job.stage {
            // An earlier document's word must not end the wait for the next one.
            if then == Then::Start || job.seen.committed {
                self.arrived(then, out);
            }
        }
    }

    pub(super) fn on_nav_failed(&mut self, why: String, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        job.seen.failed = Some(why);
        if matches!(job.stage, Stage::Arrive(_)) {
            out.push(Output::Wake { ms: SETTLE_MS });
        }
    }

    /// The page as it is now, before the act.
    pub(super) fn look(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        job.looks += 1;
        if job.looks > LOOKS_MAX {
            let told = "the page changes faster than it can be acted on";
            return self.end(Verdict::Failed, told, told, out);
        }
        self.ask_page(json!({"do": "snapshot"}), Stage::Look, out);
    }

    pub(super) fn on_look(&mut self, answer: &Value, out: &mut Vec<Output>) {
        let Some(page) = self.snapshot(answer, out) else { return };
        let Some(job) = &mut self.job else { return };
        job.before = Before { doc: page.doc.clone(), url: page.url.clone(), hash: Past::of(&page).hash };
        let Some(act) = job.act().cloned() else { return };
        let mut notes = Vec::new();
        let mut subject = |target: &Option<Target>, earlier: &Option<Subject>| -> Result<Option<Subject>, Stale> {
            let found = match (target, earlier) {
                (Some(Target::Point(_)) | None, _) => return Ok(None),
                // Chosen before its owner was asked: it must still be that very element.
                (Some(_), Some(earlier)) => return unchanged(&page, earlier).map(Some),
                (Some(Target::Ref(number)), None) => resolve::by_ref(&page, &self.refs, *number)?,
                (Some(Target::Print(print)), None) => resolve::by_print(&page, print)?,
            };
            notes.extend(found.note);
            Ok(page.node(found.n).map(Subject::of))
        };
        let resolved = subject(&act.target, &job.target).and_then(|target| Ok((target, subject(&act.to, &job.to)?)));
        match resolved {
            Err(stale) => self.end_stale(&page, &stale, out),
            Ok((target, to)) => {
                let focused = || page.focus.and_then(|n| page.node(n)).map(Subject::of);
                job.target = if act.target.is_none() { focused() } else { target };
                job.to = to;
                job.notes.extend(notes);
                self.send_act(out);
            }
        }
    }

    /// The answer as a page that this call may see; otherwise what to do instead is under way.
    pub(super) fn snapshot(&mut self, answer: &Value, out: &mut Vec<Output>) -> Option<Snapshot> {
        if let Some(kind) = failure(answer) {
            match self.may_ask_again(kind) {
                true => self.ask_tab(Then::Start, out),
                false => self.end_failed(kind, "the page could not be read", out),
            }
            return None;
        }
        let Some(page) = Snapshot::read(answer) else {
            self.end(Verdict::Failed, "the page could not be read", "the page's answer makes no sense", out);
            return None;
        };
        let job = self.job.as_mut()?;
        if !address::origin(&page.url).is_some_and(|origin| job.may(&origin)) {
            // It went elsewhere meanwhile.
            job.url.clone_from(&page.url);
            job.looks += 1;
            match job.looks > LOOKS_MAX {
                true => self.end(Verdict::Failed, "the page keeps going elsewhere", "the page keeps going elsewhere", out),
                false => self.enter(out),
            }
            return None;
        }
        self.url.clone_from(&page.url);
        self.refs.follow(&page);
        Some(page)
    }
}

fn unchanged(page: &Snapshot, earlier: &Subject) -> Result<Subject, Stale> {
    match page.node(earlier.n) {
        Some(node) if earlier.print.fits(node) => Ok(Subject::of(node)),
        _ => Err(Stale {
            reason: "stale_ref: the element changed before it could be acted on".into(),
            evidence: format!("{} changed while its owner was asked", earlier.print.words()),
            near: Vec::new(),
        }),
    }
}
