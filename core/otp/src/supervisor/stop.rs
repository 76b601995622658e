//! Stopping a child: asked, given its time, then killed (semantics 12.3).
use super::{
    Answer, ChildState, Shutdown, Supervisor,
    job::{Purpose, Then, Try, Wait},
    report,
};
use peerd_vat::{Cx, Reason, Ref, WatchId};

/// The timer of the child being stopped. No child has this key.
pub(super) const TIMER: u64 = 0;

impl Supervisor {
    /// None: there is nothing to wait for.
    pub(super) fn stop(&mut self, key: u64, cx: &mut Cx<'_>) -> Option<Wait> {
        let child = self.children.get(key)?;
        let Some(actor) = child.running() else {
            self.cancel_retry(key, cx);
            return None;
        };
        Some(self.tell_to_go(key, actor, Then::Stopped, cx))
    }

    /// A child that an earlier life of this supervisor left behind, still on its way out: it gets the time of an ordinary stop.
    pub(super) fn oust(&mut self, key: u64, cx: &mut Cx<'_>) {
        let actor = self.starting(key);
        let wait = self.tell_to_go(key, actor, Then::Start, cx);
        self.wait_for(wait);
    }

    /// Kills a child whose start did not settle in time, and waits for its end.
    pub(super) fn abandon(&mut self, key: u64, why: Reason, cx: &mut Cx<'_>) {
        let actor = self.starting(key);
        let watch = cx.watch(actor);
        cx.exit(actor, Reason::Kill);
        self.wait_for(Wait::Stopped { key, watch, asked: Reason::Killed, own: None, then: Then::Failed(why) });
    }

    fn starting(&self, key: u64) -> Ref {
        self.children.get(key).and_then(|child| child.actor).expect("a child that starts has an identity")
    }

    fn tell_to_go(&mut self, key: u64, actor: Ref, then: Then, cx: &mut Cx<'_>) -> Wait {
        // Why watch, though it is linked: a child that unlinked itself must not hang its supervisor.
        let watch = cx.watch(actor);
        let shutdown = self.children.get(key).map_or(Shutdown::BrutalKill, |child| child.spec.shutdown);
        let (signal, asked) = match shutdown {
            Shutdown::BrutalKill => (Reason::Kill, Reason::Killed),
            Shutdown::Ms(_) | Shutdown::Infinity => (Reason::Shutdown, Reason::Shutdown),
        };
        cx.exit(actor, signal);
        if let Shutdown::Ms(ms) = shutdown {
            cx.timer(TIMER, ms);
        }
        Wait::Stopped { key, watch, asked, own: None, then }
    }

    /// Its time is up.
    pub(super) fn stop_late(&mut self, cx: &mut Cx<'_>) {
        let Some(Wait::Stopped { key, .. }) = self.wait() else { return };
        let key = *key;
        if let Some(actor) = self.children.get(key).and_then(|child| child.actor) {
            cx.exit(actor, Reason::Kill);
        }
    }

    pub(super) fn child_down(&mut self, ended: WatchId, reason: Reason, cx: &mut Cx<'_>) {
        match self.wait() {
            Some(Wait::Stopped { watch, .. }) if *watch == ended => {}
            _ => return,
        }
        let Some(Wait::Stopped { key, asked, own, then, .. }) = self.take_wait() else { return };
        cx.cancel_timer(TIMER);
        match then {
            Then::Failed(why) => self.start_failed(key, why, cx),
            // Its own word counts: a watch set after the end knows only `noproc`.
            Then::Stopped => self.stopped(key, &asked, &own.unwrap_or(reason), cx),
            Then::Start => {
                if let Some(wait) = self.start(key, Try::Second, cx) {
                    return self.wait_for(wait);
                }
            }
        }
        self.proceed(cx);
    }

    /// A child ended that was, or is about to be, told to.
    pub(super) fn stopped(&mut self, key: u64, asked: &Reason, reason: &Reason, cx: &mut Cx<'_>) {
        let Some(child) = self.children.get_mut(key) else { return };
        child.state = ChildState::Stopped;
        report::stopped(child, asked, reason, cx);
        if let Some(Purpose::TerminateChild(reply)) = self.purpose() {
            self.drop_or_bury(key, cx);
            Self::answer(reply, &Answer::Ok, &[], cx);
        }
    }

    /// A temporary child's spec goes with it.
    pub(super) fn drop_or_bury(&mut self, key: u64, cx: &mut Cx<'_>) {
        match self.children.get(key).is_some_and(|child| child.is_temporary()) {
            true => self.forget(key, cx),
            false => self.bury(key, cx),
        }
    }
}
