//! Supervisors as the cases write them: specs, calls and answers, to and from the library's own types.
//!
//! ```text
//! supervisor sup one_for_one intensity=2 period=3600000
//!   a plain restart=temporary shutdown=brutal_kill
//!   b =inner
//! ```
use crate::{puppet, stage::Cast, text::split};
use peerd_otp::supervisor::{
    self, Answer, ChildKind, ChildSpec, ChildState, Failure, Request, Restart, Shutdown, Strategy, SupervisorSpec,
};
use peerd_vat::Ref;

/// Unless a case says otherwise (conformance 1).
const INTENSITY: u32 = 2;
const PERIOD_MS: u64 = 3_600_000;
const SHUTDOWN_MS: u64 = 1_000;

type Told<T> = Result<T, String>;

/// The arguments and the behaviour of the supervisor of this name.
pub fn arguments(name: &str, cast: &Cast) -> Told<(Vec<u8>, &'static str)> {
    let text = cast.supervisors.get(name).ok_or_else(|| format!("no supervisor is called {name:?}"))?;
    Ok((spec(text, cast)?.encode(), supervisor::NAME))
}

fn spec(lines: &[String], cast: &Cast) -> Told<SupervisorSpec> {
    let (flags, children) = lines.split_first().ok_or("a supervisor without flags")?;
    let mut spec = SupervisorSpec { intensity: INTENSITY, period_ms: PERIOD_MS, ..SupervisorSpec::default() };
    for word in split(flags, ' ') {
        match word.split_once('=').unwrap_or((word, "")) {
            ("one_for_one", _) => spec.strategy = Strategy::OneForOne,
            ("intensity", value) => spec.intensity = number(value)? as u32,
            ("period", value) => spec.period_ms = number(value)?,
            _ => return Err(format!("supervisors know no {word}")),
        }
    }
    spec.children = children.iter().map(|line| child(line, cast)).collect::<Told<_>>()?;
    Ok(spec)
}

/// `a plain restart=temporary`, or `a =inner` for a supervisor.
fn child(line: &str, cast: &Cast) -> Told<ChildSpec> {
    let words = split(line, ' ');
    let [id, what, fields @ ..] = words.as_slice() else { return Err(format!("no child: {line:?}")) };
    let mut spec = match what.strip_prefix('=') {
        Some(inner) => {
            let (args, behaviour) = arguments(inner, cast)?;
            ChildSpec::new(id, behaviour, args)
        }
        None => {
            let plan =
                fields.iter().find_map(|field| field.strip_prefix("plan=")).map_or_else(String::new, |plan| format!("; plan {plan}"));
            let script = format!("fixture {what}; name {id}{plan}");
            ChildSpec { shutdown: Shutdown::Ms(SHUTDOWN_MS), ..ChildSpec::new(id, puppet::NAME, script.into_bytes()) }
        }
    };
    for field in fields {
        match field.split_once('=').unwrap_or((field, "")) {
            ("plan", _) => {}
            ("restart", "permanent") => spec.restart = Restart::Permanent,
            ("restart", "transient") => spec.restart = Restart::Transient,
            ("restart", "temporary") => spec.restart = Restart::Temporary,
            ("shutdown", "brutal_kill") => spec.shutdown = Shutdown::BrutalKill,
            ("shutdown", "infinity") => spec.shutdown = Shutdown::Infinity,
            ("shutdown", ms) => spec.shutdown = Shutdown::Ms(number(ms)?),
            ("type", "worker") => spec.kind = ChildKind::Worker,
            ("type", "supervisor") => spec.kind = ChildKind::Supervisor,
            _ => return Err(format!("child specs know no {field}")),
        }
    }
    Ok(spec)
}

fn number(word: &str) -> Told<u64> {
    word.parse().map_err(|_| format!("{word:?} is no number"))
}

/// The call `verb` with its words after the supervisor's name, and the refs that go with it.
pub fn request(verb: &str, words: &[&str], cast: &Cast) -> Told<(Vec<u8>, Vec<Ref>)> {
    let id = || words.first().map(|id| (*id).to_owned()).ok_or_else(|| format!("{verb} wants an id"));
    let request = match verb {
        "start_child" => Request::StartChild(child(&words.join(" "), cast)?),
        "terminate_child" => Request::TerminateChild(id()?),
        "restart_child" => Request::RestartChild(id()?),
        "delete_child" => Request::DeleteChild(id()?),
        "get_childspec" => Request::GetChildspec(id()?),
        "which_children" => Request::WhichChildren,
        "count_children" => Request::CountChildren,
        _ => return Err(format!("there is no verb {verb:?}")),
    };
    Ok((request.encode(), Vec::new()))
}

/// An answer, in the words of semantics 12. The refs of a listing become known by their ids.
pub fn told(body: &[u8], refs: &[Ref], cast: &mut Cast) -> String {
    let Some(answer) = Answer::decode(body) else { return "no supervisor's answer".into() };
    let first = |cast: &Cast| refs.first().map_or_else(String::new, |actor| cast.told(*actor));
    match answer {
        Answer::Ok => "ok".into(),
        Answer::Started => format!("ok({})", first(cast)),
        Answer::Ignored => "ok(undefined)".into(),
        Answer::Children(rows) => {
            let mut refs = refs.iter();
            let mut row = |row: supervisor::ChildInfo| match row.state {
                ChildState::Running => {
                    let actor = refs.next().copied();
                    if let Some(actor) = actor.filter(|actor| actor.actor_id().is_some_and(|id| cast.name(id).is_none())) {
                        cast.enter(&row.id, actor);
                    }
                    let name = actor.map_or_else(String::new, |actor| cast.told(actor));
                    if name == row.id { name } else { format!("{}:{name}", row.id) }
                }
                ChildState::Restarting => format!("{}:restarting", row.id),
                ChildState::Stopped => format!("{}:undefined", row.id),
            };
            format!("[{}]", rows.into_iter().map(&mut row).collect::<Vec<_>>().join(", "))
        }
        Answer::Count(count) => format!("[{},{},{},{}]", count.specs, count.active, count.supervisors, count.workers),
        Answer::Spec(spec) => format!("{spec:?}"),
        Answer::Error(failure) => format!("error({})", failed(&failure, &first(cast))),
    }
}

fn failed(failure: &Failure, actor: &str) -> String {
    match failure {
        Failure::AlreadyStarted => format!("already_started({actor})"),
        Failure::AlreadyPresent => "already_present".into(),
        Failure::Running => "running".into(),
        Failure::Restarting => "restarting".into(),
        Failure::NotFound => "not_found".into(),
        Failure::StartFailed(reason) => crate::words::told(reason),
        Failure::Malformed => "malformed".into(),
    }
}
