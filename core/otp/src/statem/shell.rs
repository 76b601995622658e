//! Takes an event to its callback, and the step that comes back to what it asks for.
use super::{
    Action, Goal, Init, Machine, Module, OWN_KEYS, Set, Step, Switch, Trigger, Which,
    timers::{Own, Timers},
};
use crate::{
    Server, apart,
    message::{Caller, decode},
    naming::Naming,
    sys::{self, Status},
};
use alloc::{format, string::String, vec::Vec};
use core::marker::PhantomData;
use peerd_vat::{Code, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

/// Limit: how often a state may be entered by one event. More is a machine that repeats its own state for ever.
const ENTERS_MAX: u32 = 1_000;
/// The part of the tag that counts changes of state; the rest belongs to system messages and naming.
const CHANGES: u32 = (1 << 30) - 1;

/// A machine's code, as the kernel runs it.
pub struct Callbacks<M>(PhantomData<fn() -> M>);

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Shell<M: Machine> {
    /// None: its init did not want it.
    #[serde(with = "apart")]
    inner: Option<(M::State, M::Data)>,
    frame: Frame<M>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Frame<M: Machine> {
    timers: Timers<M>,
    /// None: the machine's own callbacks.
    module: Option<String>,
    pushed: Vec<Option<String>>,
    naming: Naming,
}

/// The event a step is about.
enum About<M: Machine> {
    Start,
    Other,
    Own(u64, Own<M>),
}

impl<M: Machine> Server for Callbacks<M> {
    const NAME: &'static str = M::NAME;
    const VERSION: u32 = M::VERSION;
    type State = Shell<M>;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Shell<M>, Crash> {
        let init = M::init(args, refs, cx)?;
        let frame = Frame { timers: Timers::default(), module: None, pushed: Vec::new(), naming: Naming::default() };
        let mut shell = Shell { inner: None, frame };
        let (state, data, step) = match init {
            Init::Ready(state, data) => (state, data, Step::keep()),
            Init::With(state, data, step) => (state, data, step),
            Init::Named { state, data, directory, name } => {
                shell.frame.naming = Naming::register(directory, &name, cx);
                (state, data, Step::keep())
            }
            Init::Ignore => {
                cx.stop(Reason::Normal);
                return Ok(shell);
            }
            Init::Stop(reason) => {
                cx.stop(reason);
                return Ok(shell);
            }
        };
        shell.inner = Some((state, data));
        shell.follow(step, About::Start, cx)?;
        Ok(shell)
    }

    fn handle(shell: &mut Shell<M>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some(event) = shell.frame.naming.pass(event, cx) else { return Ok(()) };
        let Some(event) = sys::intercept(event, || shell.status(), cx) else { return Ok(()) };
        let own = match event {
            Event::Timer { key } if key >= OWN_KEYS => match shell.frame.timers.take(key) {
                Some(own) => Some((key, own)),
                None => return Ok(()),
            },
            _ => None,
        };
        shell.frame.timers.cancel(&Which::Event, cx);
        let trigger = match &own {
            Some((_, Own::Inserted(content))) => Trigger::Inserted(content),
            Some((_, Own::Expired(Which::State, content))) => Trigger::StateTimeout(content),
            Some((_, Own::Expired(Which::Event, content))) => Trigger::EventTimeout(content),
            Some((_, Own::Expired(Which::Named(name), content))) => Trigger::Timeout(name, content),
            None => trigger(event),
        };
        let handle = shell.callbacks().handle;
        let (state, data) = shell.parts();
        let step = handle(state, trigger, data, cx)?;
        shell.follow(step, own.map_or(About::Other, |(key, own)| About::Own(key, own)), cx)
    }

    fn terminate(shell: &mut Shell<M>, reason: &Reason, cx: &mut Cx<'_>) {
        let (state, data) = shell.parts();
        M::terminate(state, reason, data, cx);
        if !reason.is_orderly() {
            cx.report("terminated", format!("{reason}, with {}", sys::shown(M::status(state, data))));
        }
    }

    fn migrate(found: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<Shell<M>, Crash> {
        let frame = sys::inner(found).and_then(|(inner, frame)| Some((inner, decode(frame)?)));
        let Some((inner, frame)) = frame else { return Err(Crash::new("migrate", "this is no machine's state")) };
        let inner = inner.map(|inner| M::migrate(&inner, from, extra, cx)).transpose()?;
        Ok(Shell { inner, frame })
    }
}

fn trigger<M: Machine>(event: Event<'_>) -> Trigger<'_, M> {
    match event {
        Event::User { body, reply: Some(reply), .. } => decode(body).map(|call| Trigger::Call(call, Caller(reply))),
        Event::User { body, reply: None, .. } => decode(body).map(Trigger::Cast),
        Event::Reply { .. } | Event::Down { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => None,
    }
    .unwrap_or(Trigger::Info(event))
}

impl<M: Machine> Shell<M> {
    fn status(&self) -> Status {
        let (activity, state) = match &self.inner {
            Some((state, data)) => (format!("{state:?}"), sys::shown(M::status(state, data))),
            None => (String::new(), String::new()),
        };
        Status { behaviour: M::NAME.into(), activity, state }
    }

    fn parts(&mut self) -> (&mut M::State, &mut M::Data) {
        let (state, data) = self.inner.as_mut().expect("one whose init did not want it handles nothing");
        (state, data)
    }

    fn callbacks(&self) -> Module<M> {
        match &self.frame.module {
            None => Module { handle: M::handle, enter: M::enter },
            Some(name) => M::module(name).expect("looked up when it was switched to"),
        }
    }

    fn follow(&mut self, step: Step<M>, about: About<M>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (mut postponed, mut inserted, mut timers) = (false, Vec::new(), Vec::new());
        for action in step.actions {
            match action {
                Action::Postpone if matches!(about, About::Start) => return Err(bad_action("postpone without an event")),
                Action::Postpone => postponed = true,
                Action::Insert(event) => inserted.push(event),
                Action::Timer(which, set) => timers.push((which, set)),
                Action::Module(switch) => self.switch(switch)?,
            }
        }
        let before = self.parts().0.clone();
        let (changed, enters) = match step.goal {
            Goal::To(state) => {
                let changed = state != before;
                *self.parts().0 = state;
                (changed, changed)
            }
            Goal::Keep => (false, matches!(about, About::Start)),
            Goal::Repeat => (false, true),
            Goal::Stop(reason) => {
                cx.stop(reason);
                return Ok(());
            }
        };
        if changed {
            self.frame.timers.cancel(&Which::State, cx);
        }
        if M::ENTERS && enters && !self.enter(&before, &mut timers, cx)? {
            return Ok(());
        }
        self.set_timers(timers, cx);
        inserted.into_iter().for_each(|event| self.frame.timers.insert(event, cx));
        if postponed {
            cx.defer();
            if let About::Own(key, own) = about {
                self.frame.timers.put_back(key, own);
            }
        }
        if changed {
            cx.become_tag(cx.tag() & !CHANGES | cx.tag().wrapping_add(1) & CHANGES);
        }
        Ok(())
    }

    /// False: it stopped.
    fn enter(&mut self, before: &M::State, timers: &mut Vec<(Which<M>, Set<M>)>, cx: &mut Cx<'_>) -> Result<bool, Crash> {
        let mut before = before.clone();
        for _ in 0..ENTERS_MAX {
            let enter = self.callbacks().enter;
            let (state, data) = self.parts();
            let step = enter(&before, state, data, cx)?;
            for action in step.actions {
                match action {
                    Action::Timer(which, set) => timers.push((which, set)),
                    Action::Postpone => return Err(bad_action("postpone in a state-enter call")),
                    Action::Insert(_) => return Err(bad_action("an inserted event in a state-enter call")),
                    Action::Module(_) => return Err(bad_action("a change of module in a state-enter call")),
                }
            }
            match step.goal {
                Goal::Keep => return Ok(true),
                Goal::To(other) if other == *self.parts().0 => return Ok(true),
                Goal::To(_) => return Err(bad_return("a change of state in a state-enter call")),
                Goal::Repeat => before = self.parts().0.clone(),
                Goal::Stop(reason) => {
                    cx.stop(reason);
                    return Ok(false);
                }
            }
        }
        Err(bad_return("a state that is entered for ever"))
    }

    /// Of several about one timer only the last counts, as if the others had not been there.
    fn set_timers(&mut self, timers: Vec<(Which<M>, Set<M>)>, cx: &mut Cx<'_>) {
        let mut timers = timers.into_iter();
        while let Some((which, set)) = timers.next() {
            if timers.as_slice().iter().all(|later| later.0 != which) {
                self.frame.timers.apply(which, set, cx);
            }
        }
    }

    fn switch(&mut self, switch: Switch) -> Result<(), Crash> {
        let known = |name: String| match M::module(&name) {
            Some(_) => Ok(Some(name)),
            None => Err(bad_action(&format!("no module is named {name:?}"))),
        };
        match switch {
            Switch::Change(name) => self.frame.module = known(name)?,
            Switch::Push(name) => {
                let next = known(name)?;
                self.frame.pushed.push(core::mem::replace(&mut self.frame.module, next));
            }
            Switch::Pop => self.frame.module = self.frame.pushed.pop().ok_or_else(|| bad_action("pop, with nothing pushed"))?,
        }
        Ok(())
    }
}

fn bad_action(what: &str) -> Crash {
    Crash::new("bad_action", format!("bad_action: {what}"))
}

fn bad_return(what: &str) -> Crash {
    Crash::new("bad_state_enter_return", format!("bad_state_enter_return: {what}"))
}
