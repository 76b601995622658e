//! The act itself: sent once, asked after when its answer is lost, repeated only when it is known not to have begun.
use super::{gate::failure, *};
use crate::web::{
    acted::{Acted, Done, Refusal},
    input::{Act, Button, Deed, Setting},
    resolve::Target,
    verdict::Subject,
};

/// A letter is typed within this, also in a background tab.
const LETTER_MS: u64 = 25;
/// Limit: dispatches of one call, each known not to have happened.
const TRIES_MAX: u32 = 4;

impl Drive {
    pub(super) fn send_act(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        job.sends += 1;
        job.tries += 1;
        if job.tries > TRIES_MAX {
            let told = "it could not be done: the page never took it";
            return self.end(Verdict::Failed, told, told, out);
        }
        job.dispatched = true;
        job.seen = job::Seen { events: core::mem::take(&mut job.seen.events), ..job::Seen::default() };
        let Some(act) = job.act() else { return };
        let request = json!({
            "do": "act",
            "effect": job.act_effect(),
            "doc": job.before.doc,
            "act": message(act, job.target.as_ref(), job.to.as_ref()),
            "allow": job.allow,
            "ms": patience(act),
        });
        self.ask_page(request, Stage::Act, out);
    }

    pub(super) fn on_act(&mut self, answer: &Value, out: &mut Vec<Output>) {
        let Some(kind) = failure(answer) else { return self.on_acted(answer, out) };
        if let Some(job) = &mut self.job {
            job.cut_off = kind == "navigated";
        }
        match kind {
            // The document went away under the act, which is what a followed link looks like.
            "navigated" => self.ask_tab(Then::Probe, out),
            "void" => self.send_act(out),
            "lost" | "timeout" | "begun" if self.probing == Probing::On => self.ask_tab(Then::Probe, out),
            "lost" | "timeout" | "begun" => self.send_act(out),
            kind => self.end_failed(kind, "the page can't be acted on", out),
        }
    }

    fn on_acted(&mut self, answer: &Value, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        match Acted::read(answer) {
            Some(Acted::Done(done)) => {
                job.done = Some(done);
                self.ask_tab(Then::After, out);
            }
            Some(Acted::Needs(needs)) => {
                job.tries -= 1;
                job.dispatched = false;
                self.on_needs(needs, out);
            }
            Some(Acted::Stale) => {
                job.tries -= 1;
                job.dispatched = false;
                self.fence(Then::Look, out);
            }
            // Redrawn between the look and the act; the next look finds its heir.
            Some(Acted::Refused(refusal)) if refusal.reason == "detached" && job.tries < TRIES_MAX => {
                job.dispatched = false;
                job.target = None;
                job.to = None;
                self.look(out);
            }
            Some(Acted::Refused(refusal)) => {
                job.dispatched = false;
                self.refused(&refusal, out);
            }
            // Shut out by our own probe: a new try has an effect of its own.
            Some(Acted::Void) => self.send_act(out),
            Some(Acted::Cancelled) => self.end(Verdict::Stopped, "stopped in the middle", "stopped in the middle", out),
            None => self.unknown("the page's answer makes no sense", out),
        }
    }

    fn refused(&mut self, refusal: &Refusal, out: &mut Vec<Output>) {
        let (told, mut said) = (format!("nothing was done: {}", refusal.words()), Vec::new());
        if !refusal.cover.is_empty() {
            said.push(format!("covered by: {}", refusal.cover));
        }
        if !refusal.options.is_empty() {
            said.push(format!("options: {}", refusal.options.join(" | ")));
        }
        let shown = [alloc::vec![refusal.words().to_string()], said.clone()].concat().join("; ");
        self.end_saying(Verdict::Failed, &told, &shown, &said.join("\n"), out);
    }

    pub(super) fn ask_probe(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &self.job else { return };
        let request = json!({"do": "probe", "effect": job.act_effect()});
        self.ask_page(request, Stage::Probe, out);
    }

    /// Done, not done, or unclear: the page knows the acts of its own document; of another document only the address can tell.
    pub(super) fn on_probe(&mut self, answer: &Value, out: &mut Vec<Output>) {
        match failure(answer) {
            Some(kind) if self.may_ask_again(kind) => return self.ask_tab(Then::Probe, out),
            Some(_) if self.moved() => return self.taken_as_done(out),
            Some(_) => return self.unknown("the page does not answer", out),
            None => {}
        }
        if answer["known"] == true {
            return self.on_acted(&answer["answer"], out);
        }
        let Some(job) = &mut self.job else { return };
        if answer["doc"].as_str() == Some(job.before.doc.as_str()) {
            // It never began in this very document and can't any more: not done.
            return self.send_act(out);
        }
        job.url = words::line(answer["url"].as_str().unwrap_or_default(), 4_000);
        match self.moved() {
            true => self.taken_as_done(out),
            false => self.unknown("the page was loaded anew at the same address", out),
        }
    }

    /// Only acts that can lead elsewhere are confirmed by being elsewhere: at another address, or, where the answer was cut off by a
    /// document that came by a link or a form, in that document.
    fn moved(&self) -> bool {
        let leads = |act: &Act| {
            matches!(act.deed, Deed::Click { .. } | Deed::Key { .. } | Deed::Set(_) | Deed::Drag)
                || matches!(&act.deed, Deed::Type(text) if text.contains('\n'))
        };
        self.job.as_ref().is_some_and(|job| {
            let came = job.cut_off && job.seen.committed && !job.seen.reloaded;
            let elsewhere = came || !job.url.is_empty() && job.url.split('#').next() != job.before.url.split('#').next();
            elsewhere && address::origin(&job.url).is_some() && job.act().is_some_and(leads)
        })
    }

    fn taken_as_done(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        job.done = Some(Done { reached: true, changed: ["url".to_string()].into(), ..Done::default() });
        if !job.cut_off {
            job.notes.push("its answer was lost; that the page moved on shows that it was done".into());
        }
        self.ask_tab(Then::After, out);
    }

    pub(super) fn unknown(&mut self, why: &str, out: &mut Vec<Output>) {
        let told = format!("it is not known whether it was done: {why}. It was not repeated; look at the page before deciding");
        self.end(Verdict::Unknown, &told, &format!("not known whether it was done: {why}"), out);
    }
}

/// How long the page may take beyond what any act may.
fn patience(act: &Act) -> u64 {
    let letters = match &act.deed {
        Deed::Type(text) => text.chars().count(),
        Deed::Set(Setting::Text(text)) => text.lines().count(),
        Deed::Key { keys, repeat } => keys.split_whitespace().count() * *repeat as usize,
        _ => 0,
    };
    (letters as u64 * LETTER_MS).min(120_000)
}

/// The act in the page's words.
fn message(act: &Act, target: Option<&Subject>, to: Option<&Subject>) -> Value {
    let place = |target: &Option<Target>, subject: Option<&Subject>| match (target, subject) {
        (Some(Target::Point([x, y])), _) => json!({"x": x, "y": y}),
        (Some(_), Some(subject)) => json!({"n": subject.n}),
        _ => json!({}),
    };
    let mut message = place(&act.target, target);
    let mut put = |key: &str, value: Value| message[key] = value;
    match &act.deed {
        Deed::Click { button, count, modifiers } => {
            put("kind", "click".into());
            put("button", if *button == Button::Left { "left".into() } else { "right".into() });
            put("count", (*count).into());
            put("modifiers", json!(modifiers));
        }
        Deed::Set(setting) => {
            put("kind", "set".into());
            put(
                "value",
                match setting {
                    Setting::Text(text) => text.as_str().into(),
                    Setting::Number(number) => whole(*number),
                    Setting::On(on) => (*on).into(),
                },
            );
        }
        Deed::Type(text) => {
            put("kind", "type".into());
            put("text", text.as_str().into());
        }
        Deed::Key { keys, repeat } => {
            put("kind", "key".into());
            put("keys", keys.as_str().into());
            put("repeat", (*repeat).into());
        }
        Deed::Scroll { dx, dy } => {
            put("kind", "scroll".into());
            put("dx", (*dx).into());
            put("dy", (*dy).into());
        }
        Deed::ScrollTo => put("kind", "scroll_to".into()),
        Deed::Hover => put("kind", "hover".into()),
        Deed::Drag => {
            return json!({"kind": "drag", "from": message, "to": place(&act.to, to)});
        }
        Deed::SelectText { start, end } => {
            put("kind", "select_text".into());
            for (key, at) in [("start", start), ("end", end)] {
                if let Some(at) = at {
                    put(key, (*at).into());
                }
            }
        }
    }
    message
}

/// `5`, not `5.0`.
fn whole(number: f64) -> Value {
    let cut = number as i64;
    if cut as f64 == number { cut.into() } else { number.into() }
}
