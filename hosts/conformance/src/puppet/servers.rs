//! The verbs of scripts that start, ask, stop and look into servers and machines.
use super::{Asked, Kind, Puppet, SCRIPT, State};
use crate::{
    generic::served,
    text::bare,
    words::{self, reason},
};
use peerd_otp::{
    gen_server::{self, Started, Starting},
    message::{self, decode},
    requests::{Checked, Heard, MultiCall, Requests},
    sys,
};
use peerd_vat::{Answer, CALL_MS, CallId, Code, Crash, Cx, Line, Poison, Settle, SpawnOptions, Statistics, System};

impl Puppet {
    /// False: the verb is none of these.
    pub(super) fn generic(&self, state: &mut State, verb: &str, words: &[&str], cx: &mut Cx<'_>) -> Result<bool, Crash> {
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let text = |at: usize| bare(word(at));
        let ms = |at: usize| word(at).parse::<u64>().unwrap_or(CALL_MS);
        let body = |at: usize| message::encode(&text(at));
        let (call, kind) = match verb {
            "serve" => {
                self.serve(state, words, cx)?;
                return Ok(true);
            }
            // `enter VALUE [in=DIRECTORY/NAME]`: from the next message on it is a server.
            "enter" => {
                let place = word(1).strip_prefix("in=").and_then(|place| place.split_once('/'));
                let name = place.map(|(directory, name)| Ok::<_, Crash>((self.who(state, directory, cx)?, name))).transpose()?;
                gen_server::enter::<served::Served<2>>(served::State::of(text(0)), name, cx);
                state.is_server = true;
                return Ok(true);
            }
            "cast" => {
                cx.send(self.who(state, word(0), cx)?, &body(1));
                return Ok(true);
            }
            "gather" => {
                state.requests = Some(Requests::until(cx.now().after(ms(0))));
                return Ok(true);
            }
            "gathered" => {
                let to = self.who(state, word(1), cx)?;
                let requests = state.requests.as_mut().ok_or_else(|| Crash::new(SCRIPT, "gather MS comes first"))?;
                let call = requests.send(word(0).into(), to, &body(2), &[], cx);
                (call, Kind::Server)
            }
            "multicall" => {
                let whom: Result<Vec<_>, Crash> =
                    words.iter().skip(2).map(|name| Ok(((*name).to_owned(), self.who(state, name, cx)?))).collect();
                state.multi = Some(MultiCall::begin(whom?, &body(1), ms(0), cx));
                return Ok(true);
            }
            "ask" => (cx.call(self.who(state, word(0), cx)?, &body(1), &[], ms(2)), Kind::Server),
            "halt" => {
                let why = reason(text(1));
                (gen_server::stop(self.who(state, word(0), cx)?, &why, ms(2), cx), Kind::Halt(why))
            }
            "status" => (sys::call(self.who(state, word(0), cx)?, &sys::Request::GetStatus, CALL_MS, cx), Kind::Status),
            _ => {
                let what = match verb {
                    "get_state" => System::GetState,
                    "log" => System::Log(ms(1) as u16),
                    "get_log" => System::GetLog,
                    "statistics" => System::Statistics(word(1) == "on"),
                    "get_statistics" => System::GetStatistics,
                    "replace_state" => return self.replace(state, words, cx),
                    "change_code" => {
                        let code = |at: usize| Code { name: word(at), version: word(at + 1).parse().unwrap_or(0) };
                        let what = System::Upgrade { from: code(1), to: code(3), extra: text(5).as_bytes() };
                        let call = cx.system(self.who(state, word(0), cx)?, what, CALL_MS);
                        state.calls.push(Asked { call, kind: Kind::Call });
                        return Ok(true);
                    }
                    _ => return Ok(false),
                };
                (cx.system(self.who(state, word(0), cx)?, what, CALL_MS), Kind::System(verb.into()))
            }
        };
        state.calls.push(Asked { call, kind });
        Ok(true)
    }

    /// `serve NAME {init} [linked] [monitored] [as=BEHAVIOUR] [in=DIRECTORY/NAME] [ms=N]`
    fn serve(&self, state: &mut State, words: &[&str], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let [name, words @ ..] = words else { return Err(Crash::new(SCRIPT, "serve whom?")) };
        let field = |key: &str| words.iter().find_map(|word| word.strip_prefix(key));
        let init = words.iter().find(|word| word.starts_with('{')).map_or("", |word| bare(word));
        let place = field("in=").and_then(|place| place.split_once('/'));
        let named = place.map_or_else(String::new, |(directory, name)| format!("; named {directory} {name}"));
        let args = format!("name {name}; {init}{named}");
        let mut options = SpawnOptions::new(field("as=").unwrap_or("server"), args.as_bytes()).label(name);
        options = options.durability(self.0.cast().durability()).poison(Poison::Skip(1));
        if words.contains(&"linked") {
            options = options.linked();
        }
        if words.contains(&"monitored") {
            options = options.monitored();
        }
        let ms = field("ms=").and_then(|ms| ms.parse().ok()).unwrap_or(CALL_MS);
        let starting = match place {
            Some((directory, name)) => Starting::begin_named(options, ms, self.who(state, directory, cx)?, name, cx),
            None => Starting::begin(options, ms, cx),
        };
        self.0.cast().enter(name, starting.actor());
        state.starting.push(starting);
        Ok(())
    }

    /// `replace_state SERVER VALUE`, after a `get_state`; without a value, bytes that are no state.
    fn replace(&self, state: &mut State, words: &[&str], cx: &mut Cx<'_>) -> Result<bool, Crash> {
        let to = self.who(state, words.first().copied().unwrap_or_default(), cx)?;
        let bytes = match words.get(1) {
            Some(value) => sys::with_state(&state.found, &served::State::of(bare(value))),
            None => Some(vec![1, 200]),
        };
        let bytes = bytes.ok_or_else(|| Crash::new(SCRIPT, "get_state comes first"))?;
        let call = cx.system(to, System::ReplaceState(&bytes), CALL_MS);
        state.calls.push(Asked { call, kind: Kind::Call });
        Ok(true)
    }

    /// What a start, a collection or a multi-call makes of a reply; none if it is none of theirs.
    pub(super) fn collected(
        &self,
        state: &mut State,
        call: CallId,
        result: &Result<Answer<'_>, Settle>,
        cx: &mut Cx<'_>,
    ) -> Option<Option<String>> {
        for at in 0..state.starting.len() {
            let before = state.starting[at].clone();
            if let Some(started) = state.starting[at].settle(call, result, cx) {
                state.starting.remove(at);
                return Some(Some(format!("= {}", self.started(&started))));
            }
            if before != state.starting[at] {
                // It led to another question.
                return Some(None);
            }
        }
        let heard = state.multi.as_mut().map_or(Heard::NotOurs, |multi| multi.settle(call, result));
        match heard {
            Heard::NotOurs => {}
            Heard::Some => return Some(None),
            Heard::All => {
                let multi = state.multi.take()?;
                let answers = multi.answers.iter().map(|(name, body)| format!("{name}={}", decode::<String>(body).unwrap_or_default()));
                let silent = multi.silent.iter().map(|(name, settle)| format!("{name}={}", words::settled(settle)));
                let list = |all: Vec<String>| all.join(", ");
                return Some(Some(format!("= [{}] silent [{}]", list(answers.collect()), list(silent.collect()))));
            }
        }
        match state.requests.as_mut().map(|requests| requests.check(call)) {
            Some(Checked::Settled(label)) => {
                state.calls.retain(|asked| asked.call != call);
                Some(Some(format!("{label} = {}", server_told(result))))
            }
            Some(Checked::NoRequest) => {
                state.calls.retain(|asked| asked.call != call);
                Some(Some(format!("no_request = {}", server_told(result))))
            }
            Some(Checked::NotOurs) | None => None,
        }
    }

    fn started(&self, started: &Started) -> String {
        match started {
            Started::Up(actor) => format!("ok({})", self.0.cast().told(*actor)),
            Started::Ignored => "ignore".into(),
            Started::AlreadyStarted(actor) => format!("error(already_started({}))", self.0.cast().told(*actor)),
            Started::Failed(reason) => format!("error({})", words::told(reason)),
            Started::Timeout => "error(timeout)".into(),
        }
    }

    /// An answer to one of the verbs above.
    pub(super) fn generic_told(&self, state: &mut State, kind: Kind, result: Result<Answer<'_>, Settle>) -> String {
        match (kind, result) {
            (Kind::Halt(why), result) => match gen_server::stopped(result, &why) {
                Ok(()) => "ok".into(),
                Err(settle) => format!("error({})", words::settled(&settle)),
            },
            (Kind::Status, Ok(answer)) => match sys::answer(answer) {
                Some(sys::Answer::Status(status)) => format!("{} {}: {}", status.behaviour, status.activity, status.state),
                other => format!("{other:?}"),
            },
            (Kind::System(verb), Ok(answer)) => self.system_told(state, &verb, answer),
            (_, result) => server_told(&result),
        }
    }

    fn system_told(&self, state: &mut State, verb: &str, answer: Answer<'_>) -> String {
        match verb {
            "get_state" => {
                state.found = answer.body.to_vec();
                sys::state::<served::State>(answer.body).map_or_else(|| "no state".into(), |state| state.value)
            }
            "get_log" => match decode::<Vec<Line>>(answer.body) {
                Some(lines) => format!("{} lines", lines.len()),
                None => "no log".into(),
            },
            "get_statistics" => match decode::<Option<Statistics>>(answer.body) {
                Some(Some(_)) => "counted".into(),
                Some(None) => "no statistics".into(),
                None => "no answer of the kernel's".into(),
            },
            _ => String::from_utf8_lossy(answer.body).into_owned(),
        }
    }
}

fn server_told(result: &Result<Answer<'_>, Settle>) -> String {
    match result {
        Ok(answer) => decode::<String>(answer.body).unwrap_or_else(|| String::from_utf8_lossy(answer.body).into_owned()),
        Err(settle) => words::settled(settle),
    }
}
