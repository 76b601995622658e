//! The root: parent of the top, and the one who calls supervisors and tells what they answer.
use super::{
    book::{Asked, Book, Shared},
    tree,
    worker::told,
};
use crate::otp::{
    program::{Act, TOP, above, id_of},
    story::Entry,
    text::{Word, mark, shutdown_word},
};
use peerd_otp::supervisor::{Answer, BadSpec, BadTree, Failure, Request};
use peerd_vat::{self as vat, Behaviour, CallId, Crash, Cx, Event, INFINITY_MS, Reason, Ref, Settle, SpawnOptions};

pub const NAME: &str = "stage";

pub fn behaviour(book: &Shared) -> Box<dyn Behaviour> {
    Box::new(Stage(book.clone()))
}

struct Stage(Shared);

impl Behaviour for Stage {
    fn name(&self) -> &'static str {
        NAME
    }

    fn init(&mut self, _args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.trap_exits(true);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut book = self.0.lock();
        match event {
            Event::User { .. } => {
                for (who, to) in book.asked() {
                    let children = cx.call(to, &Request::WhichChildren.encode(), &[], INFINITY_MS);
                    book.calls.insert(children, Asked::Children(who.clone()));
                    let counts = cx.call(to, &Request::CountChildren.encode(), &[], INFINITY_MS);
                    book.calls.insert(counts, Asked::Counts(who));
                }
                if let Some(act) = book.order.take()
                    && let Some(call) = act_on(&act, &book, cx)
                {
                    book.calls.insert(call, if act == Act::Up { Asked::Start } else { Asked::Step });
                }
            }
            Event::Reply { call, result } => match book.calls.remove(&call) {
                Some(Asked::Start) => {
                    let told = match result {
                        Ok(_) => "ok".into(),
                        Err(Settle::Exit(Reason::Normal)) => "ignore".into(),
                        Err(Settle::Exit(reason)) => format!("error start {}", told(&reason)),
                        Err(other) => other.to_string(),
                    };
                    book.entries.push(Entry::Result(told));
                }
                Some(Asked::Step) => {
                    let told = answer(&book, result);
                    book.entries.push(Entry::Result(told));
                }
                Some(Asked::Children(who) | Asked::Counts(who)) => {
                    if let Some((refs, answer)) = result.ok().and_then(|answer| Some((answer.refs, Answer::decode(answer.body)?))) {
                        book.listed(who, &answer, refs);
                    }
                }
                None => {}
            },
            Event::Exit { .. } | Event::Down { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

fn act_on(act: &Act, book: &Book, cx: &mut Cx<'_>) -> Option<CallId> {
    let id = |path: &str| id_of(path).to_owned();
    let (supervisor, request, refs) = match act {
        Act::Up => {
            let args = format!("{TOP} {TOP}").into_bytes();
            let (_, call) = cx.start(SpawnOptions::new(tree::NAME, &args).label(TOP).linked(), INFINITY_MS);
            return Some(call);
        }
        Act::Shut => {
            cx.exit(book.last(TOP)?, Reason::Shutdown);
            return None;
        }
        Act::Start(key) => (above(key), Request::StartChild(tree::spec(&book.program, key)), vec![]),
        Act::New(path, n) => (path.as_str(), Request::StartDynamic { args: format!(".{n}").into_bytes(), key: None }, vec![]),
        Act::Restart(path) => (above(path), Request::RestartChild(id(path)), vec![]),
        Act::Terminate(path) => (above(path), Request::TerminateChild(id(path)), vec![]),
        Act::Delete(path) => (above(path), Request::DeleteChild(id(path)), vec![]),
        Act::Spec(path) => (above(path), Request::GetChildspec(id(path)), vec![]),
        Act::TerminateRef(path, of) => (path.as_str(), Request::TerminateRef, vec![book.last(of)?]),
        Act::SpecRef(path, of) => (path.as_str(), Request::GetChildspecOfRef, vec![book.last(of)?]),
        Act::Upgrade(path, new) => {
            let args = match new {
                None => tree::ignore(),
                Some((flags, ids)) => {
                    let nodes = ids.iter().map(|id| book.program.node(&format!("{path}.{id}")).expect("upgrades name nodes"));
                    tree::tree(flags, path, nodes)
                }
            };
            (path.as_str(), Request::Upgrade(Some(args)), vec![])
        }
        Act::Advance(_) | Act::End(..) | Act::Kill(_) | Act::Exit(..) => return None,
    };
    Some(cx.call(book.last(supervisor)?, &request.encode(), &refs, INFINITY_MS))
}

fn answer(book: &Book, result: Result<vat::Answer<'_>, Settle>) -> String {
    let (refs, body) = match result {
        Ok(answer) => (answer.refs, answer.body),
        Err(Settle::Noproc) => return "noproc".into(),
        Err(Settle::Exit(reason)) => return format!("gone {}", told(&reason)),
        Err(other) => return other.to_string(),
    };
    let first = || refs.first().map_or_else(|| "nobody".to_owned(), |actor: &Ref| book.called(*actor));
    match Answer::decode(body) {
        Some(Answer::Ok) => "ok".into(),
        Some(Answer::Started) => format!("ok {}", first()),
        Some(Answer::StartedWith(info)) => format!("ok {} {}", first(), String::from_utf8_lossy(&info)),
        Some(Answer::Ignored) => "ok undefined".into(),
        Some(Answer::Spec(spec)) => format!(
            "spec {} {} {} {} {}",
            spec.id,
            spec.restart.word(),
            shutdown_word(spec.shutdown),
            spec.kind.word(),
            mark(spec.significant)
        ),
        Some(Answer::Error(failure)) => format!("error {}", failed(&failure, first)),
        Some(other) => format!("{other:?}"),
        None => "unreadable".into(),
    }
}

fn failed(failure: &Failure, first: impl FnOnce() -> String) -> String {
    match failure {
        Failure::AlreadyStarted => format!("already_started {}", first()),
        Failure::AlreadyPresent => "already_present".into(),
        Failure::Running => "running".into(),
        Failure::Restarting => "restarting".into(),
        Failure::NotFound => "not_found".into(),
        Failure::SimpleOneForOne => "simple_one_for_one".into(),
        Failure::StartFailed(reason) | Failure::ChildFailed(reason, _) | Failure::InitFailed(reason) => {
            format!("start {}", told(reason))
        }
        Failure::BadSpec(bad) | Failure::BadTree(BadTree::SupervisorData(bad) | BadTree::StartSpec(bad)) => word(bad),
        Failure::BadTree(BadTree::BadStartSpec(_)) => "bad_start_spec".into(),
        Failure::NoTemplate => "no_template".into(),
        Failure::Malformed => "malformed".into(),
    }
}

/// Its name, without the offending value.
fn word(bad: &BadSpec) -> String {
    bad.to_string().split('(').next().unwrap_or_default().to_owned()
}
