//! Stopping all children of a `SimpleOneForOne` at once, with one common timer (semantics 12.3).
use super::{Shutdown, Supervisor, job::Wait, report, stop};
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    string::{String, ToString},
};
use peerd_vat::{Cx, Reason, WatchId};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Crowd {
    /// Those that have still to end.
    left: BTreeMap<WatchId, u64>,
    /// What some of them said themselves at their end: a watch set after it knows only `noproc`.
    own: BTreeMap<u64, Reason>,
    /// Exits to report, by reason.
    odd: BTreeMap<String, u32>,
}

impl Crowd {
    pub fn heard(&mut self, key: u64, reason: Reason) {
        self.own.entry(key).or_insert(reason);
    }
}

impl Supervisor {
    /// None: there is nobody to wait for.
    pub(super) fn stop_crowd(&mut self, keys: &[u64], cx: &mut Cx<'_>) -> Option<Wait> {
        let shutdown = self.children.template()?.spec.shutdown;
        let mut crowd = Crowd::default();
        for key in keys {
            let Some(actor) = self.children.get(*key).and_then(|child| child.running()) else {
                self.cancel_retry(*key, cx);
                continue;
            };
            crowd.left.insert(cx.watch(actor), *key);
            cx.exit(actor, stop::order(shutdown).0);
            self.hold_no_more(*key, actor, cx);
        }
        if crowd.left.is_empty() {
            return None;
        }
        if let Shutdown::Ms(ms) = shutdown {
            cx.timer(stop::TIMER, ms);
        }
        Some(Wait::Crowd(Box::new(crowd)))
    }

    pub(super) fn one_down(&mut self, watch: WatchId, reason: Reason, cx: &mut Cx<'_>) {
        let Some(Wait::Crowd(crowd)) = self.job.as_mut().and_then(|job| job.wait.as_mut()) else { return };
        let Some(key) = crowd.left.remove(&watch) else { return };
        let reason = crowd.own.remove(&key).unwrap_or(reason);
        if let Some(spec) = self.children.spec(key)
            && report::is_odd_stop(spec, &stop::order(spec.shutdown).1, &reason)
        {
            *crowd.odd.entry(report::brief(reason.to_string())).or_default() += 1;
        }
        if !crowd.left.is_empty() {
            return;
        }
        let name = self.children.template().map_or("", |template| &template.name);
        for (reason, count) in &crowd.odd {
            report::crowd_stopped(name, reason, *count, cx);
        }
        cx.cancel_timer(stop::TIMER);
        self.take_wait();
        self.proceed(cx);
    }

    pub(super) fn crowd_late(&mut self, cx: &mut Cx<'_>) {
        let Some(Wait::Crowd(crowd)) = self.job.as_ref().and_then(|job| job.wait.as_ref()) else { return };
        for actor in crowd.left.values().filter_map(|key| self.children.get(*key)?.actor) {
            cx.exit(actor, Reason::Kill);
        }
    }
}
