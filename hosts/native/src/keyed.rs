//! Keyed calls from native code.
use crate::{
    Pending,
    handle::Handle,
    pending::{Outcome, read_ref},
    system::System,
};
use peerd::{
    Addr,
    keyed::{self, Keyed, Keys, NotDone, Order, Spec, Which},
};
use peerd_otp::keyed::Request;
use peerd_vat::{CALL_MS, Settle};

impl Handle {
    /// A front of `K`s that is known by this id: what is kept under its keys, calls under way and results go on in later lives of the
    /// system when it is asked for again.
    ///
    /// # Panics
    /// When the handler is not in the table, or the system has no journal.
    pub fn keep_keyed<K: Keyed>(&self, id: &str, spec: impl FnOnce(Spec) -> Spec) -> Pending<Result<Keys<K>, Settle>> {
        self.expect_behaviour(K::NAME);
        let spec = spec(Spec::new(K::NAME)).encode();
        self.keep_as(id, peerd_otp::keyed::NAME, spec, &[], |outcome| read_ref(outcome).map(Addr::from_ref))
    }

    /// Calls a key; the answer comes at the end of the call.
    pub fn order<K: Keyed>(&self, keys: Keys<K>, key: &str, order: Order<K>) -> Pending<Result<K::Answer, NotDone>> {
        let (body, refs, ms) = order.call(key);
        self.call(ms, keys.as_ref(), body, &refs, |outcome| keyed::done::<K>(body_of(&outcome)))
    }

    /// The same, and nobody waits for its end: its number, when it is on the disk.
    pub fn order_later<K: Keyed>(&self, keys: Keys<K>, key: &str, order: Order<K>) -> Pending<Result<u64, NotDone>> {
        let (body, refs) = order.send(key);
        self.call(CALL_MS, keys.as_ref(), body, &refs, |outcome| keyed::sent(body_of(&outcome)))
    }

    /// The answer of a call that was ordered before.
    pub fn attach<K: Keyed>(&self, keys: Keys<K>, key: &str, which: Which) -> Pending<Result<K::Answer, NotDone>> {
        let body = keyed::asked(key, Request::Attach(which));
        self.call(CALL_MS, keys.as_ref(), body, &[], |outcome| keyed::done::<K>(body_of(&outcome)))
    }

    /// It hears of it when all that it has called has ended, and may clean up.
    pub fn cancel_order<K: Keyed>(&self, keys: Keys<K>, key: &str, which: Which) -> Pending<Result<(), NotDone>> {
        self.tell_order(keys, key, Request::Cancel(which))
    }

    /// It ends where it stands, and so does all that it has called.
    pub fn kill_order<K: Keyed>(&self, keys: Keys<K>, key: &str, which: Which) -> Pending<Result<(), NotDone>> {
        self.tell_order(keys, key, Request::Kill(which))
    }

    fn tell_order<K: Keyed>(&self, keys: Keys<K>, key: &str, request: Request) -> Pending<Result<(), NotDone>> {
        self.call(CALL_MS, keys.as_ref(), keyed::asked(key, request), &[], |outcome| keyed::told(body_of(&outcome)))
    }
}

impl System {
    /// As `Handle::keep_keyed`.
    ///
    /// # Panics
    /// As that.
    pub fn keep_keyed<K: Keyed>(&mut self, id: &str) -> Keys<K> {
        self.handle().keep_keyed::<K>(id, |spec| spec).wait().unwrap_or_else(|settle| self.fail(&settle))
    }

    /// As `Handle::order`.
    ///
    /// # Errors
    /// As the call ended.
    pub fn order<K: Keyed>(&mut self, keys: Keys<K>, key: &str, order: Order<K>) -> Result<K::Answer, NotDone> {
        self.handle().order(keys, key, order).wait()
    }
}

fn body_of(outcome: &Outcome) -> Result<&[u8], Settle> {
    outcome.as_ref().map(|(body, _)| body.as_slice()).map_err(Clone::clone)
}
