//! The next life of a chat whose run was cut: it goes on from what was kept, and does nothing twice.
//!
//! ```text
//! kept ─▶ counted ─▶ its tabs driven again ─▶ is the active one there? ─┬─ asking: the same request again
//!           └ too often: interrupted                                    ├─ acting: the same call again, with its trace if it had begun
//!                                                                       └─ waiting for the owner: the call asks again
//! ```
use super::{Action, LOOK, LOOK_MS, Session, effects::report, task::Stage};
use crate::{
    actors::wire::Found,
    view::{Item, RunPhase, TabId, Tone, Update},
};
use alloc::{format, string::String, vec::Vec};

/// Lives in a row in which nothing came to an end: more, and what cuts them may be this very run.
const WAKES_MAX: u32 = 4;

const GOES_ON: &str = "peerd was stopped in the middle of this task. It goes on where it was.";

impl Session {
    /// Whatever was waited for went with the life before.
    pub(super) fn wake(&mut self, out: &mut Vec<Action>) {
        let Some(task) = self.task.as_mut().filter(|task| !task.is_over()) else { return };
        task.wakes += 1;
        if task.wakes > WAKES_MAX {
            let effects = report(&task.effects);
            self.memory.results(core::mem::take(&mut task.results));
            let driven = core::mem::take(&mut task.driven);
            self.task = None;
            return self.interrupted(&effects, &driven, out);
        }
        // The actors that ask will ask again.
        for question in task.questions.drain(..) {
            out.push(Action::Withdraw { token: question.token });
        }
        task.waking = true;
        // Counted before anything is done, or a run that breaks its Worker would do so for ever.
        self.save_first(out);
    }

    /// It is kept that this life began.
    pub(super) fn rejoin(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &self.task else { return };
        for tab in &task.driven {
            out.push(Action::Drive { tab: *tab, title: self.chat.title.clone() });
        }
        match task.driven.first() {
            Some(active) if task.stage != Stage::Opening => out.push(Action::Find { tab: Some(*active) }),
            _ => self.take_up(out),
        }
    }

    /// The active tab was looked up. One that is gone is told; what to do about it is the model's business.
    pub(super) fn rejoined(&mut self, found: Result<Found, String>, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let closes_it = task.current.as_ref().is_some_and(|doing| doing.call.name == "close_tab");
        if found.is_ok_and(|found| found.gone) && !closes_it && !task.driven.is_empty() {
            let tab = task.driven.remove(0);
            let url = self.tabs.iter().find(|known| known.tab == tab).map(|known| known.url.as_str()).filter(|url| !url.is_empty());
            let place = url.map(|url| format!(" ({url})")).unwrap_or_default();
            let text = format!("Tab {tab}{place} is gone since peerd was stopped");
            task.news.push(format!("{text}; open it again with new_tab if it is still needed"));
            self.push(Item::Note { tone: Tone::Warning, text: format!("{text}.") }, out);
        }
        self.take_up(out);
    }

    fn take_up(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        task.waking = false;
        task.stands = task.paused
            && matches!(task.stage, Stage::Finding | Stage::Acting | Stage::Resting { before: true })
            && task.current.as_ref().is_some_and(|doing| doing.begun.is_none());
        let (stage, tab, stands) = (task.stage, task.tab, task.stands);
        if let Stage::Asking { item } = stage {
            self.words(item, String::new(), out);
        }
        self.note_once(Tone::Info, GOES_ON, out);
        out.push(Action::Show(Update::Chat { chat: self.whole() }));
        match stage {
            Stage::Opening => {
                self.phase(RunPhase::Thinking, "starting".into(), out);
                out.push(Action::Find { tab });
            }
            Stage::Asking { .. } => self.request(out),
            _ if stands => self.phase(RunPhase::Acting, self.step_line(), out),
            Stage::Finding | Stage::Acting => {
                self.phase(RunPhase::Acting, self.step_line(), out);
                self.find(out);
            }
            Stage::Looking => out.push(Action::Find { tab }),
            Stage::Resting { .. } => out.push(Action::Timer { key: LOOK, after_ms: LOOK_MS }),
            Stage::Between => self.go_on(out),
            Stage::Over => {}
        }
    }

    pub(super) fn note_once(&mut self, tone: Tone, text: &str, out: &mut Vec<Action>) {
        let is_said = matches!(self.items.last(), Some(Item::Note { text: said, .. }) if said == text);
        if !is_said {
            self.push(Item::Note { tone, text: text.into() }, out);
        }
    }

    /// The run is over where it was cut: what it had done is told, and nothing is repeated.
    pub(super) fn interrupted(&mut self, effects: &str, driven: &[TabId], out: &mut Vec<Action>) {
        self.close_items();
        let text = format!("Interrupted: what ran this task ended in the middle of it. Nothing is repeated by itself.\n{effects}");
        self.memory.interrupted(effects);
        self.items.push(Item::Note { tone: Tone::Warning, text });
        self.chat.run.phase = RunPhase::Interrupted;
        self.chat.run.line = "interrupted".into();
        // The tabs' fences and group outlived the Worker: they are taken up again only to be let go of.
        for tab in driven {
            out.push(Action::Drive { tab: *tab, title: self.chat.title.clone() });
        }
        out.push(Action::Release);
        out.push(Action::Show(Update::Chat { chat: self.whole() }));
        self.save(out);
    }

    /// Something came to an end in this life.
    pub(super) fn progressed(&mut self) {
        if let Some(task) = &mut self.task {
            task.wakes = 0;
        }
    }
}
