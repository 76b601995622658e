//! An actor that does what it is told: its messages are commands, `spawn a linked; send a {crash boom}`.
use crate::{Behaviour, CallId, Crash, Cx, Event, Identity, Reason, Ref, SpawnOptions, WatchId};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

pub struct Puppet;

#[derive(Default, Serialize, Deserialize)]
struct State {
    refs: BTreeMap<String, Ref>,
    /// What to do on an event: `reply`, `down`, `exit`, `timer`, `terminate`.
    on: BTreeMap<String, String>,
    calls: Vec<CallId>,
    watches: Vec<WatchId>,
}

impl Behaviour for Puppet {
    fn name(&self) -> &'static str {
        "puppet"
    }

    fn init(&self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut state = State::default();
        if let Some(parent) = cx.parent() {
            state.refs.insert("parent".into(), parent);
        }
        obey(&mut state, core::str::from_utf8(args).expect("scripts are text"), None, cx)
    }

    fn turn(&self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut state: State = postcard::from_bytes(cx.state()).expect("the puppet's own state");
        let (name, script, reply) = match event {
            Event::User { body, reply, .. } => ("user", core::str::from_utf8(body).expect("scripts are text"), reply),
            Event::Reply { .. } => ("reply", "", None),
            Event::Down { .. } => ("down", "", None),
            Event::Exit { .. } => ("exit", "", None),
            Event::Timer { .. } => ("timer", "", None),
        };
        let script = state.on.get(name).cloned().unwrap_or_else(|| script.to_string());
        obey(&mut state, &script, reply, cx)
    }

    fn terminate(&self, _: &Reason, cx: &mut Cx<'_>) {
        let mut state: State = postcard::from_bytes(cx.state()).expect("the puppet's own state");
        if let Some(script) = state.on.get("terminate").cloned() {
            obey(&mut state, &script, None, cx).expect("a last turn that does not crash");
        }
    }
}

fn obey(state: &mut State, script: &str, reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
    for command in split(script, ';') {
        let words = split(command, ' ');
        if let Some((verb, words)) = words.split_first() {
            one(state, verb, words, reply, cx)?;
        }
    }
    let bytes = postcard::to_allocvec(state).expect("plain data encodes");
    if bytes != cx.state() {
        cx.become_state(&bytes);
    }
    Ok(())
}

fn one(state: &mut State, verb: &str, words: &[&str], reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let text = |at: usize| bare(word(at));
    let number = |at: usize| word(at).parse::<u64>().expect("a number");
    let named = |state: &State, name: &str| match name {
        "me" => cx.me(),
        name => *state.refs.get(name).unwrap_or_else(|| panic!("no ref is named {name}")),
    };
    match verb {
        "keep" => {
            for (name, got) in words.iter().zip(cx.refs()) {
                state.refs.insert((*name).into(), *got);
            }
        }
        "hold" => {
            state.refs.insert(word(0).into(), reply.expect("only a call can be held"));
        }
        "drop" => {
            state.refs.remove(word(0));
        }
        "on" => {
            state.on.insert(word(0).into(), text(1).into());
        }
        "spawn" | "start" => spawn(state, verb, words, cx),
        "send" => {
            let (to, refs) = (named(state, word(0)), table(state, word(2), cx));
            cx.send_with(to, text(1).as_bytes(), &refs);
        }
        "call" => {
            let ms = words.get(2).and_then(|ms| ms.parse().ok()).unwrap_or(crate::CALL_MS);
            let (to, refs) = (named(state, word(0)), table(state, word(3), cx));
            let call = cx.call(to, text(1).as_bytes(), &refs, ms);
            state.calls.push(call);
        }
        "cancel" => {
            let call = state.calls.pop().expect("called before");
            cx.cancel_call(call);
        }
        "reply" => cx.reply(reply.expect("only a call is replied to"), text(0).as_bytes(), &[]),
        "watch" => {
            let watch = cx.watch(named(state, word(0)));
            state.watches.push(watch);
            cx.report("watch", word(0));
        }
        "watch_identity" => {
            let watch = cx.watch_identity(named(state, word(0)));
            state.watches.push(watch);
        }
        "unwatch" => {
            let watch = state.watches.pop().expect("watched before");
            cx.unwatch(watch);
        }
        "link" => cx.link(named(state, word(0))),
        "unlink" => cx.unlink(named(state, word(0))),
        "trap" => cx.trap_exits(word(0) != "off"),
        "exit" => cx.exit(named(state, word(0)), reason(word(1))),
        "timer" => cx.timer(number(0), number(1)),
        "untimer" => cx.cancel_timer(number(0)),
        "tag" => cx.become_tag(number(0) as u32),
        "defer" => cx.defer(),
        // `needs 1 {..}`: deferred until the tag is 1.
        "needs" if u64::from(cx.tag()) == number(0) => return obey(state, text(1), reply, cx),
        "needs" => cx.defer(),
        "stop" => cx.stop(reason(word(0))),
        "crash" => return Err(Crash::new("told", text(0))),
        "bury" => cx.bury(named(state, word(0))),
        "forget" => cx.forget(named(state, word(0))),
        "random" => {
            let drawn = format!("{:x}", cx.random());
            cx.report("random", drawn);
        }
        "inform" => cx.report("inform", text(0)),
        // Anything else is only a word.
        _ => {}
    }
    Ok(())
}

/// `spawn NAME [linked] [monitored] [kept] [missing] [{init}]`
fn spawn(state: &mut State, verb: &str, words: &[&str], cx: &mut Cx<'_>) {
    let name = words[0];
    let init = words.iter().find(|word| word.starts_with('{')).map_or("", |word| bare(word));
    let behaviour = if words.contains(&"missing") { "none" } else { "puppet" };
    let mut options = SpawnOptions::new(behaviour, init.as_bytes()).label(name);
    for word in &words[1..] {
        options = match *word {
            "linked" => options.linked(),
            "monitored" => options.monitored(),
            "kept" => options.identity(Identity::Kept(name)),
            "again" => options.identity(Identity::Again(state.refs[name])),
            _ => options,
        };
    }
    let child = if verb == "start" {
        let (child, call) = cx.start(options, crate::CALL_MS);
        state.calls.push(call);
        child
    } else {
        cx.spawn(options)
    };
    state.refs.insert(name.into(), child);
}

/// `a,b` or `a+` with all its rights, `a!` with none.
fn table(state: &State, names: &str, cx: &Cx<'_>) -> Vec<Ref> {
    names
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| match (name, name.trim_end_matches('+')) {
            ("me", _) => cx.me(),
            (name, plain) if name != plain => state.refs[plain].lending(crate::Rights::ALL),
            (name, _) => state.refs[name],
        })
        .collect()
}

pub fn reason(word: &str) -> Reason {
    match word {
        "normal" | "" => Reason::Normal,
        "shutdown" => Reason::Shutdown,
        "kill" => Reason::Kill,
        "killed" => Reason::Killed,
        other => Reason::Other(other.into()),
    }
}

/// At `by`, outside braces.
pub fn split(text: &str, by: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            letter if letter == by && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn bare(word: &str) -> &str {
    word.strip_prefix('{').and_then(|word| word.strip_suffix('}')).unwrap_or(word)
}
