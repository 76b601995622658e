//! The next version of a member: it does the same, and lays out its state in another way. It is upgraded to and back again.
use super::{
    Plan, Server,
    member::{Day, Member},
};
use peerd_vat::{Behaviour, Code, Crash, Cx, Event, Reason, Ref};

pub(super) fn behaviour(plan: &Plan) -> Box<dyn Behaviour> {
    super::worker::planned(peerd_otp::behaviour::<Newer>(), plan)
}

/// An actor that has taken up the state of another version says so: this word, and how many turns that state has seen.
pub(crate) const MIGRATED: &str = "migrated";

pub struct Newer;

impl Server for Newer {
    const NAME: &'static str = Member::NAME;
    const VERSION: u32 = Member::VERSION + 1;
    /// In front: what an older member would read as the beginning of its own.
    type State = (u64, Day);

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<(u64, Day), Crash> {
        Ok((0, Member::init(args, refs, cx)?))
    }

    fn handle((_, day): &mut (u64, Day), event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        Member::handle(day, event, cx)
    }

    fn parent_exit((_, day): &mut (u64, Day), reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
        Member::parent_exit(day, reason, cx)
    }

    fn migrate(state: &[u8], _from: Code<'_>, _extra: &[u8], cx: &mut Cx<'_>) -> Result<(u64, Day), Crash> {
        let day: Day = decode(state)?;
        cx.report(MIGRATED, day.turns.to_string());
        Ok((day.turns, day))
    }
}

pub(super) fn decode<T: serde::de::DeserializeOwned>(state: &[u8]) -> Result<T, Crash> {
    postcard::from_bytes(state).map_err(|error| Crash::new("migrate", error.to_string()))
}

/// Nobody's next version: an upgrade to it fails when it has begun already, and must leave nothing behind.
pub struct DeadEnd;

impl Server for DeadEnd {
    const NAME: &'static str = "dead end";
    type State = Day;

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Day, Crash> {
        Err(Crash::new("bad_args", "nobody starts as this"))
    }

    fn handle(_day: &mut Day, _event: Event<'_>, _cx: &mut Cx<'_>) -> Result<(), Crash> {
        Err(Crash::new(super::BROKEN, "an upgrade that failed is in force"))
    }

    fn migrate(_state: &[u8], _from: Code<'_>, _extra: &[u8], cx: &mut Cx<'_>) -> Result<Day, Crash> {
        cx.report(MIGRATED, "in vain");
        Err(Crash::new("migrate", "in vain"))
    }
}
