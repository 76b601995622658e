//! What the library keeps around a server's state, and how it takes an event to the right callback.
use super::{GenServer, Init, Next, OWN_KEYS};
use crate::{
    Server,
    message::{Caller, decode},
    naming::Naming,
    sys::{self, Control, Subject},
};
use alloc::{format, string::String};
use core::{marker::PhantomData, mem};
use peerd_vat::{Crash, Cx, Event, Place, Reason, Ref, Time};
use serde::{Deserialize, Serialize};

const CONTINUE: u64 = OWN_KEYS;
const IDLE: u64 = OWN_KEYS | 1;

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Shell<G: GenServer> {
    /// None: its init did not want it.
    state: Option<G::State>,
    /// For the event that is on its way.
    next: Option<G::Continue>,
    naming: Naming,
    asleep: bool,
    /// The last message: what idleness counts from.
    touched: Time,
    control: Control,
}

/// The server's code, with its callbacks behind it.
pub struct Code<G>(PhantomData<fn() -> G>);

impl<G: GenServer> Server for Code<G> {
    const NAME: &'static str = G::NAME;
    const VERSION: u32 = G::VERSION;
    type State = Shell<G>;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Shell<G>, Crash> {
        let init = G::init(args, refs, cx)?;
        let control = Control::default();
        let mut shell = Shell { state: None, next: None, naming: Naming::default(), asleep: false, touched: cx.now(), control };
        match init {
            Init::Ready(state) => shell.state = Some(state),
            Init::Continue(state, with) => {
                shell.state = Some(state);
                shell.follow(Next::Continue(with), cx);
            }
            Init::Named { state, directory, name } => {
                shell.state = Some(state);
                shell.naming = Naming::begin(directory, &name, cx);
            }
            Init::Ignore => cx.stop(Reason::Normal),
            Init::Stop(reason) => cx.stop(reason),
        }
        shell.arm(cx);
        Ok(shell)
    }

    fn handle(shell: &mut Shell<G>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some(event) = shell.naming.pass(event, cx) else { return Ok(()) };
        let Some(event) = sys::intercept(shell, event, cx) else { return Ok(()) };
        if let Event::Timer { key: IDLE } = event {
            shell.idle(cx);
            return Ok(());
        }
        shell.wake(cx);
        let next = shell.dispatch(event, cx)?;
        shell.follow(next, cx);
        Ok(())
    }

    fn terminate(shell: &mut Shell<G>, reason: &Reason, cx: &mut Cx<'_>) {
        let Some(state) = &mut shell.state else { return };
        G::terminate(state, reason, cx);
        if !reason.is_orderly() {
            cx.report("terminated", format!("{reason}, with {}", sys::shown(shell)));
        }
    }
}

impl<G: GenServer> Shell<G> {
    fn dispatch(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<Next<G>, Crash> {
        let state = self.state.as_mut().expect("one whose init did not want it handles nothing");
        match event {
            Event::Timer { key: CONTINUE } => match self.next.take() {
                Some(with) => G::proceed(state, with, cx),
                None => Ok(Next::Go),
            },
            Event::User { body, refs, reply: Some(reply) } => match decode(body) {
                Some(request) => G::call(state, request, Caller(reply), cx),
                None => G::info(state, Event::User { body, refs, reply: Some(reply) }, cx),
            },
            Event::User { body, refs, reply: None } => match decode(body) {
                Some(message) => G::cast(state, message, cx),
                None => G::info(state, Event::User { body, refs, reply: None }, cx),
            },
            event @ (Event::Reply { .. } | Event::Down { .. } | Event::Exit { .. } | Event::Timer { .. }) => G::info(state, event, cx),
        }
    }

    fn follow(&mut self, next: Next<G>, cx: &mut Cx<'_>) {
        match next {
            Next::Go => {}
            Next::Continue(with) => {
                self.next = Some(with);
                cx.insert(CONTINUE, Place::Next);
            }
            Next::Hibernate => self.sleep(cx),
            Next::Stop(reason) => cx.stop(reason),
        }
    }

    fn sleep(&mut self, cx: &mut Cx<'_>) {
        if let Some(state) = self.state.as_mut().filter(|_| !mem::replace(&mut self.asleep, true)) {
            G::hibernate(state, cx);
        }
    }

    fn wake(&mut self, cx: &mut Cx<'_>) {
        self.touched = cx.now();
        if mem::take(&mut self.asleep)
            && let Some(state) = &mut self.state
        {
            G::wake(state, cx);
            self.arm(cx);
        }
    }

    fn arm(&self, cx: &mut Cx<'_>) {
        if let Some(after) = G::HIBERNATE_AFTER_MS {
            cx.timer(IDLE, after);
        }
    }

    /// Why not a timer set anew by each message: this one costs nothing while there is work.
    fn idle(&mut self, cx: &mut Cx<'_>) {
        let Some(after) = G::HIBERNATE_AFTER_MS.filter(|_| !self.asleep) else { return };
        let idle = cx.now().0.saturating_sub(self.touched.0);
        if idle >= after {
            self.sleep(cx);
        } else {
            cx.timer(IDLE, after - idle);
        }
    }
}

impl<G: GenServer> Subject for Shell<G> {
    const NAME: &'static str = G::NAME;
    type State = G::State;

    fn control(&mut self) -> &mut Control {
        &mut self.control
    }

    fn state(&self) -> Option<&G::State> {
        self.state.as_ref()
    }

    fn replace(&mut self, state: G::State) {
        self.state = Some(state);
    }

    fn status(&self) -> Result<String, Crash> {
        self.state.as_ref().map_or_else(|| Ok("no state".into()), G::status)
    }

    fn activity(&self) -> String {
        if self.asleep { "hibernates".into() } else { "waits".into() }
    }

    fn code_change(&mut self, from: u32, extra: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some(state) = &mut self.state else { return Ok(()) };
        G::code_change(state, from, extra, cx)
    }
}
