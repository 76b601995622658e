//! Where the two sides differ on purpose: programs are played so that they tell the same all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Divergence {
    /// A handler that throws has failed in workerd, and what it wrote stays. Here a turn that fails leaves nothing: it answers with the
    /// error instead.
    ThrowIsAnswer,
    /// An object that starts again in workerd waits for its failed alarm as before. A vat that does runs what is overdue at once:
    /// there only the actors are started again.
    RetryAfterRestart,
}

impl Divergence {
    pub const ALL: [Divergence; 2] = [Divergence::ThrowIsAnswer, Divergence::RetryAfterRestart];

    pub const fn told(self) -> &'static str {
        match self {
            Divergence::ThrowIsAnswer => "a message whose handler throws keeps what it wrote",
            Divergence::RetryAfterRestart => "an alarm that failed keeps its delay when its object starts again",
        }
    }
}

pub struct Difference {
    pub step: usize,
    pub theirs: String,
    pub ours: String,
}

pub fn difference(theirs: &[String], ours: &[String]) -> Option<Difference> {
    let step = (0..theirs.len().max(ours.len())).find(|step| theirs.get(*step) != ours.get(*step))?;
    let line = |trace: &[String]| trace.get(step).cloned().unwrap_or_default();
    Some(Difference { step, theirs: line(theirs), ours: line(ours) })
}
