//! A supervisor's answers, in the words of semantics 12.
use crate::{stage::Cast, words};
use peerd_otp::supervisor::{Answer, ChildInfo, ChildKind, ChildSpec, ChildState, Failure, Modules, Restart, Shutdown};
use peerd_vat::Ref;

/// Limit: rows of a listing that a case can compare; of more only their number is told.
const ROWS_MAX: usize = 20;

/// The refs of a listing become known by their ids.
pub fn told(body: &[u8], refs: &[Ref], cast: &mut Cast) -> String {
    let Some(answer) = Answer::decode(body) else { return "no supervisor's answer".into() };
    let first = |cast: &Cast| refs.first().map_or_else(String::new, |actor| cast.told(*actor));
    match answer {
        Answer::Ok => "ok".into(),
        Answer::Started => format!("ok({})", first(cast)),
        Answer::StartedWith(info) => format!("ok({}, {})", first(cast), String::from_utf8_lossy(&info)),
        Answer::Ignored => "ok(undefined)".into(),
        Answer::Children(rows) => {
            let mut refs = refs.iter().copied();
            let rows: Vec<String> = rows.iter().map(|row| listed(row, &mut refs, cast)).collect();
            if rows.len() > ROWS_MAX { format!("[{} children]", rows.len()) } else { format!("[{}]", rows.join(", ")) }
        }
        Answer::Count(count) => format!("[{},{},{},{}]", count.specs, count.active, count.supervisors, count.workers),
        Answer::Spec(spec) => self::spec(&spec),
        Answer::Callback(name) => name,
        Answer::Error(failure) => format!("error({})", failed(&failure, &first(cast))),
    }
}

/// `a` for a running child that is called like its id, else `a:restarting`.
fn listed(row: &ChildInfo, refs: &mut impl Iterator<Item = Ref>, cast: &mut Cast) -> String {
    let id = if row.id.is_empty() { "undefined" } else { &row.id };
    match row.state {
        ChildState::Running => {
            let Some(actor) = refs.next() else { return format!("{id}:no ref") };
            if !row.id.is_empty() && cast.find(&row.id).is_none() {
                cast.enter(&row.id, actor);
            }
            let name = cast.told(actor);
            if name == id || row.id.is_empty() { name } else { format!("{id}:{name}") }
        }
        ChildState::Restarting => format!("{id}:restarting"),
        ChildState::Stopped => format!("{id}:undefined"),
        ChildState::Parked => format!("{id}:parked"),
    }
}

/// `permanent 5000 worker [puppet]`
fn spec(spec: &ChildSpec) -> String {
    let restart = match spec.restart {
        Restart::Permanent => "permanent",
        Restart::Transient => "transient",
        Restart::Temporary => "temporary",
    };
    let shutdown = match spec.shutdown {
        Shutdown::BrutalKill => "brutal_kill".into(),
        Shutdown::Infinity => "infinity".into(),
        Shutdown::Ms(ms) => format!("{ms}"),
    };
    let kind = match spec.kind {
        ChildKind::Worker => "worker",
        ChildKind::Supervisor => "supervisor",
    };
    let modules = match &spec.modules {
        Modules::Dynamic => "dynamic".into(),
        Modules::Listed(names) => format!("[{}]", names.join(",")),
    };
    format!("{restart} {shutdown} {kind} {modules}{}", if spec.significant { " significant" } else { "" })
}

fn failed(failure: &Failure, actor: &str) -> String {
    match failure {
        Failure::AlreadyStarted => format!("already_started({actor})"),
        Failure::AlreadyPresent => "already_present".into(),
        Failure::Running => "running".into(),
        Failure::Restarting => "restarting".into(),
        Failure::NotFound => "not_found".into(),
        Failure::SimpleOneForOne => "simple_one_for_one".into(),
        Failure::NoTemplate => "no_template".into(),
        Failure::StartFailed(reason) | Failure::InitFailed(reason) => words::told(reason),
        Failure::ChildFailed(reason, spec) => format!("({}, {})", words::told(reason), spec.id),
        Failure::BadSpec(bad) => format!("{bad}"),
        Failure::BadTree(bad) => format!("{bad}"),
        Failure::Malformed => "malformed".into(),
    }
}
