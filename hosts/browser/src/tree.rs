//! The actors as a person sees them: the kernel's rows in the panel's words.
use peerd_agent::view::{ActorRow, TabId};
use peerd_vat::{Activity, Reason, Row};

pub fn actors(rows: &[Row]) -> Vec<ActorRow> {
    rows.iter().map(actor).collect()
}

fn actor(row: &Row) -> ActorRow {
    ActorRow {
        id: row.id.to_string(),
        parent: row.parent.map(|parent| parent.to_string()),
        // Only the root is started without a name.
        name: if row.label.is_empty() { row.behaviour.into() } else { row.label.clone() },
        behaviour: kind(row.behaviour),
        state: state(row.state, row.last_exit.as_ref()).into(),
        queued: row.queued,
        restarts: row.restarts,
        turns: row.turns,
        last_exit: row.last_exit.as_ref().map(ToString::to_string),
        tab: tab(&row.label),
    }
}

fn state(activity: Activity, last_exit: Option<&Reason>) -> &'static str {
    match activity {
        Activity::Runnable => "running",
        Activity::Waiting => "waiting",
        Activity::Suspended => "suspended",
        Activity::Faulted => "failed",
        Activity::Parked => "parked",
        Activity::Ended => "restarting",
        Activity::Buried if last_exit.is_none_or(Reason::is_orderly) => "stopped",
        Activity::Buried => "gave up",
    }
}

/// What an agent made is called `guest CHAT/CLASS` in the vat, where names must not clash; its supervisor stands above it and has the chat.
fn kind(behaviour: &str) -> String {
    match behaviour.strip_prefix("guest ").and_then(|guest| guest.split_once('/')) {
        Some((_, class)) => format!("{class}, metered"),
        None => behaviour.into(),
    }
}

/// `tab 7` and `web 7` are the supervisor and the actor of tab 7.
fn tab(label: &str) -> Option<TabId> {
    let (kind, number) = label.split_once(' ')?;
    matches!(kind, "tab" | "web").then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_vat::Crash;

    #[test]
    fn a_tabs_actors_are_told_by_their_names() {
        assert_eq!(tab("web 12"), Some(12));
        assert_eq!(tab("tab 3"), Some(3));
        assert_eq!(tab("chat 3"), None);
        assert_eq!(tab("tabs"), None);
        assert_eq!(tab("tab x"), None);
    }

    #[test]
    fn what_an_agent_made_is_told_from_what_is_ours() {
        assert_eq!(kind("guest 1001/ledger"), "ledger, metered");
        assert_eq!(kind("chat"), "chat");
    }

    #[test]
    fn a_buried_actor_that_crashed_gave_up() {
        let crash = Reason::Crash(Crash::new("page", "renderer gone"));
        assert_eq!(state(Activity::Buried, Some(&crash)), "gave up");
        assert_eq!(state(Activity::Buried, Some(&Reason::Shutdown)), "stopped");
        assert_eq!(state(Activity::Buried, None), "stopped");
    }
}
