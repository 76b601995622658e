//! What is asked of the vault, one thing after the other: an unlock takes a while, and a key saved after it must find it open.
use crate::{
    alarm::Alarm,
    vault::{Refusal, Secret},
    world::World,
};
use peerd_agent::{actors::wire::HostToDesk, view::Vault as State};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use wasm_bindgen_futures::spawn_local;

pub enum Order {
    Unlock(Secret),
    Save {
        provider: String,
        key: Secret,
    },
    Remove {
        provider: String,
    },
    Lock,
    /// The same if it was not used for long enough.
    LockUnused,
    /// Nothing but what follows every order: the desk is told how things are.
    Tell,
}

pub struct Keeper {
    orders: RefCell<VecDeque<Order>>,
    busy: Cell<bool>,
    locks: Alarm,
}

impl Keeper {
    /// `locks` rings when the vault may have been open long enough.
    pub fn new(locks: Alarm) -> Keeper {
        Keeper { orders: RefCell::default(), busy: Cell::new(false), locks }
    }
}

impl World {
    pub fn order(&self, order: Order) {
        self.keeper.orders.borrow_mut().push_back(order);
        if self.keeper.busy.replace(true) {
            return;
        }
        let world = self.rc();
        spawn_local(async move {
            while let Some(order) = world.next_order() {
                if let Err(refusal) = world.obey(order).await {
                    world.problem(&refusal);
                }
                world.tell_vault().await;
            }
            world.keeper.busy.set(false);
        });
    }

    fn next_order(&self) -> Option<Order> {
        self.keeper.orders.borrow_mut().pop_front()
    }

    async fn obey(&self, order: Order) -> Result<(), Refusal> {
        match order {
            Order::Unlock(passphrase) => {
                self.vault.unlock(&self.store, passphrase).await?;
                self.keeper.locks.set(self.vault.left().unwrap_or_default());
                Ok(())
            }
            Order::Save { provider, key } => self.vault.save(&self.store, &provider, key).await,
            Order::Remove { provider } => self.vault.remove(&self.store, &provider).await,
            Order::Lock => {
                self.vault.lock();
                self.keeper.locks.cancel();
                Ok(())
            }
            Order::LockUnused => {
                match self.vault.left() {
                    Some(ms) => self.keeper.locks.set(ms),
                    None => self.vault.lock(),
                }
                Ok(())
            }
            Order::Tell => Ok(()),
        }
    }

    async fn tell_vault(&self) {
        let vault: State = self.vault.state();
        self.to_desk(HostToDesk { vault: Some(vault), ..HostToDesk::default() });
        let keys = self.vault.providers(&self.store).await;
        self.to_desk(HostToDesk { keys: Some(keys), ..HostToDesk::default() });
    }
}
