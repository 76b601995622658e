//! What the vat's thread and all handles to it have in common.
use crate::{
    clock::Clock,
    inbox::{Inbox, Item},
    log::Log,
    order::{Bytes, Order},
    past::Past,
    pending::{Outcome, Pending, Slot},
};
use peerd::encode;
use peerd_vat::{Input, Reason, Ref, Settle, VatId};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

/// Limit: answers that are waited for at one time.
const PENDING_MAX: usize = 65_536;

pub(crate) struct Shared {
    pub inbox: Inbox,
    pub clock: Clock,
    pub vat: VatId,
    /// The same for vats that are joined.
    pub installation: Arc<()>,
    pub root: Ref,
    /// Of the behaviours.
    pub names: Vec<&'static str>,
    /// None: it has no journal.
    pub past: Option<Past>,
    pub log: Mutex<Log>,
    pub ports: AtomicU32,
    ids: AtomicU64,
    pending: AtomicUsize,
}

impl Shared {
    pub fn new(clock: Clock, vat: VatId, installation: &Arc<()>, root: Ref, names: Vec<&'static str>, past: Option<Past>) -> Arc<Shared> {
        Arc::new(Shared {
            inbox: Inbox::default(),
            clock,
            vat,
            installation: Arc::clone(installation),
            root,
            names,
            past,
            log: Mutex::default(),
            ports: AtomicU32::new(0),
            ids: AtomicU64::new(0),
            pending: AtomicUsize::new(0),
        })
    }

    /// A number for who waits, and where the answer will be.
    pub fn expect<T>(self: &Arc<Shared>, until: Option<Instant>, read: fn(Outcome) -> T) -> Pending<T> {
        let pending = Pending { shared: Arc::clone(self), slot: Slot::new(), id: self.ids.fetch_add(1, Relaxed), until, read };
        if self.pending.fetch_add(1, Relaxed) >= PENDING_MAX {
            pending.slot.settle(Err(Settle::Overloaded));
        }
        pending
    }

    pub fn answered(&self) {
        self.pending.fetch_sub(1, Relaxed);
    }

    /// An order to the root, of which it will say one word.
    pub fn order<T>(self: &Arc<Shared>, order: Order, refs: &[Ref], until: Option<Instant>, read: fn(Outcome) -> T) -> Pending<T> {
        let is_about = order.is_about_first();
        let pending = self.expect(until, read);
        if !pending.is_settled() {
            let input = self.to_root(order, pending.id, refs);
            let about = refs.first().copied().filter(|_| is_about).unwrap_or(self.root);
            self.push_or_settle(Item::Order { about, id: pending.id, input, slot: Arc::clone(&pending.slot) });
        }
        pending
    }

    /// One that is answered by nobody.
    pub fn to_root(&self, order: Order, id: u64, refs: &[Ref]) -> Input {
        let (body, _) = encode(&(id, order));
        Input::Message { to: self.root, body, refs: refs.into() }
    }

    /// A message to an actor of this vat or, by the root, of another.
    pub fn message(&self, to: Ref, body: Vec<u8>, refs: Vec<Ref>) -> Item {
        let input = if to.is_near() {
            Input::Message { to, body, refs }
        } else {
            self.to_root(Order::Tell { body: Bytes(body) }, 0, &[&[to], &refs[..]].concat())
        };
        Item::Input { about: to, input }
    }

    pub fn exit(&self, to: Ref, reason: Reason) -> Item {
        let input = if to.is_near() { Input::Exit { to, reason } } else { self.to_root(Order::Exit { reason }, 0, &[to]) };
        Item::Input { about: to, input }
    }

    pub fn push_or_settle(&self, item: Item) {
        let Err(refused) = self.inbox.push(item) else { return };
        let why = match refused {
            crate::Refused::Full(_) | crate::Refused::Busy(_) => Settle::Overloaded,
            crate::Refused::Ended(_) => Settle::Noconnection,
        };
        if let Item::Order { slot, .. } | Item::Expect { slot, .. } | Item::Open { slot, .. } = refused.into_inner() {
            slot.settle(Err(why));
        }
    }
}
