//! A gen_statem whose callbacks are rules: in this state, for this event, do that.
//!
//! ```text
//! state locked; when locked e1 {postpone}; when locked open {to open}; when * enter {say here}
//! ```
//! Events are words: what is cast or asked, `own:C` for inserted ones, `state:C`, `event:C` and `NAME:C` for time-outs,
//! `enter`. Without a rule it says what came in which state.
use crate::{
    puppet::SCRIPT,
    stage::Stage,
    text::{bare, split},
    words,
};
use peerd_otp::{
    message::Caller,
    statem::{Action, Init, Machine, Module, Set, Step, Switch, Trigger, Which},
};
use peerd_vat::{Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Data {
    rules: Vec<(String, String, String)>,
    callers: Vec<Caller>,
}

/// With state-enter calls, or without.
pub struct Ruled<const ENTERS: bool>;

impl Data {
    fn rule(&self, state: &str, event: &str) -> Option<String> {
        let fits = |rule: &&(String, String, String)| (rule.0 == state || rule.0 == "*") && rule.1 == event;
        self.rules.iter().find(fits).map(|rule| rule.2.clone())
    }
}

fn wrong(why: String) -> Crash {
    Crash::new(SCRIPT, why)
}

fn step<M>(script: &str, data: &mut Data, caller: Option<Caller>, cx: &mut Cx<'_>) -> Result<Step<M>, Crash>
where
    M: Machine<State = String, Data = Data, Own = String, Timer = String>,
{
    let mut step = Step::keep();
    for command in split(script, ';') {
        let parts = split(command, ' ');
        let number = |word: &str| word.parse::<u64>().map_err(|_| wrong(format!("{word:?} is no number")));
        let which = |word: &str| match word {
            "state" => Which::State,
            "event" => Which::Event,
            name => Which::Named(name.to_owned()),
        };
        step = match parts.as_slice() {
            ["to", state] => Step { actions: step.actions, ..Step::to((*state).to_owned()) },
            ["keep"] => step,
            ["repeat"] => Step { actions: step.actions, ..Step::repeat() },
            ["stop", why] => Step { actions: step.actions, ..Step::stop(words::reason(bare(why))) },
            ["postpone"] => step.postpone(),
            ["insert", event] => step.insert((*event).to_owned()),
            ["timeout", name, ms, content] => {
                let set = Set::After(number(ms)?, (*content).to_owned());
                step.and(Action::Timer(which(name), set))
            }
            ["update", name, content] => step.update(which(name), (*content).to_owned()),
            ["cancel", name] => step.cancel(which(name)),
            ["change", module] => step.switch(Switch::Change((*module).to_owned())),
            ["push", module] => step.switch(Switch::Push((*module).to_owned())),
            ["pop"] => step.switch(Switch::Pop),
            ["say", text] => {
                Stage::current().say(bare(text), cx);
                step
            }
            ["reply", text] => {
                if let Some(caller) = caller {
                    caller.answer(&bare(text), cx);
                }
                step
            }
            ["hold"] => {
                data.callers.extend(caller);
                step
            }
            ["answer_one", text] => {
                if let Some(caller) = data.callers.pop() {
                    caller.answer(&bare(text), cx);
                }
                step
            }
            ["crash", text] => return Err(Crash::new("crash", *text)),
            _ => return Err(wrong(format!("machines know no {command:?}"))),
        };
    }
    Ok(step)
}

fn obey<M>(module: &str, state: &str, trigger: Trigger<'_, M>, data: &mut Data, cx: &mut Cx<'_>) -> Result<Step<M>, Crash>
where
    M: Machine<State = String, Data = Data, Call = String, Cast = String, Own = String, Timer = String>,
{
    let (event, caller) = match trigger {
        Trigger::Call(event, caller) => (event, Some(caller)),
        Trigger::Cast(event) => (event, None),
        Trigger::Info(Event::User { body, .. }) => (String::from_utf8_lossy(body).into_owned(), None),
        Trigger::Info(Event::Timer { key }) => (format!("timer:{key}"), None),
        Trigger::Info(_) => ("info".into(), None),
        Trigger::Inserted(content) => (format!("own:{content}"), None),
        Trigger::StateTimeout(content) => (format!("state:{content}"), None),
        Trigger::EventTimeout(content) => (format!("event:{content}"), None),
        Trigger::Timeout(name, content) => (format!("{name}:{content}"), None),
    };
    match data.rule(state, &event) {
        Some(script) => step(&script, data, caller, cx),
        None => match event.strip_prefix("do ") {
            Some(script) => step(script, data, caller, cx),
            None => {
                Stage::current().say(&format!("{module}{state} {event}"), cx);
                Ok(Step::keep())
            }
        },
    }
}

fn enter<M>(module: &str, from: &str, to: &str, data: &mut Data, cx: &mut Cx<'_>) -> Result<Step<M>, Crash>
where
    M: Machine<State = String, Data = Data, Own = String, Timer = String>,
{
    match data.rule(to, "enter") {
        Some(script) => step(&script, data, None, cx),
        None => {
            Stage::current().say(&format!("{module}enter {from} {to}"), cx);
            Ok(Step::keep())
        }
    }
}

impl<const ENTERS: bool> Machine for Ruled<ENTERS> {
    const NAME: &'static str = if ENTERS { "entering" } else { "machine" };
    const ENTERS: bool = ENTERS;
    type State = String;
    type Data = Data;
    type Call = String;
    type Cast = String;
    type Own = String;
    type Timer = String;

    fn init(args: &[u8], _: &[Ref], cx: &mut Cx<'_>) -> Result<Init<Self>, Crash> {
        let script = String::from_utf8_lossy(args).into_owned();
        let (mut state, mut data, mut first) = (String::from("start"), Data::default(), String::new());
        for command in split(&script, ';') {
            match split(command, ' ').as_slice() {
                ["state", name] => state = (*name).into(),
                ["when", state, event, script] => data.rules.push(((*state).into(), (*event).into(), bare(script).into())),
                ["name", name] => Stage::current().cast().enter(name, cx.me()),
                ["trap"] => cx.trap_exits(true),
                ["first", script] => first = bare(script).into(),
                _ => return Err(wrong(format!("a machine's init knows no {command:?}"))),
            }
        }
        let step = step(&first, &mut data, None, cx)?;
        Ok(Init::With(state, data, step))
    }

    fn handle(state: &String, trigger: Trigger<'_, Self>, data: &mut Data, cx: &mut Cx<'_>) -> Result<Step<Self>, Crash> {
        obey("", state, trigger, data, cx)
    }

    fn enter(from: &String, to: &String, data: &mut Data, cx: &mut Cx<'_>) -> Result<Step<Self>, Crash> {
        enter("", from, to, data, cx)
    }

    fn module(name: &str) -> Option<Module<Self>> {
        let handle_other =
            |state: &String, trigger: Trigger<'_, Self>, data: &mut Data, cx: &mut Cx<'_>| obey("other:", state, trigger, data, cx);
        let enter_other = |from: &String, to: &String, data: &mut Data, cx: &mut Cx<'_>| enter("other:", from, to, data, cx);
        (name == "other").then_some(Module { handle: handle_other, enter: enter_other })
    }

    fn terminate(state: &String, reason: &Reason, _: &mut Data, cx: &mut Cx<'_>) {
        Stage::current().say(&format!("terminate {state} {}", words::told(reason)), cx);
    }
}
