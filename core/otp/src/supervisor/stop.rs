//! Stopping a child: asked, given its time, then killed (semantics 12.3).
use super::{
    Answer, ChildState, OnFault, Shutdown, Supervisor,
    job::{Purpose, Then, Try, Wait},
    report,
};
use peerd_vat::{Cx, Reason, Ref, WatchId};

/// The timer of the stop under way. No child has this key.
pub(super) const TIMER: u64 = 0;

impl Supervisor {
    /// None: there is nothing to wait for.
    pub(super) fn stop(&mut self, key: u64, cx: &mut Cx<'_>) -> Option<Wait> {
        match self.children.get(key)?.running() {
            Some(actor) => {
                self.withdraw_question(key, cx);
                Some(self.tell_to_go(key, actor, Then::Stopped, cx))
            }
            None => {
                self.cancel_retry(key, cx);
                // One that was added and never started: the group's restart takes its spec away like that of one that runs.
                if self.children.is_temporary(key) {
                    self.forget(key, cx);
                }
                None
            }
        }
    }

    /// A child that an earlier life of this supervisor left behind, still on its way out: it gets the time of an ordinary stop.
    pub(super) fn oust(&mut self, key: u64, cx: &mut Cx<'_>) {
        let actor = self.starting(key);
        let wait = self.tell_to_go(key, actor, Then::Start, cx);
        self.wait_for(wait, cx);
    }

    /// Kills a child whose start did not settle in time, and waits for its end.
    pub(super) fn abandon(&mut self, key: u64, why: Reason, cx: &mut Cx<'_>) {
        let actor = self.starting(key);
        let watch = cx.watch(actor);
        cx.exit(actor, Reason::Kill);
        self.wait_for(Wait::Stopped { key, watch, asked: Reason::Killed, then: Then::Failed(why) }, cx);
    }

    fn starting(&self, key: u64) -> Ref {
        self.children.get(key).and_then(|child| child.actor).expect("a child that starts has an identity")
    }

    fn tell_to_go(&mut self, key: u64, actor: Ref, then: Then, cx: &mut Cx<'_>) -> Wait {
        // Why watch, though it is linked: a child that unlinked itself must not hang its supervisor.
        let watch = cx.watch(actor);
        let shutdown = self.children.spec(key).map_or(Shutdown::BrutalKill, |spec| spec.shutdown);
        let (signal, asked) = order(shutdown);
        cx.exit(actor, signal);
        self.hold_no_more(key, actor, cx);
        if let Shutdown::Ms(ms) = shutdown {
            cx.timer(TIMER, ms);
        }
        Wait::Stopped { key, watch, asked, then }
    }

    /// It was told to go. Held, it would never hear of that, and while it is waited for nobody decides.
    pub(super) fn hold_no_more(&self, key: u64, actor: Ref, cx: &mut Cx<'_>) {
        if self.children.spec(key).is_some_and(|spec| spec.on_fault != OnFault::End) {
            cx.fail(actor);
        }
    }

    /// Time is up.
    pub(super) fn stop_late(&mut self, cx: &mut Cx<'_>) {
        match self.wait() {
            Some(Wait::Stopped { key, watch, .. }) => {
                cx.await_down(*watch);
                let key = *key;
                if let Some(actor) = self.children.get(key).and_then(|child| child.actor) {
                    cx.exit(actor, Reason::Kill);
                }
            }
            // It said nothing, or not to us.
            Some(Wait::LastWord { key, .. }) => {
                let key = *key;
                self.last_word(key, &Reason::Noproc, cx);
            }
            Some(Wait::Crowd(_)) => self.crowd_late(cx),
            Some(Wait::Dead(watch)) => {
                let watch = *watch;
                self.seen_alive(watch, cx);
            }
            Some(Wait::Started { .. }) | None => {}
        }
    }

    pub(super) fn child_down(&mut self, ended: WatchId, reason: Reason, cx: &mut Cx<'_>) {
        match self.wait() {
            Some(Wait::Stopped { watch, .. }) if *watch == ended => {}
            Some(Wait::Dead(watch)) if *watch == ended => return self.seen_dead(cx),
            Some(Wait::Crowd(_)) => return self.one_down(ended, reason, cx),
            _ => return,
        }
        let Some(Wait::Stopped { key, asked, then, .. }) = self.take_wait() else { return };
        cx.cancel_timer(TIMER);
        match then {
            Then::Failed(why) => self.start_failed(key, why, cx),
            Then::Stopped if reason == Reason::Noproc => {
                // Why a timer of no time: it comes after what waits in the mailbox.
                cx.timer(TIMER, 0);
                return self.wait_for(Wait::LastWord { key, asked }, cx);
            }
            Then::Stopped => self.stopped(key, &asked, &reason, cx),
            Then::Start => {
                if let Some(wait) = self.start(key, Try::Second, cx) {
                    return self.wait_for(wait, cx);
                }
            }
        }
        self.proceed(cx);
    }

    /// What a child ended with that was dead before it was told to go.
    pub(super) fn last_word(&mut self, key: u64, reason: &Reason, cx: &mut Cx<'_>) {
        let Some(Wait::LastWord { asked, .. }) = self.take_wait() else { return };
        cx.cancel_timer(TIMER);
        self.stopped(key, &asked, reason, cx);
        self.proceed(cx);
    }

    /// A child ended that was, or is about to be, told to.
    pub(super) fn stopped(&mut self, key: u64, asked: &Reason, reason: &Reason, cx: &mut Cx<'_>) {
        self.children.set_state(key, ChildState::Stopped);
        let Some(spec) = self.children.spec(key) else { return };
        report::stopped(&self.children.name(key), spec, asked, reason, cx);
        match self.purpose() {
            Some(Purpose::TerminateChild(reply)) => {
                self.put_away(key, cx);
                Self::answer(reply, &Answer::Ok, &[], cx);
            }
            // A bystander that is not started again.
            Some(Purpose::Restart { .. } | Purpose::Backoff(_)) if self.children.is_temporary(key) => self.forget(key, cx),
            _ => {}
        }
    }
}

/// The signal that begins a stop, and what a child exits with that obeys it.
pub(super) const fn order(shutdown: Shutdown) -> (Reason, Reason) {
    match shutdown {
        Shutdown::BrutalKill => (Reason::Kill, Reason::Killed),
        Shutdown::Ms(_) | Shutdown::Infinity => (Reason::Shutdown, Reason::Shutdown),
    }
}
