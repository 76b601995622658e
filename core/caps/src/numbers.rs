//! Objects of a pattern: new ones, and when to look for those that nobody has any more.
use peerd_vat::Cx;

/// So many may be let go of before they are looked for.
const LET_GO_MAX: usize = 16;

/// True about once for so many objects that were let go of. What this turn itself lends is not counted yet: asked first in a turn.
pub(crate) fn is_sweep_due(cx: &mut Cx<'_>) -> bool {
    let is_due = cx.let_go() >= LET_GO_MAX;
    if is_due {
        cx.forget_let_go();
    }
    is_due
}

/// A number for a new object of an actor that has these, in order: they may be of an earlier life.
pub(crate) fn fresh<'a>(known: impl Iterator<Item = &'a u32>, cx: &mut Cx<'_>) -> u32 {
    if let Some(last) = known.last() {
        cx.has_object(*last);
    }
    cx.fresh_object()
}
