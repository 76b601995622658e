//! The verbs of scripts.
use super::{Asked, BUSY, BUSY_TIMER, DO, Kind, LINGER_TIMER, NAME, Puppet, READY, SCRIPT, STUCK_TIMER, State, keep};
use crate::{
    fixtures,
    supervise::{self, Tree},
    text::{bare, split, term},
    words::reason,
};
use peerd_otp::{message, supervisor::Callback as _};
use peerd_vat::{
    Alias, Aliased, CALL_MS, Class, Crash, Cx, Durability, Every, INFINITY_MS, Identity, Missed, Open, Poison, Ref, Rights, SpawnOptions,
    System, WatchOptions,
};
use std::num::NonZero;
impl Puppet {
    /// Runs the commands of one turn. One that names what nobody is called makes the turn fail, so that no case is void.
    pub(super) fn obey(&self, state: &mut State, script: &str, reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.each(state, script, reply, cx)?;
        // One that goes on as a server has a server's state by now.
        if !state.is_server {
            keep(state, cx);
        }
        Ok(())
    }

    fn each(&self, state: &mut State, script: &str, reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        for command in split(script, ';') {
            let words = split(command, ' ');
            if let Some((verb, words)) = words.split_first() {
                self.one(state, verb, words, reply, cx)?;
            }
        }
        Ok(())
    }

    fn one(&self, state: &mut State, verb: &str, words: &[&str], reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let text = |at: usize| bare(word(at));
        let number = |at: usize| word(at).parse::<u64>().map_err(|_| Crash::new(SCRIPT, format!("{verb} wants a number")));
        match verb {
            "send" => {
                let refs = self.table(state, word(2), cx)?;
                cx.send_with(self.who(state, word(0), cx)?, text(1).as_bytes(), &refs);
            }
            "call" => {
                let ms = words.get(2).and_then(|ms| ms.parse().ok()).unwrap_or(CALL_MS);
                let refs = self.table(state, word(3), cx)?;
                let call = cx.call(self.who(state, word(0), cx)?, text(1).as_bytes(), &refs, ms);
                state.calls.push(Asked { call, kind: Kind::Call });
            }
            "cancel" => {
                if let Some(asked) = state.calls.pop() {
                    cx.cancel_call(asked.call);
                }
            }
            "reply" => {
                if let Some(reply) = reply {
                    cx.reply(reply, text(0).as_bytes(), &[]);
                }
            }
            "hold" => state.refs.extend(reply.map(|reply| (word(0).to_owned(), reply))),
            "drop" => drop(state.refs.remove(word(0))),
            "lent" => state.refs.extend(words.iter().zip(cx.refs()).map(|(name, got)| ((*name).to_owned(), *got))),
            "watch" | "watch_identity" | "watch_alias" | "unwatch" | "demonitor" => self.watching(state, verb, words, cx)?,
            "suspend" | "resume" | "passivate" | "activate" | "trace" | "trace_off" => {
                let what = match verb {
                    "suspend" => System::Suspend,
                    "resume" => System::Resume,
                    "passivate" => System::Passivate,
                    "activate" => System::Activate,
                    _ => System::Trace(verb == "trace"),
                };
                let call = cx.system(self.who(state, word(0), cx)?, what, CALL_MS);
                state.calls.push(Asked { call, kind: Kind::Call });
            }
            "link" => cx.link(self.who(state, word(0), cx)?),
            "unlink" => cx.unlink(self.who(state, word(0), cx)?),
            "trap" => cx.trap_exits(word(0) != "off"),
            "exit" => cx.exit(self.who(state, word(0), cx)?, reason(text(1))),
            "spawn" | "start" => self.spawn(state, verb, words, cx)?,
            "bury" => cx.bury(self.who(state, word(0), cx)?),
            "forget" => cx.forget(self.who(state, word(0), cx)?),
            "timer" => cx.timer(number(0)?, number(1)?),
            "untimer" => drop(cx.cancel_timer(number(0)?)),
            // The same, and it says what was left of it.
            "left" => {
                let left = cx.cancel_timer(number(0)?).map_or_else(|| "none".into(), |ms| format!("{ms}"));
                self.say(&format!("left {left}"), cx);
            }
            // `alarm KEY MS`, from now; `every KEY MS PERIOD`; and what of it is left, or when it is due.
            "alarm" => cx.alarm(number(0)?, cx.wall().after(number(1)?)),
            "every" => {
                let missed = match word(3) {
                    "skip" => Missed::Skip,
                    "each" => Missed::Each(3),
                    _ => Missed::Coalesce,
                };
                let period_ms = NonZero::new(number(2)?).ok_or_else(|| Crash::new(SCRIPT, "a period of nothing"))?;
                let every = Every { period_ms, missed };
                cx.alarm_every(number(0)?, cx.wall().after(number(1)?), every);
            }
            "unalarm" => drop(cx.cancel_alarm(number(0)?)),
            "due" => {
                let due = cx.alarm_at(number(0)?).map_or_else(|| "none".into(), |at| format!("in {}", at.since(cx.wall())));
                self.say(&format!("due {due}"), cx);
            }
            "tag" => cx.become_tag(number(0)? as u32),
            "defer" => cx.defer(),
            // `needs 1 {..}`: deferred until the tag is 1.
            "needs" if u64::from(cx.tag()) == number(0)? => return self.each(state, text(1), reply, cx),
            "needs" => cx.defer(),
            "stop" => cx.stop(reason(text(0))),
            "crash" => return Err(Crash::new("crash", text(0))),
            "say" => self.say(text(0), cx),
            // Its shard is to be at that host.
            "relocate" => {
                let mesh = self.0.cast().mesh;
                mesh.into_iter().for_each(|mesh| cx.send(mesh, word(0).as_bytes()));
            }
            "report" => cx.report(word(0).to_owned(), text(1).to_owned()),
            "on" => drop(state.on.insert(word(0).into(), text(1).into())),
            "off" => drop(state.on.remove(word(0))),
            // `either {..} {..}`: one of them, at random.
            "either" if !words.is_empty() => {
                let at = cx.random() as usize % words.len();
                return self.each(state, text(at), reply, cx);
            }
            // `spread {..} {..}`: one per turn, at random several.
            "spread" => {
                let mut rest = words;
                while let Some((first, later)) = rest.split_first() {
                    self.each(state, bare(first), reply, cx)?;
                    rest = later;
                    if !rest.is_empty() && cx.random().is_multiple_of(2) {
                        cx.send(cx.me(), format!("{DO}spread {}", rest.join(" ")).as_bytes());
                        break;
                    }
                }
            }
            // `repeat 3 {..}`
            "repeat" => {
                for _ in 0..number(0)? {
                    self.each(state, text(1), reply, cx)?;
                }
            }
            "name" => {
                state.name = word(0).into();
                self.0.cast().enter(word(0), cx.me());
            }
            // Roots of several vats make their vats' actors known to each other.
            "peers" => {
                let peers = words.iter().zip(cx.refs());
                peers.for_each(|(name, peer)| self.0.cast().know(name, *peer));
                state.peers = cx.refs().to_vec();
            }
            "introduce" => {
                let met = self.who(state, word(0), cx)?.lending(Rights::ALL);
                for peer in &state.peers {
                    cx.send_with(*peer, format!("{DO}met {}", word(0)).as_bytes(), &[met]);
                }
            }
            "met" => {
                if let Some(met) = cx.refs().first() {
                    self.0.cast().know(word(0), *met);
                    state.met.insert(word(0).into(), *met);
                }
            }
            "fixture" => {
                let script = fixtures::script(word(0)).ok_or_else(|| Crash::new(SCRIPT, format!("no fixture {}", word(0))))?;
                return self.each(state, &script, reply, cx);
            }
            "plan" => state.plan = Some(word(0).into()),
            "busy" => {
                cx.become_tag(BUSY);
                cx.timer(BUSY_TIMER, number(0)?);
            }
            "linger" => cx.timer(LINGER_TIMER, number(0)?),
            "up" => cx.become_tag(READY),
            "supervise" => {
                let name = word(0);
                let args = supervise::text(name, &self.0.cast()).map_err(|why| Crash::new(SCRIPT, why))?;
                let (actor, call) = cx.start(SpawnOptions::new(Tree::NAME, args.as_bytes()).label(name).linked(), INFINITY_MS);
                self.0.cast().enter(name, actor);
                state.calls.push(Asked { call, kind: Kind::Start(name.into()) });
            }
            "check" => {
                let said = supervise::check(word(0), &words[1.min(words.len())..].join(" "), &self.0.cast());
                self.say(&format!("= {}", said.map_err(|why| Crash::new(SCRIPT, why))?), cx);
            }
            // `await reply` is for the last call, `await timer 1`, `await down TAG`.
            "await" => match (word(0), state.calls.last(), state.watches.iter().find(|(tag, _)| tag == word(1))) {
                ("timer", ..) => cx.await_timer(number(1)?),
                ("down", _, Some((_, watch))) => cx.await_down(*watch),
                (_, Some(asked), _) => cx.await_reply(asked.call),
                _ => return Err(Crash::new(SCRIPT, "there is nothing to await")),
            },
            "open" => cx.open(match word(0) {
                "shared" => Open::Shared,
                "call_chain" => Open::CallChain,
                "predicate" => Open::Predicate,
                "reentrant" => Open::Reentrant,
                _ => Open::Closed,
            }),
            // `pin b old`: the life of b that lives now.
            "pin" => {
                let pinned = cx.pinned(self.who(state, word(0), cx)?);
                state.refs.insert(word(1).into(), pinned);
            }
            // `weak b w`: of b, what only watches.
            "weak" => {
                let weak = self.who(state, word(0), cx)?.attenuated(Rights::WATCH);
                state.refs.insert(word(1).into(), weak);
            }
            // `facet b f`: of b, until `revoke f`.
            "facet" => {
                let facet = cx.facet(self.who(state, word(0), cx)?);
                state.refs.insert(word(1).into(), facet);
            }
            "revoke" => cx.revoke(self.who(state, word(0), cx)?),
            // `flood s 1000`: so many calls, one after the other, with the mailbox closed; then it does what `flooded` says.
            "flood" => {
                state.flood = Some((word(0).into(), number(1)?));
                self.next_of_flood(state, cx)?;
            }
            // Endless: another turn of the same is always to come, until it is told `off spin`.
            "spin" => {
                state.on.insert("spin".into(), "send me spin".into());
                cx.send(cx.me(), b"spin");
            }
            "map" => self.entries(words, cx)?,
            "swell" => state.ballast = "x".repeat(number(0)? as usize),
            _ if self.library(state, verb, words, cx)?
                || self.queues(state, verb, words, cx)?
                || self.keyed(state, verb, words, cx)?
                || self.generic(state, verb, words, cx)? => {}
            _ => {
                let request = supervise::request(verb, &words[1.min(words.len())..], &self.0.cast());
                match request.map_err(|why| Crash::new(SCRIPT, why))? {
                    Ok((body, refs)) => {
                        let to = self.who(state, word(0), cx)?;
                        let call = cx.call(to, &body, &refs, INFINITY_MS);
                        state.calls.push(Asked { call, kind: Kind::Supervisor });
                    }
                    Err(bad) => self.say(&format!("= error({bad})"), cx),
                }
            }
        }
        Ok(())
    }

    /// `watch TARGET [TAG]`, `watch_alias TARGET explicit|demonitor|reply NAME`, `unwatch TAG`, `demonitor TAG`
    fn watching(&self, state: &mut State, verb: &str, words: &[&str], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        if let "unwatch" | "demonitor" = verb {
            let watch = state.watches.iter().find(|(tag, _)| tag == word(0)).map(|(_, watch)| *watch);
            let watch = watch.ok_or_else(|| Crash::new(SCRIPT, format!("no watch is called {:?}", word(0))))?;
            if verb == "unwatch" {
                cx.unwatch(watch)
            } else {
                cx.demonitor(watch)
            }
            return Ok(());
        }
        let target = self.who(state, word(0), cx)?;
        let tag = words.get(1).copied().unwrap_or(word(0));
        let (tag, watch) = match verb {
            "watch_identity" => (tag, cx.watch_identity(target)),
            "watch_alias" => {
                let alias = match word(1) {
                    "demonitor" => Alias::Demonitor,
                    "reply" => Alias::ReplyDemonitor,
                    _ => Alias::ExplicitUnalias,
                };
                let Aliased { watch, call, reply } = cx.watch_alias(target, WatchOptions::new(), alias);
                self.0.cast().enter(word(2), reply);
                state.calls.push(Asked { call, kind: Kind::Call });
                (word(0), watch)
            }
            _ => (tag, cx.watch(target)),
        };
        state.watches.push((tag.into(), watch));
        Ok(())
    }

    /// False: there is no flood, or that was its last call.
    pub(super) fn next_of_flood(&self, state: &mut State, cx: &mut Cx<'_>) -> Result<bool, Crash> {
        let Some((to, left)) = state.flood.take() else { return Ok(false) };
        if left == 0 {
            let script = state.on.get("flooded").cloned().unwrap_or_default();
            self.each(state, &script, None, cx)?;
            return Ok(true);
        }
        let call = cx.call(self.who(state, &to, cx)?, &message::encode(&"reply x"), &[], INFINITY_MS);
        cx.await_reply(call);
        state.flood = Some((to, left - 1));
        Ok(true)
    }

    /// Its own refs come before those of the case; `me` and `parent` are what they say.
    pub(super) fn who(&self, state: &State, name: &str, cx: &Cx<'_>) -> Result<Ref, Crash> {
        let known = match name {
            "me" => Some(cx.me()),
            "parent" => cx.parent(),
            name => state.refs.get(name).copied().or_else(|| self.0.cast().find(name)),
        };
        known.ok_or_else(|| Crash::new(SCRIPT, format!("nobody is called {name:?}")))
    }

    /// `a,b+`: lent as usual, and with all rights.
    fn table(&self, state: &State, names: &str, cx: &Cx<'_>) -> Result<Vec<Ref>, Crash> {
        let lent = |name: &str| match name.strip_suffix('+') {
            Some(name) => self.who(state, name, cx).map(|item| item.lending(Rights::ALL)),
            None => self.who(state, name, cx),
        };
        names.split(',').filter(|name| !name.is_empty()).map(lent).collect()
    }

    /// `spawn NAME [as=BEHAVIOUR] [linked] [monitored] [volatile] [unconfirmed] [retries] [kept] [again] [missing] [{init}]`
    fn spawn(&self, state: &mut State, verb: &str, words: &[&str], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some((name, words)) = words.split_first() else { return Err(Crash::new(SCRIPT, "spawn whom?")) };
        let init = words.iter().find(|word| word.starts_with('{')).map_or("", |word| bare(word));
        let named = words.iter().find_map(|word| word.strip_prefix("as="));
        let behaviour = if words.contains(&"missing") { "none" } else { named.unwrap_or(NAME) };
        let mut options = SpawnOptions::new(behaviour, init.as_bytes()).label(name);
        // A command that crashes its puppet is not given again.
        options = options.durability(self.0.cast().durability()).poison(Poison::Skip(1));
        for word in words {
            options = match *word {
                "linked" => options.linked(),
                "monitored" => options.monitored(),
                "low" => options.class(Class::Low),
                "high" => options.class(Class::High),
                "max" => options.class(Class::Max),
                memory if memory.starts_with("memory=") => options.memory_max(memory["memory=".len()..].parse().unwrap_or(0)),
                "retries" => options.poison(Poison::Retry),
                "volatile" => options.durability(Durability::Volatile),
                "unconfirmed" => options.durability(Durability::Unconfirmed),
                "kept" => options.identity(Identity::Kept(name)),
                "again" => options.identity(Identity::Again(self.who(state, name, cx)?)),
                _ => options,
            };
        }
        let child = if verb == "start" {
            let (child, call) = cx.start(options, CALL_MS);
            state.calls.push(Asked { call, kind: Kind::Start((*name).into()) });
            child
        } else {
            cx.spawn(options)
        };
        self.0.cast().enter(name, child);
        Ok(())
    }
}

/// How this start goes.
pub(super) fn begin(outcome: &str, cx: &mut Cx<'_>) -> Result<(), Crash> {
    match term(outcome) {
        ("up", _) => {}
        ("ignore", _) => cx.stop(peerd_vat::Reason::Normal),
        ("info", what) => cx.started_with(what.as_bytes()),
        ("error", why) => cx.stop(reason(why)),
        ("crash", why) => return Err(Crash::new("crash", why)),
        // Until it is told `do up`, or anything that ends it.
        ("hang", _) => cx.defer(),
        ("stuck", ms) => {
            cx.defer();
            cx.timer(STUCK_TIMER, ms.parse().map_err(|_| Crash::new(SCRIPT, "stuck(ms)"))?);
        }
        _ => return Err(Crash::new(SCRIPT, format!("no start goes {outcome}"))),
    }
    Ok(())
}
