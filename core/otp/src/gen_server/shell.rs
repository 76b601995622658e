//! What the library keeps around a server's state, and how it takes an event to the right callback.
use super::{GenServer, Init, Next, OWN_KEYS};
use crate::{
    Server, apart,
    message::{Caller, decode, encode},
    naming::Naming,
    sys::{self, Status},
};
use alloc::{format, string::String, vec::Vec};
use core::{marker::PhantomData, mem};
use peerd_vat::{Code, Crash, Cx, Event, Place, Reason, Ref, Time};
use serde::{Deserialize, Serialize};

const CONTINUE: u64 = OWN_KEYS;
const IDLE: u64 = OWN_KEYS | 1;

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Shell<G: GenServer> {
    /// None: its init did not want it.
    #[serde(with = "apart")]
    state: Option<G::State>,
    frame: Frame<G>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Frame<G: GenServer> {
    /// For the event that is on its way.
    next: Option<G::Continue>,
    naming: Naming,
    asleep: bool,
    /// The last message: what idleness counts from.
    touched: Time,
}

/// The calling actor is this server from the next message on.
pub fn enter<G: GenServer>(state: G::State, name: Option<(Ref, &str)>, cx: &mut Cx<'_>) {
    let mut shell = Shell::<G>::new(Some(state), cx);
    if let Some((directory, name)) = name {
        shell.frame.naming = Naming::check(directory, name, cx);
    }
    shell.arm(cx);
    cx.become_state(&encode(&shell));
    cx.become_behaviour(G::NAME);
}

/// A server's code, as the kernel runs it.
pub struct Callbacks<G>(PhantomData<fn() -> G>);

impl<G: GenServer> Server for Callbacks<G> {
    const NAME: &'static str = G::NAME;
    const VERSION: u32 = G::VERSION;
    type State = Shell<G>;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Shell<G>, Crash> {
        let init = G::init(args, refs, cx)?;
        let mut shell = Shell::new(None, cx);
        match init {
            Init::Ready(state) => shell.state = Some(state),
            Init::Continue(state, with) => {
                shell.state = Some(state);
                shell.follow(Next::Continue(with), cx);
            }
            Init::Named { state, directory, name } => {
                shell.state = Some(state);
                shell.frame.naming = Naming::register(directory, &name, cx);
            }
            Init::Ignore => cx.stop(Reason::Normal),
            Init::Stop(reason) => cx.stop(reason),
        }
        shell.arm(cx);
        Ok(shell)
    }

    fn handle(shell: &mut Shell<G>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some(event) = shell.frame.naming.pass(event, cx) else { return Ok(()) };
        let Some(event) = sys::intercept(event, || shell.status(), cx) else { return Ok(()) };
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
            cx.report("terminated", format!("{reason}, with {}", sys::shown(G::status(state))));
        }
    }

    fn migrate(found: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<Shell<G>, Crash> {
        let frame = sys::inner(found).and_then(|(state, frame)| Some((state, decode(frame)?)));
        let Some((state, frame)) = frame else { return Err(Crash::new("migrate", "this is no gen_server's state")) };
        let state = state.map(|state| G::migrate(&state, from, extra, cx)).transpose()?;
        Ok(Shell { state, frame })
    }

    fn held(shell: &Shell<G>) -> Option<Vec<Ref>> {
        // What it goes on with may hold some, too.
        if shell.frame.next.is_some() { None } else { G::held(shell.state.as_ref()?) }
    }
}

impl<G: GenServer> Shell<G> {
    fn new(state: Option<G::State>, cx: &Cx<'_>) -> Shell<G> {
        Shell { state, frame: Frame { next: None, naming: Naming::default(), asleep: false, touched: cx.now() } }
    }

    fn status(&self) -> Status {
        let activity = if self.frame.asleep { "hibernates" } else { "waits" };
        let state = self.state.as_ref().map_or_else(String::new, |state| sys::shown(G::status(state)));
        Status { behaviour: G::NAME.into(), activity: activity.into(), state }
    }

    fn dispatch(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<Next<G>, Crash> {
        let state = self.state.as_mut().expect("one whose init did not want it handles nothing");
        match event {
            Event::Timer { key: CONTINUE } => match self.frame.next.take() {
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
            event @ (Event::Reply { .. } | Event::Down { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. }) => {
                G::info(state, event, cx)
            }
        }
    }

    fn follow(&mut self, next: Next<G>, cx: &mut Cx<'_>) {
        match next {
            Next::Go => {}
            Next::Continue(with) => {
                self.frame.next = Some(with);
                cx.insert(CONTINUE, Place::Next);
            }
            Next::Hibernate => self.sleep(cx),
            Next::Stop(reason) => cx.stop(reason),
        }
    }

    fn sleep(&mut self, cx: &mut Cx<'_>) {
        if let Some(state) = self.state.as_mut().filter(|_| !mem::replace(&mut self.frame.asleep, true)) {
            G::hibernate(state, cx);
        }
    }

    fn wake(&mut self, cx: &mut Cx<'_>) {
        self.frame.touched = cx.now();
        if mem::take(&mut self.frame.asleep)
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
        let Some(after) = G::HIBERNATE_AFTER_MS.filter(|_| !self.frame.asleep) else { return };
        let idle = cx.now().0.saturating_sub(self.frame.touched.0);
        if idle >= after {
            self.sleep(cx);
        } else {
            cx.timer(IDLE, after - idle);
        }
    }
}
