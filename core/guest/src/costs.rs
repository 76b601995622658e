//! What operators cost, in fuel: about a tenth of a nanosecond of compiled code each. A change is a new version, and other modules.
use crate::allow::Rule;

/// Part of a class's identity.
pub const VERSION: u32 = 2;

/// What a turn costs before the guest's first operator; the guest's bytes in and out cost a sixteenth each besides.
pub const TURN: u32 = 50;
/// What an entry of the outbox costs; its bytes cost a sixteenth each besides.
pub const EMIT: u32 = 20;
/// What a call costs on top of a leaf's own operators; every other function pays for itself.
pub const CALL: u32 = 2;
/// Nobody knows what an indirect call reaches: a leaf costs less than this.
pub const LEAF_MAX: u32 = 64;
/// What an exception costs when it is thrown, and memory when it is asked for, whether there is any or not. Why not as part of a
/// region: a function that throws or allocates in one case of a thousand would pay for it in each.
pub const THROW: u32 = 1_000;
pub const GROW: u32 = 10_000;
pub const DIVISION: u32 = 8;
/// So many locals, which a call sets to zero, cost one.
pub const LOCALS: u32 = 8;

/// Of one operator, without what a leaf that it calls costs.
pub(crate) fn of(rule: Rule) -> u32 {
    match rule {
        Rule::Free | Rule::Open | Rule::Loop | Rule::End | Rule::TryTable => 0,
        Rule::If | Rule::Plain | Rule::Store(_) | Rule::Bits(_) | Rule::Sign(_) => 1,
        Rule::Fill | Rule::Copy | Rule::Init | Rule::Size | Rule::Grow | Rule::Throw => 1,
        Rule::Division => DIVISION,
        Rule::Call => CALL,
        Rule::CallIndirect => CALL + LEAF_MAX,
    }
}
