//! Actors somebody looks at: the newest events of each, counts, and whether its facts go to the host.
use crate::{
    Fact, Time, What,
    status::{Line, Statistics},
};
use alloc::{collections::VecDeque, format, string::String, vec::Vec};

/// Limit: events in one actor's log. A person reads the last few.
pub const LOG_MAX: u16 = 1_000;
/// Limit: of a body, in a log's line.
const SHOWN_MAX: usize = 80;

#[derive(Default)]
pub(crate) struct Watched {
    pub traced: bool,
    pub statistics: Option<Statistics>,
    entries_max: usize,
    lines: VecDeque<Line>,
}

impl Watched {
    pub fn is_idle(&self) -> bool {
        !self.traced && self.statistics.is_none() && self.entries_max == 0
    }

    pub fn remember(&mut self, entries: u16) {
        self.entries_max = usize::from(entries.min(LOG_MAX));
        while self.lines.len() > self.entries_max {
            self.lines.pop_front();
        }
    }

    pub fn lines(&self) -> Vec<Line> {
        self.lines.iter().cloned().collect()
    }

    pub fn count(&mut self, since: Option<Time>) {
        self.statistics = since.map(|since| Statistics { since, ..Statistics::default() });
    }

    pub fn see(&mut self, fact: &Fact) {
        if let Some(statistics) = &mut self.statistics {
            match &fact.what {
                What::Received { .. } => statistics.received += 1,
                What::Sent { .. } => statistics.sent += 1,
                What::Spawned { .. } => statistics.spawned += 1,
                What::Committed
                | What::Closed
                | What::Held
                | What::Aborted { .. }
                | What::Ended { .. }
                | What::Dead { .. }
                | What::Note { .. } => {}
            }
        }
        if self.entries_max > 0
            && let Some(text) = tell(&fact.what)
        {
            if self.lines.len() == self.entries_max {
                self.lines.pop_front();
            }
            self.lines.push_back(Line { time: fact.time, text });
        }
    }
}

fn tell(what: &What) -> Option<String> {
    Some(match what {
        What::Spawned { child, behaviour, .. } => format!("> spawn {child} {behaviour}"),
        What::Sent { to, kind, text } => format!("> {to:?} {} {}", kind.name(), shown(text)),
        What::Received { from: Some(from), kind, text, .. } => format!("< {from} {} {}", kind.name(), shown(text)),
        What::Received { from: None, kind, text, .. } => format!("< host {} {}", kind.name(), shown(text)),
        What::Committed | What::Closed => return None,
        What::Aborted { reason } => format!("= aborted {reason}"),
        What::Held => "= held".into(),
        What::Ended { reason, .. } => format!("= ended {reason}"),
        What::Dead { class, to, .. } => format!("= dead letter, {} to {to:?}", class.name()),
        What::Note { kind, text } => format!("= {kind}: {text}"),
    })
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(SHOWN_MAX)]).into_owned()
}
