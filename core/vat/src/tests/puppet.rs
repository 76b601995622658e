//! An actor that does what it is told: its messages are commands, `spawn a linked; send a {crash boom}`.
use crate::{
    Alias, Behaviour, CallId, Code, Crash, Cx, Durability, Event, Identity, NotPut, Open, Place, Reason, Ref, Rights, SpawnOptions, System,
    WatchId, WatchOptions, refs::Key,
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

pub struct Puppet;

/// The kind of a note that no transcript shows.
pub const AUDIT: &str = "audit";

#[derive(Default, Serialize, Deserialize)]
struct State {
    refs: BTreeMap<String, Ref>,
    /// What to do on an event: `reply`, `down`, `exit`, `timer`, `terminate`.
    on: BTreeMap<String, String>,
    calls: Vec<CallId>,
    watches: Vec<WatchId>,
    aliases: Vec<CallId>,
}

impl Behaviour for Puppet {
    fn name(&self) -> &'static str {
        "puppet"
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut state = State::default();
        if let (Some(kin), [parent, ..]) = (cx.parent(), cx.refs()) {
            state.refs.insert("kin".into(), kin);
            state.refs.insert("parent".into(), *parent);
        }
        obey(&mut state, core::str::from_utf8(args).expect("scripts are text"), None, cx)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut state: State = postcard::from_bytes(cx.state()).expect("the puppet's own state");
        let (name, script, reply) = match event {
            Event::User { body, reply, .. } => ("user", core::str::from_utf8(body).expect("scripts are text"), reply),
            Event::Reply { call, .. } => {
                audit(cx, "settled", call.0);
                ("reply", "", None)
            }
            Event::Down { watch, tag, target, .. } => {
                audit(cx, "down", watch.0);
                if tag != 0 {
                    cx.report("inform", format!("tag {tag} of {target:?}"));
                }
                ("down", "", None)
            }
            Event::Exit { .. } => ("exit", "", None),
            Event::Timer { .. } => ("timer", "", None),
            Event::Alarm { .. } => unreachable!("puppets are volatile"),
        };
        if let Some(number) = cx.addressed() {
            cx.report("inform", format!("object {number}"));
        }
        let script = state.on.get(name).cloned().unwrap_or_else(|| script.to_string());
        obey(&mut state, &script, reply, cx)
    }

    fn interleaves(&self, body: &[u8]) -> Result<bool, Crash> {
        match body {
            b"confused" => Err(Crash::new("told", "confused")),
            body => Ok(body.starts_with(b"quick")),
        }
    }

    fn terminate(&mut self, _: &Reason, cx: &mut Cx<'_>) {
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

/// A command that names what the puppet does not have is void.
fn one(state: &mut State, verb: &str, words: &[&str], reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let text = |at: usize| bare(word(at));
    let number = |at: usize| word(at).parse::<u64>().expect("a number");
    let who = if word(0) == "me" { Some(cx.me()) } else { state.refs.get(word(0)).copied() };
    match (verb, who) {
        ("send", Some(to)) => {
            let refs = table(state, word(2), cx);
            cx.send_with(to, text(1).as_bytes(), &refs);
        }
        ("ping", Some(to)) => {
            let unique = format!("#{:x}", cx.random());
            cx.send(to, unique.as_bytes());
        }
        ("call", Some(to)) => {
            let ms = words.get(2).and_then(|ms| ms.parse().ok()).unwrap_or(crate::CALL_MS);
            let refs = table(state, word(3), cx);
            let call = cx.call(to, text(1).as_bytes(), &refs, ms);
            audit(cx, "call", call.0);
            state.calls.push(call);
        }
        ("watch", Some(target)) => {
            let watch = cx.watch(target);
            audit(cx, &format!("watch {}", target.actor_id().map_or_else(String::new, |id| format!("{id}"))), watch.0);
            state.watches.push(watch);
        }
        ("watch_identity", Some(target)) => state.watches.push(cx.watch_identity(target)),
        ("watch_tagged", Some(target)) => {
            state.watches.push(cx.watch_with(target, WatchOptions::new().tag(number(1))));
        }
        ("alias", Some(target)) => {
            let aliased = cx.watch_alias(target, WatchOptions::new(), alias(word(2)));
            audit(cx, "alias", aliased.call.0);
            state.watches.push(aliased.watch);
            state.aliases.push(aliased.call);
            state.refs.insert(word(1).into(), aliased.reply);
        }
        ("link", Some(to)) => cx.link(to),
        ("unlink", Some(to)) => cx.unlink(to),
        ("exit", Some(to)) => cx.exit(to, reason(word(1))),
        // `facet a f`: to a, called f.
        ("facet", Some(to)) => {
            let facet = cx.facet(to);
            state.refs.insert(word(1).into(), facet);
        }
        ("revoke", Some(facet)) => cx.revoke(facet),
        // `face a 3 f`: the object 3 of a, called f. `face me 3 f`: its own.
        ("face" | "face_ahead", Some(to)) => {
            let face = match verb {
                "face_ahead" => to.object_ahead(number(1) as u32),
                _ if word(0) == "me" => cx.object(number(1) as u32),
                _ => to.object(number(1) as u32),
            };
            state.refs.insert(word(2).into(), face);
        }
        ("held", _) => {
            let held = cx.is_held(number(0) as u32);
            cx.report("inform", format!("{} is {}held, {} let go", word(0), if held { "" } else { "not " }, cx.let_go()));
        }
        ("pin", Some(to)) => drop(state.refs.insert(word(1).into(), cx.pinned(to))),
        ("resume", Some(child)) => cx.resume(child),
        ("fail", Some(child)) => cx.fail(child),
        ("refuse", _) => {
            if let Some(reply) = reply {
                cx.refuse(reply, &crate::Settle::Revoked);
            }
        }
        ("park", Some(child)) => cx.park(child),
        ("bury", Some(child)) => cx.bury(child),
        ("replace", Some(child)) => cx.replace(child),
        ("forget", Some(child)) => cx.forget(child),
        ("unalias", _) => {
            if let Some(alias) = state.aliases.pop() {
                cx.cancel_call(alias);
            }
        }
        ("cancel", _) => {
            if let Some(call) = state.calls.pop() {
                audit(cx, "cancel", call.0);
                cx.cancel_call(call);
            }
        }
        ("system", Some(to)) => {
            let call = cx.system(to, asked(&words[1..]), crate::CALL_MS);
            audit(cx, "call", call.0);
            state.calls.push(call);
        }
        ("priority", _) => {
            state.refs.insert(word(0).into(), cx.priority());
        }
        ("demonitor", _) => {
            if let Some(watch) = state.watches.pop() {
                audit(cx, "demonitor", watch.0);
                cx.demonitor(watch);
            }
        }
        ("unwatch", _) => {
            if let Some(watch) = state.watches.pop() {
                audit(cx, "unwatch", watch.0);
                cx.unwatch(watch);
            }
        }
        ("keep", _) => state.refs.extend(words.iter().zip(cx.refs()).map(|(name, got)| (String::from(*name), *got))),
        ("hold", _) => state.refs.extend(reply.map(|reply| (String::from(word(0)), reply))),
        ("drop", _) => {
            state.refs.remove(word(0));
        }
        ("reply", _) => {
            if let Some(reply) = reply {
                cx.reply(reply, text(0).as_bytes(), &[]);
            }
        }
        ("on", _) => {
            state.on.insert(word(0).into(), text(1).into());
        }
        ("spawn" | "start", _) => spawn(state, verb, words, cx),
        ("trap", _) => cx.trap_exits(word(0) != "off"),
        ("timer", _) => cx.timer(number(0), number(1)),
        ("alarm", _) => cx.alarm(number(0), crate::Wall(number(1))),
        ("untimer", _) => drop(cx.cancel_timer(number(0))),
        ("left", _) => {
            let left = cx.cancel_timer(number(0));
            cx.report("inform", format!("{left:?}"));
        }
        ("put", _) => cx.put(text(0).as_bytes(), text(1).as_bytes()).map_err(NotPut::crash)?,
        ("delete", _) => drop(cx.delete(text(0).as_bytes())),
        ("clear", _) => cx.clear_map(),
        // `entries b`: those before b, the greatest key first, as `k=v`, put under b.
        ("entries", _) => {
            let end = text(0).as_bytes();
            let entries = cx.map().range(..end).rev().map(|(key, value)| [key, b"=", value].concat());
            let entries = entries.collect::<Vec<_>>().join(b",".as_slice());
            cx.put(end, &entries).map_err(NotPut::crash)?;
        }
        ("swell", _) => drop(state.on.insert("swollen".into(), "x".repeat(number(0) as usize))),
        ("insert", _) => cx.insert(number(0), if word(1) == "last" { Place::BeforeNew } else { Place::Next }),
        ("await", _) => wait(state, words, cx),
        ("open", _) => cx.open(open(word(0))),
        ("tag", _) => cx.become_tag(number(0) as u32),
        ("defer", _) => cx.defer(),
        // `needs 1 {..}`: deferred until the tag is 1.
        ("needs", _) if u64::from(cx.tag()) == number(0) => return obey(state, text(1), reply, cx),
        ("needs", _) => cx.defer(),
        ("stop", _) => cx.stop(reason(word(0))),
        ("crash", _) => return Err(Crash::new("told", text(0))),
        ("inform", _) => cx.report("inform", alloc::string::String::from(text(0))),
        // Anything else is only a word.
        _ => {}
    }
    Ok(())
}

/// `await [reply] [down] [timer N]`: the newest call and watch.
fn wait(state: &State, words: &[&str], cx: &mut Cx<'_>) {
    for word in words {
        match (*word, state.calls.last(), state.watches.last()) {
            ("reply", Some(call), _) => cx.await_reply(*call),
            ("down", _, Some(watch)) => cx.await_down(*watch),
            ("alias", ..) => state.aliases.last().into_iter().for_each(|alias| cx.await_reply(*alias)),
            ("reply" | "down", ..) => {}
            (number, ..) => cx.await_timer(number.parse().expect("a timer's key")),
        }
    }
}

/// `suspend`, `replace {..}`, `log N`, `upgrade note 1 note 2 {extra}` ..
fn asked<'a>(words: &[&'a str]) -> System<'a> {
    let number = |at: usize| words[at].parse().expect("a number");
    let code = |at: usize| Code { name: words[at], version: u32::from(number(at + 1)) };
    match words[0] {
        "suspend" => System::Suspend,
        "resume" => System::Resume,
        "get_state" => System::GetState,
        "get_map" => System::GetMap(bare(words[1]).as_bytes()),
        "replace" => System::ReplaceState(bare(words[1]).as_bytes()),
        "status" => System::GetStatus,
        "log" => System::Log(number(1)),
        "get_log" => System::GetLog,
        "statistics" => System::Statistics(words[1] == "on"),
        "get_statistics" => System::GetStatistics,
        "trace" => System::Trace(words[1] == "on"),
        "upgrade" => System::Upgrade { from: code(1), to: code(3), extra: bare(words[5]).as_bytes() },
        "passivate" => System::Passivate,
        "activate" => System::Activate,
        other => panic!("nobody can {other}"),
    }
}

fn alias(word: &str) -> Alias {
    match word {
        "demonitor" => Alias::Demonitor,
        "reply_demonitor" => Alias::ReplyDemonitor,
        _ => Alias::ExplicitUnalias,
    }
}

fn open(word: &str) -> Open {
    match word {
        "shared" => Open::Shared,
        "call_chain" => Open::CallChain,
        "predicate" => Open::Predicate,
        "reentrant" => Open::Reentrant,
        _ => Open::Closed,
    }
}

/// For checkers, see `random`.
fn audit(cx: &mut Cx<'_>, what: &str, key: Key) {
    let (what, target) = what.split_once(' ').unwrap_or((what, ""));
    cx.report(AUDIT, format!("{what} {}:{} {target}", key.index, key.generation));
}

/// `spawn NAME [linked] [monitored] [kept] [durable] [missing] [{init}]`
fn spawn(state: &mut State, verb: &str, words: &[&str], cx: &mut Cx<'_>) {
    let name = words[0];
    let init = words.iter().find(|word| word.starts_with('{')).map_or("", |word| bare(word));
    let runs = words.iter().find_map(|word| word.strip_prefix("runs:")).unwrap_or("puppet");
    let behaviour = if words.contains(&"missing") { "none" } else { runs };
    let me = [cx.me()];
    let mut options = SpawnOptions::new(behaviour, init.as_bytes()).label(name).refs(&me);
    for word in &words[1..] {
        options = match *word {
            "linked" => options.linked(),
            "monitored" => options.monitored(),
            "capped" => options.memory_max(400),
            "durable" => options.durability(Durability::Durable).poison(crate::Poison::Skip(1)),
            "kept" => options.identity(Identity::Kept(name)),
            "again" => state.refs.get(name).map_or(options, |child| options.identity(Identity::Again(*child))),
            _ => options,
        };
    }
    let child = if verb == "start" {
        let (child, call) = cx.start(options, crate::CALL_MS);
        audit(cx, "call", call.0);
        state.calls.push(call);
        child
    } else {
        cx.spawn(options)
    };
    state.refs.insert(name.into(), child);
}

/// `a,b+`: lent as usual, and with all rights.
fn table(state: &State, names: &str, cx: &Cx<'_>) -> Vec<Ref> {
    let named = |name: &str| if name == "me" { Some(cx.me()) } else { state.refs.get(name).copied() };
    let lent = |name: &str| match name.strip_suffix('+') {
        Some(name) => named(name).map(|item| item.lending(Rights::ALL)),
        None => named(name),
    };
    names.split(',').filter_map(lent).collect()
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
