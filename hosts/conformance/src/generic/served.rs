//! A gen_server whose requests are scripts.
use crate::{
    stage::Stage,
    text::{bare, split},
    words,
};
use peerd_otp::{
    gen_server::{GenServer, Init, Next},
    message::Caller,
};
use peerd_vat::{Code, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub value: String,
    callers: BTreeMap<String, Ref>,
    /// What a callback does when it is called: `terminate`, `info`, `hibernate`, `wake`.
    on: BTreeMap<String, String>,
}

impl State {
    /// With nothing held and nothing to do.
    #[must_use]
    pub fn of(value: &str) -> State {
        State { value: value.into(), ..State::default() }
    }
}

/// With all callbacks, in two versions.
pub struct Served<const VERSION: u32>;
/// One that falls asleep by itself.
pub struct Drowsy;
/// With none but the mandatory ones.
pub struct Bare;

/// What is left to do when a script has run.
enum Then {
    Go,
    Continue(String),
    Hibernate,
    Stop(Reason),
}

impl Then {
    fn next<G: GenServer<Continue = String>>(self) -> Next<G> {
        match self {
            Then::Go => Next::Go,
            Then::Continue(script) => Next::Continue(script),
            Then::Hibernate => Next::Hibernate,
            Then::Stop(reason) => Next::Stop(reason),
        }
    }
}

fn init<G: GenServer<State = State, Continue = String>>(args: &[u8], cx: &mut Cx<'_>) -> Result<Init<G>, Crash> {
    let script = String::from_utf8_lossy(args).into_owned();
    let mut state = State::default();
    for command in split(&script, ';') {
        let parts = split(command, ' ');
        match parts.as_slice() {
            ["ignore"] => return Ok(Init::Ignore),
            ["hang"] => cx.defer(),
            ["stop", why] => return Ok(Init::Stop(words::reason(why))),
            ["continue", script] => return Ok(Init::Continue(state, bare(script).into())),
            ["named", directory, name] => {
                let directory = find(directory)?;
                return Ok(Init::Named { state, directory, name: (*name).into() });
            }
            _ => drop(one(&mut state, command, None, cx)?),
        }
    }
    Ok(Init::Ready(state))
}

fn run(state: &mut State, script: &str, caller: Option<Caller>, cx: &mut Cx<'_>) -> Result<Then, Crash> {
    let mut then = Then::Go;
    for command in split(script, ';') {
        match one(state, command, caller, cx)? {
            Then::Go => {}
            other => then = other,
        }
    }
    Ok(then)
}

fn one(state: &mut State, command: &str, caller: Option<Caller>, cx: &mut Cx<'_>) -> Result<Then, Crash> {
    let parts = split(command, ' ');
    let Some((verb, words)) = parts.split_first() else { return Ok(Then::Go) };
    let text = |at: usize| words.get(at).map_or("", |word| bare(word));
    match *verb {
        "reply" => {
            if let Some(caller) = caller {
                caller.answer(&text(0), cx);
            }
        }
        "get" => {
            if let Some(caller) = caller {
                caller.answer(&state.value, cx);
            }
        }
        "hold" => state.callers.extend(caller.map(|caller| (text(0).to_owned(), caller.0))),
        "answer" => {
            if let Some(caller) = state.callers.remove(text(0)) {
                Caller(caller).answer(&text(1), cx);
            }
        }
        "pass" => {
            if let Some(caller) = caller {
                cx.send_with(find(text(0))?, format!("do lent r; {}", text(1)).as_bytes(), &[caller.0]);
            }
        }
        "send" => cx.send(find(text(0))?, text(1).as_bytes()),
        "value" => state.value = text(0).into(),
        "on" => drop(state.on.insert(text(0).into(), text(1).into())),
        "say" => Stage::current().say(text(0), cx),
        "trap" => cx.trap_exits(true),
        "name" => Stage::current().cast().enter(text(0), cx.me()),
        "continue" => return Ok(Then::Continue(text(0).into())),
        "hibernate" => return Ok(Then::Hibernate),
        "stop" => return Ok(Then::Stop(words::reason(text(0)))),
        "crash" => return Err(Crash::new("crash", text(0))),
        _ => return Err(Crash::new(crate::puppet::SCRIPT, format!("servers know no {verb:?}"))),
    }
    Ok(Then::Go)
}

fn find(name: &str) -> Result<Ref, Crash> {
    let known = Stage::current().cast().find(name);
    known.ok_or_else(|| Crash::new(crate::puppet::SCRIPT, format!("nobody is called {name:?}")))
}

fn info(state: &mut State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<Then, Crash> {
    let told = match event {
        Event::User { body, .. } => match body.strip_prefix(crate::puppet::DO.as_bytes()) {
            Some(script) => return run(state, &String::from_utf8_lossy(script), None, cx),
            None => format!("info {}", String::from_utf8_lossy(body)),
        },
        Event::Exit { reason, .. } => format!("info exit {}", words::told(&reason)),
        Event::Down { reason, .. } => format!("info down {}", words::told(&reason)),
        Event::Timer { key } => format!("info timer {key}"),
        Event::Alarm { key, .. } => format!("info alarm {key}"),
        Event::Reply { .. } => "info reply".into(),
    };
    Stage::current().say(&told, cx);
    called(state, "info", cx)
}

/// A callback that the case gave a script for.
fn called(state: &mut State, callback: &str, cx: &mut Cx<'_>) -> Result<Then, Crash> {
    let script = state.on.get(callback).cloned().unwrap_or_default();
    run(state, &script, None, cx)
}

fn last(state: &mut State, reason: &Reason, cx: &mut Cx<'_>) {
    Stage::current().say(&format!("terminate {}", words::told(reason)), cx);
    // A script that fails here has nobody to tell; its reason must not hide the first.
    let _ = called(state, "terminate", cx);
}

/// Secrets are left out; a value that says so makes the redaction itself fail.
fn status(state: &State) -> Result<String, Crash> {
    match state.value.as_str() {
        "unshowable" => Err(Crash::new("crash", "status")),
        value => Ok(format!("value {}", value.replace("secret", "***"))),
    }
}

macro_rules! served {
    ($type:ty, [$($generic:tt)*], $name:literal, $version:expr, $idle:expr) => {
        impl<$($generic)*> GenServer for $type {
            const NAME: &'static str = $name;
            const VERSION: u32 = $version;
            const HIBERNATE_AFTER_MS: Option<u64> = $idle;
            type State = State;
            type Call = String;
            type Cast = String;
            type Continue = String;

            fn init(args: &[u8], _: &[Ref], cx: &mut Cx<'_>) -> Result<Init<Self>, Crash> {
                init(args, cx)
            }

            fn call(state: &mut State, script: String, caller: Caller, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash> {
                run(state, &script, Some(caller), cx).map(Then::next)
            }

            fn cast(state: &mut State, script: String, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash> {
                run(state, &script, None, cx).map(Then::next)
            }

            fn info(state: &mut State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash> {
                info(state, event, cx).map(Then::next)
            }

            fn proceed(state: &mut State, script: String, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash> {
                run(state, &script, None, cx).map(Then::next)
            }

            fn terminate(state: &mut State, reason: &Reason, cx: &mut Cx<'_>) {
                last(state, reason, cx);
            }

            fn hibernate(_: &mut State, cx: &mut Cx<'_>) {
                Stage::current().say("hibernates", cx);
            }

            fn wake(_: &mut State, cx: &mut Cx<'_>) {
                Stage::current().say("wakes", cx);
            }

            fn migrate(state: &[u8], from: Code<'_>, extra: &[u8], _: &mut Cx<'_>) -> Result<State, Crash> {
                let mut state: State = peerd_otp::message::decode(state).ok_or_else(|| Crash::new("migrate", "no state"))?;
                if extra == b"fail" {
                    return Err(Crash::new("crash", "migrate"));
                }
                state.value = format!("{} from {}", state.value, from.version);
                Ok(state)
            }

            fn status(state: &State) -> Result<String, Crash> {
                status(state)
            }
        }
    };
}

served!(Served<V>, [const V: u32], "server", V, None);
served!(Drowsy, [], "drowsy", 1, Some(1_000));

impl GenServer for Bare {
    const NAME: &'static str = "bare";
    type State = State;
    type Call = String;
    type Cast = String;
    type Continue = String;

    fn init(args: &[u8], _: &[Ref], cx: &mut Cx<'_>) -> Result<Init<Bare>, Crash> {
        init(args, cx)
    }

    fn call(state: &mut State, script: String, caller: Caller, cx: &mut Cx<'_>) -> Result<Next<Bare>, Crash> {
        run(state, &script, Some(caller), cx).map(Then::next)
    }
}
