//! The calls that only look: the page's lines, its text, a search, a picture, waiting for something.
use super::{gate::failure, *};
use crate::{
    model::Image,
    web::{
        budget::{self, Wish},
        fence, find,
        input::Until,
        refs::{self, Meant},
        render, resolve,
        snapshot::Snapshot,
    },
};
use job::Before;

const TEXT_MAX: usize = 30_000;
/// base64; larger pictures help no model.
const PICTURE_MAX: usize = 8_000_000;

impl Drive {
    pub(super) fn begin_reading(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        job.before = Before { doc: self.shown.doc.clone(), url: self.shown.url.clone(), hash: self.shown.hash };
        match &job.call {
            Call::Text => self.ask_page(json!({"do": "text", "max": TEXT_MAX}), Stage::Read, out),
            Call::Screenshot => {
                self.ask_browser(json!({"op": "screenshot", "tab": self.tab}), Stage::Read, out);
            }
            Call::Wait { until: Until::Time, ms } => {
                out.push(Output::Wake { ms: *ms });
                job.stage = Stage::Pause;
            }
            Call::Wait { until, ms } => {
                let (ms, until) = (*ms, until.clone());
                match self.wait_words(&until) {
                    Ok(words) => self.ask_page(json!({"do": "wait", "until": words, "ms": ms}), Stage::Read, out),
                    Err(why) => self.end(Verdict::Failed, &why, &why, out),
                }
            }
            _ => self.ask_page(json!({"do": "snapshot"}), Stage::Read, out),
        }
    }

    fn wait_words(&self, until: &Until) -> Result<Value, String> {
        match until {
            Until::Text(text) => Ok(json!({ "text": text })),
            Until::Gone(text) => Ok(json!({ "gone": text })),
            Until::Ref(number) => match self.refs.meant(*number) {
                Meant::Element { n, .. } => Ok(json!({ "n": n })),
                Meant::Past => Err(format!("stale_ref: {} belongs to a page that is gone", refs::name(*number))),
                Meant::Never => Err(format!("{} was never shown", refs::name(*number))),
            },
            Until::Time => Ok(json!({})),
        }
    }

    pub(super) fn on_read(&mut self, answer: &Value, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        match job.call.clone() {
            Call::Screenshot => self.on_picture(answer, out),
            Call::Text => self.on_text(answer, out),
            Call::Wait { .. } => self.on_waited(answer, out),
            call => {
                let Some(page) = self.snapshot(answer, out) else { return };
                match call {
                    Call::Read { filter, within, depth, chars } => self.show(&page, Wish { filter, within, depth, chars }, out),
                    Call::Find { query } => self.find(&page, &query, out),
                    // Acts and loads never read by this way.
                    _ => {}
                }
            }
        }
    }

    fn show(&mut self, page: &Snapshot, mut wish: Wish, out: &mut Vec<Output>) {
        if let Some(number) = wish.within {
            match resolve::by_ref(page, &self.refs, number) {
                Ok(found) => wish.within = Some(found.n),
                Err(stale) => return self.end_stale(page, &stale, out),
            }
        }
        let text = self.page_text(page, wish);
        self.shown = Past::of(page);
        self.end_reading("read", &text, &page.url, out);
    }

    /// The page's head and its lines, fenced.
    pub(super) fn page_text(&mut self, page: &Snapshot, wish: Wish) -> String {
        let view = page.viewport;
        let mut text = format!("url: {}\ntitle: {}\n", words::line(&page.url, 1_000), words::line(&page.title, 300));
        text.push_str(&format!(
            "viewport: {}x{}, scrolled to {},{} of {}x{}\n",
            view.width, view.height, view.scroll_x, view.scroll_y, view.page_width, view.page_height
        ));
        if let Some((kind, said)) = &page.dialog {
            text.push_str(&format!("dialog: {kind}: {said}\n"));
        }
        text.push_str(&budget::page(page, &mut self.refs, wish));
        fence(&page.origin, &text)
    }

    fn find(&mut self, page: &Snapshot, query: &str, out: &mut Vec<Output>) {
        let found = find::rank(page, query, find::MATCHES_MAX);
        let mut lines = String::new();
        for at in &found {
            let node = &page.nodes[*at];
            lines.push_str(&render::numbered(node, self.refs.show(node), page.focus == Some(node.n), 0));
            lines.push('\n');
        }
        let text = match found.len() {
            0 => "nothing on the page matches".to_string(),
            count => format!("{count} matches, the best first\n{}", fence(&page.origin, &lines)),
        };
        self.end_reading(&format!("{} matches", found.len()), &text, &page.url, out);
    }

    fn on_text(&mut self, answer: &Value, out: &mut Vec<Output>) {
        if let Some(kind) = failure(answer) {
            return match self.may_ask_again(kind) {
                true => self.ask_tab(Then::Start, out),
                false => self.end_failed(kind, "the page could not be read", out),
            };
        }
        let url = words::line(answer["url"].as_str().unwrap_or_default(), 4_000);
        let Some(job) = &mut self.job else { return };
        let Some(origin) = address::origin(&url).filter(|origin| job.may(origin)) else {
            job.url = url;
            return match self.may_ask_again("navigated") {
                true => self.enter(out),
                false => self.end(Verdict::Failed, "the page keeps going elsewhere", "the page keeps going elsewhere", out),
            };
        };
        let title = words::line(answer["title"].as_str().unwrap_or_default(), 300);
        let text = words::block(answer["text"].as_str().unwrap_or_default(), TEXT_MAX);
        let text = fence(&origin, &format!("title: {title}\n\n{text}"));
        self.end_reading("read", &text, &url, out);
    }

    fn on_picture(&mut self, answer: &Value, out: &mut Vec<Output>) {
        if let Some(kind) = failure(answer) {
            if self.may_ask_again(kind) {
                return self.begin_reading(out);
            }
            let why = match answer["err"]["text"].as_str() {
                Some(text) if !text.is_empty() => words::line(text, 300),
                _ => because(kind).to_string(),
            };
            return self.end(Verdict::Failed, &format!("no picture: {why}"), &why, out);
        }
        let (mime, data) = (answer["mime"].as_str().unwrap_or("image/jpeg"), answer["data"].as_str().unwrap_or_default());
        if data.is_empty() || data.len() > PICTURE_MAX {
            let told = "no picture: the browser gave none of a usable size";
            return self.end(Verdict::Failed, told, told, out);
        }
        let image = Image { mime: mime.into(), data: data.into() };
        let hash = words::hash(0, data);
        let mut outcome = self.outcome(Verdict::Done, "a picture of the visible page", "a picture of the visible page");
        outcome.changed = self.read != hash;
        outcome.images = [image].into();
        self.read = hash;
        self.finish(outcome, out);
    }

    fn on_waited(&mut self, answer: &Value, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        if let Some(kind) = failure(answer) {
            // Another page came: the wait begins again there.
            return match self.may_ask_again(kind) {
                true => self.ask_tab(Then::Start, out),
                false => self.end_failed(kind, "the page could not be waited for", out),
            };
        }
        if answer["met"] != true {
            let told = "what was waited for did not come";
            let Call::Wait { ms, .. } = job.call else { return };
            return self.end(Verdict::Failed, &format!("{told} within {ms} ms"), told, out);
        }
        self.ask_after(out);
    }

    pub(super) fn end_reading(&mut self, evidence: &str, text: &str, url: &str, out: &mut Vec<Output>) {
        let hash = words::hash(0, text);
        let mut outcome = self.outcome(Verdict::Done, "", evidence);
        outcome.text = [self.preface(), text.to_string()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        outcome.changed = self.read != hash;
        outcome.url = url.into();
        self.read = hash;
        self.finish(outcome, out);
    }
}

/// A failure's kind in words.
pub(super) fn because(kind: &str) -> &'static str {
    match kind {
        "no_access" => "peerd may not act on this site; its owner can allow it in the browser",
        "no_page" => "there is no page in the tab that can be acted on",
        "navigated" => "the page keeps loading anew",
        "gone" => "the tab was closed",
        "crashed" => "the page crashed",
        "timeout" => "it did not answer in time",
        "lost" => "the browser's side died again and again",
        "unkept" => "it could not be written down first, so nothing was done",
        "background" => "the tab is in the background",
        _ => "the browser could not do it",
    }
}
