//! The one renderer of transcripts: log, snapshot, bug report and inspector all show this text (STYLE.md, last section).
use crate::{words, world::LOST};
use peerd_vat::{ActorId, DeadClass, Fact, MessageKind, Ref, What};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The facts as lines, one per input, output and fact; what only repeats a line before it is left out.
#[must_use]
pub fn render(facts: &[Fact]) -> String {
    let mut transcript = Transcript::default();
    let mut text = String::new();
    for fact in facts {
        if let Some(line) = transcript.line(fact) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Gives out short names in order of birth, so it must see every fact once and in order.
#[derive(Default)]
pub struct Transcript {
    actors: BTreeMap<ActorId, Known>,
    /// Whose turn was just dropped: the end that follows says nothing new.
    aborted: Option<ActorId>,
}

struct Known {
    name: String,
    behaviour: &'static str,
}

impl Transcript {
    pub fn line(&mut self, fact: &Fact) -> Option<String> {
        if let What::Spawned { child, behaviour, .. } = &fact.what {
            let name = if self.actors.is_empty() { "root".into() } else { format!("a{}", self.actors.len()) };
            self.actors.entry(*child).or_insert(Known { name, behaviour });
        }
        if matches!(&fact.what, What::Note { kind, .. } if kind == LOST) {
            // Places are given out anew.
            self.actors.clear();
        }
        let what = self.what(fact)?;
        let ms = fact.time.0;
        Some(format!("{}.{:03} {:<6} {what}", ms / 1_000, ms % 1_000, self.name(fact.actor)))
    }

    fn what(&mut self, fact: &Fact) -> Option<String> {
        Some(match &fact.what {
            What::Spawned { child, incarnation: 1, behaviour, label, .. } => {
                let mut line = format!("> spawn {} {behaviour}", self.name(Some(*child)));
                if !label.is_empty() && label != behaviour {
                    let _ = write!(line, " {label:?}");
                }
                line
            }
            What::Spawned { child, note, .. } if note.is_empty() => format!("> restart {}", self.name(Some(*child))),
            What::Spawned { child, note, .. } => format!("> restart {} ({note})", self.name(Some(*child))),
            What::Sent { to, kind, text } => format!("> {}", self.message(*kind, &self.ref_name(*to), fact.actor, to.actor_id(), text)),
            What::Received { kind: MessageKind::Init, .. } => return None,
            What::Received { from, kind, text, .. } => {
                let name = from.map_or(String::new(), |from| self.name(Some(from)));
                format!("< {}", self.message(*kind, &name, *from, fact.actor, text))
            }
            What::Committed | What::Closed => return None,
            What::Held => {
                self.aborted = None;
                "= held".into()
            }
            What::Aborted { reason } => {
                self.aborted = fact.actor;
                format!("= {reason}, turn dropped")
            }
            What::Ended { .. } if self.aborted.is_some() && self.aborted == fact.actor => {
                self.aborted = None;
                return None;
            }
            What::Ended { reason, .. } => format!("= ended {reason}"),
            // The turn that was dropped was this message's.
            What::Dead { class: DeadClass::Crashed, .. } => return None,
            What::Dead { class, to, kind, text } => {
                // What is no user's word is told in the kernel's bytes.
                let text = if matches!(kind, MessageKind::User | MessageKind::Reply) { text } else { [].as_slice() };
                format!("= dead {}: {}", class.name(), self.message(*kind, &self.ref_name(*to), fact.actor, to.actor_id(), text))
            }
            What::Note { kind, text } => format!("= {kind}: {text}"),
        })
    }

    /// A message in a few words: its kind unless it is an ordinary one, the other side, what it says.
    fn message(&self, kind: MessageKind, other: &str, from: Option<ActorId>, to: Option<ActorId>, text: &[u8]) -> String {
        let behaviour = |id: Option<ActorId>| id.and_then(|id| self.actors.get(&id)).map(|known| known.behaviour);
        let (kind, text) = match kind {
            MessageKind::Init | MessageKind::Recovered => (kind.name(), words::of(text)),
            MessageKind::User => ("", words::message(behaviour(from), behaviour(to), text)),
            MessageKind::Reply => ("reply", words::answer(behaviour(from), text)),
            MessageKind::Down => ("down", words::of(text)),
            MessageKind::Exit => ("exit", words::of(text)),
            MessageKind::Timer | MessageKind::Alarm => (kind.name(), words::of(text)),
            MessageKind::Suspend | MessageKind::Resume | MessageKind::System => (kind.name(), words::of(text)),
            MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => (kind.name(), words::of(text)),
        };
        [kind, other, &text].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn ref_name(&self, to: Ref) -> String {
        match (to.as_port(), to.actor_id()) {
            (Some(port), _) => format!("port {}", port.0),
            (None, Some(id)) => self.name(Some(id)),
            (None, None) => "reply".into(),
        }
    }

    #[must_use]
    pub fn name(&self, actor: Option<ActorId>) -> String {
        match actor {
            None => "host".into(),
            Some(id) => self.actors.get(&id).map_or_else(|| format!("?{id}"), |known| known.name.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{World, spec};
    use expect_test::expect;
    use peerd_vat::Config;

    /// The form that STYLE.md fixes.
    #[test]
    fn a_crash_and_its_restart_read_like_this() {
        let mut world = World::new(1, Config::default());
        world.boot(&spec::supervisor(3, 5_000, vec![spec::child("counter")]));
        let before = render(world.facts()).len();
        world.advance(1_250);
        world.tell("counter", "boom");
        world.settle();
        expect![[r#"
            1.250 a2     < boom
            1.250 a2     = crashed "boom", turn dropped
            1.250 a1     < exit a2 crashed "boom"
            1.250 a1     = child_terminated: counter: crashed "boom"
            1.250 a1     > restart a2 (1 of 3 in 5 s)
            1.250 a2     > port 1 hello
            1.250 a1     < reply a2
            1.250 a1     = progress: counter runs
            1.250 a1     > root announce counter, restart 1
            1.250 root   < a1 announce counter, restart 1
        "#]]
        .assert_eq(&render(world.facts())[before..]);
    }
}
