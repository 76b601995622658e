//! The end of a call: the page afterwards, the verdict, what the model, the card and a recipe are told.
use super::{gate::failure, reading::because, *};
use crate::web::{
    budget::Wish,
    diff::Diff,
    fence,
    input::Go,
    render,
    resolve::Stale,
    snapshot::Snapshot,
    verdict::{self, Around, Judged},
};
use job::Told;
use taken::{step, summary};

impl Drive {
    pub(super) fn ask_after(&mut self, out: &mut Vec<Output>) {
        self.ask_page(json!({"do": "snapshot"}), Stage::After, out);
    }

    pub(super) fn on_after(&mut self, answer: &Value, out: &mut Vec<Output>) {
        if let Some(kind) = failure(answer) {
            return match self.may_ask_again(kind) {
                true => self.ask_tab(Then::After, out),
                false => self.judge(None, because(kind), out),
            };
        }
        if self.follow_blocked(out) {
            return;
        }
        let page = Snapshot::read(answer);
        let Some(job) = &mut self.job else { return };
        if let Some(page) = &page {
            job.url.clone_from(&page.url);
            self.url.clone_from(&page.url);
        }
        let granted = address::origin(&job.url).is_some_and(|origin| job.may(&origin));
        match page {
            Some(page) if granted => {
                self.refs.follow(&page);
                self.judge(Some(&page), "", out);
            }
            Some(_) => self.judge(None, "the tab is now on a site that this task may not read", out),
            None => self.judge(None, "the page's answer makes no sense", out),
        }
    }

    /// `page` as it is afterwards, or why it can't be seen.
    fn judge(&mut self, page: Option<&Snapshot>, unseen: &str, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        let done = job.done.clone().unwrap_or_default();
        let after = page.map(Past::of);
        let other = |before: &str, now: &str| !before.is_empty() && before != now;
        let moved = after.as_ref().map_or(job.seen.committed, |after| other(&job.before.doc, &after.doc));
        let renamed = other(&job.before.url, &job.url);
        let differs = after.as_ref().is_some_and(|after| after.hash != job.before.hash);
        let events = job.seen.events.iter().map(|told| told.what.clone()).collect();
        let judged = match &job.call {
            Call::Act(act) => verdict::judge(act, job.target.as_ref(), &done, &Around { moved, renamed, differs, events }),
            Call::Navigate(go) => arrived(go, &job.url, job.seen.redirected),
            _ => Judged::plain(Verdict::Done, "waited"),
        };
        let mut said: Vec<String> =
            job.seen.events.iter().filter(|told| !told.said.is_empty()).map(|told| format!("{}: {}", told.what, told.said)).collect();
        said.extend(judged.said.iter().map(|said| words::line(said, 300)));
        let changed = differs || moved || renamed || !done.changed.is_empty() || !job.seen.events.is_empty();
        let diff = page.filter(|page| page.doc == self.shown.doc).map(|page| self.shown.diff(page));
        let seen_after = page.map(|page| seen_after(page, diff.as_ref())).unwrap_or_default();
        let step = matches!(judged.verdict, Verdict::Verified | Verdict::Unverified).then(|| step(job, seen_after)).flatten();

        let mut outcome = self.outcome(judged.verdict, &judged.told, &judged.shown);
        outcome.error = judged.verdict == Verdict::Failed;
        outcome.changed = changed;
        outcome.step = step;
        let mut parts = [outcome.text].to_vec();
        if !unseen.is_empty() {
            parts.push(format!("the page can't be shown: {unseen}"));
        }
        if let Some(page) = page {
            parts.push(self.aftermath(page, diff, &said));
            self.shown = Past::of(page);
        } else if !said.is_empty() {
            parts.push(fence("", &said.join("\n")));
        }
        outcome.text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        self.finish(outcome, out);
    }

    /// What changed since the model last saw this document, or the whole of another one.
    fn aftermath(&mut self, page: &Snapshot, diff: Option<Diff>, said: &[String]) -> String {
        let Some(diff) = diff else {
            let text = self.page_text(page, Wish::default());
            return if said.is_empty() { text } else { format!("{}\n{text}", fence(&page.origin, &said.join("\n"))) };
        };
        let mut lines = said.to_vec();
        let text = diff.text(page, &mut self.refs);
        if text.is_empty() && lines.is_empty() {
            return String::new();
        }
        lines.push(text);
        fence(&page.origin, &lines.join("\n"))
    }

    pub(super) fn end(&mut self, verdict: Verdict, told: &str, shown: &str, out: &mut Vec<Output>) {
        let mut outcome = self.outcome(verdict, told, shown);
        outcome.error = verdict != Verdict::Done;
        self.finish(outcome, out);
    }

    /// With words of the page's, fenced.
    pub(super) fn end_saying(&mut self, verdict: Verdict, told: &str, shown: &str, said: &str, out: &mut Vec<Output>) {
        let mut outcome = self.outcome(verdict, told, shown);
        outcome.error = true;
        if !said.is_empty() {
            let origin = address::origin(&self.url).unwrap_or_default();
            outcome.text = format!("{}\n{}", outcome.text, fence(&origin, said));
        }
        self.finish(outcome, out);
    }

    pub(super) fn end_failed(&mut self, kind: &str, what: &str, out: &mut Vec<Output>) {
        let why = because(kind);
        // An act whose answer is lost for good may have happened.
        match self.job.as_ref().is_some_and(|job| job.dispatched && job.done.is_none())
            && matches!(kind, "lost" | "timeout" | "crashed" | "gone")
        {
            true => self.unknown(why, out),
            false => self.end(Verdict::Failed, &format!("{what}: {why}"), why, out),
        }
    }

    pub(super) fn end_stale(&mut self, page: &Snapshot, stale: &Stale, out: &mut Vec<Output>) {
        let mut said = stale.evidence.clone();
        if !stale.near.is_empty() {
            said.push_str("\nnearest:");
        }
        for at in &stale.near {
            let node = &page.nodes[*at];
            said.push('\n');
            said.push_str(&render::numbered(node, self.refs.show(node), page.focus == Some(node.n), 0));
        }
        self.end_saying(Verdict::Failed, &format!("nothing was done: {}", stale.reason), &stale.evidence, &said, out);
    }

    pub(super) fn outcome(&self, verdict: Verdict, told: &str, shown: &str) -> Outcome {
        let word = match verdict {
            Verdict::Verified => "verified",
            Verdict::Unverified => "unverified",
            Verdict::Done | Verdict::Running => "done",
            Verdict::Unknown => "unknown",
            Verdict::Stopped => "stopped",
            Verdict::Denied | Verdict::Failed => "failed",
        };
        let notes =
            self.job.as_ref().map(|job| job.notes.iter().map(|note| format!("\nnote: {note}")).collect::<String>()).unwrap_or_default();
        let news: String = self.news.iter().map(|news| format!("\nnote: {news}")).collect();
        Outcome {
            verdict,
            summary: self.job.as_ref().map(summary).unwrap_or_default(),
            evidence: words::line(shown, 300),
            text: format!("{word}: {told}{notes}{news}"),
            page_before: self.job.as_ref().map_or(0, |job| job.before.hash),
            tab: Some(self.tab),
            url: self.url.clone(),
            ..Outcome::default()
        }
    }

    /// What is to be told before a reading.
    pub(super) fn preface(&self) -> String {
        let notes = self.job.iter().flat_map(|job| &job.notes);
        notes.chain(&self.news).map(|note| format!("note: {note}")).collect::<Vec<_>>().join("\n")
    }

    pub(super) fn finish(&mut self, outcome: Outcome, out: &mut Vec<Output>) {
        self.job = None;
        self.news.clear();
        out.push(Output::Finish(Box::new(outcome)));
    }

    pub(super) fn opened(&mut self, tab: &Value) {
        let id = tab["tab"].as_i64().unwrap_or_default();
        let url = words::line(tab["url"].as_str().unwrap_or_default(), 300);
        self.note_event(&format!("a new tab was opened (tab_id {id})"), &url);
    }

    pub(super) fn note_event(&mut self, what: &str, said: &str) {
        let told = Told { what: what.into(), said: words::line(said, 200) };
        match &mut self.job {
            Some(job) if job.seen.events.len() < 8 => job.seen.events.push(told),
            Some(_) => {}
            None => self.remember(what.into()),
        }
    }
}

fn arrived(go: &Go, url: &str, redirected: bool) -> Judged {
    let straight = match go {
        Go::To(wanted) => address::same_page(wanted, url) && !redirected,
        _ => true,
    };
    let told = if straight { "the page was loaded" } else { "a page was loaded, at another address than the one given" };
    Judged { verdict: Verdict::Verified, told: told.into(), shown: format!("now at {}", words::line(url, 200)), said: None }
}

/// A short text that was not there before, for a recipe to expect: without digits, which differ from run to run.
fn seen_after(page: &Snapshot, diff: Option<&Diff>) -> String {
    let fresh = |at: usize| diff.is_none_or(|diff| diff.added.contains(&at));
    let fits = |text: &str| (3..=80).contains(&text.chars().count()) && !text.chars().any(|c| c.is_ascii_digit());
    let heading = page
        .nodes
        .iter()
        .enumerate()
        .find(|(at, node)| matches!(node.role.as_str(), "heading" | "alert" | "status") && fresh(*at) && fits(node.words()));
    heading.map(|(_, node)| node.words().to_string()).unwrap_or_default()
}
