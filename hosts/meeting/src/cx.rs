//! What a case does with: calls, and waits for what comes of them. What it drops is released.
use std::{cell::RefCell, future, ops::Deref, rc::Rc, task::Poll};

use peerd_captp::{Outcome, Peer, Promise, Reason, Ref, Sizes, Sturdyref, Value};

use crate::{
    cases::Places,
    stage::{Host, Stage},
};

/// A case's way to one of our peers.
#[derive(Clone)]
pub struct Cx {
    pub(crate) host: Rc<RefCell<dyn Host>>,
    pub(crate) stage: Rc<RefCell<Stage>>,
    pub places: Rc<Places>,
}

/// A value, with the handles in it: they are released when it is dropped.
pub struct Held {
    value: Value,
    cx: Cx,
}

impl Deref for Held {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.cx.peer(|peer| peer.release_all(&self.value));
    }
}

impl Held {
    /// The reference that it is.
    pub fn to(&self) -> Result<Ref, String> {
        match &self.value {
            Value::Ref(reference) => Ok(*reference),
            other => Err(format!("no reference: {other:?}")),
        }
    }

    fn promise(&self) -> Promise {
        match &self.value {
            Value::Ref(Ref::Promise(promise)) => *promise,
            other => unreachable!("only promises are listened to: {other:?}"),
        }
    }
}

impl Cx {
    pub fn new(host: Rc<RefCell<dyn Host>>, stage: Rc<RefCell<Stage>>, places: Rc<Places>) -> Cx {
        Cx { host, stage, places }
    }

    pub fn peer<T>(&self, act: impl FnOnce(&mut Peer) -> T) -> T {
        act(self.host.borrow_mut().peer())
    }

    /// One of our own objects.
    pub fn own(&self, name: &str) -> Value {
        self.stage.borrow().own(name).into()
    }

    pub fn held(&self, value: Value) -> Held {
        Held { value, cx: self.clone() }
    }

    /// One more handle on what is in a value.
    pub fn again(&self, value: &Value) -> Held {
        self.peer(|peer| value.refs().into_iter().for_each(|reference| peer.hold(reference)));
        self.held(value.clone())
    }

    pub fn enliven(&self, sturdyref: &Sturdyref) -> Result<Held, String> {
        let promise = self.peer(|peer| peer.enliven(sturdyref)).map_err(|refused| format!("enliven: {refused:?}"))?;
        Ok(self.held(Ref::Promise(promise).into()))
    }

    pub fn call(&self, to: &Held, args: Vec<Value>) -> Result<Held, String> {
        let promise = self.peer(|peer| peer.call(to.to()?, args).map_err(|refused| format!("call: {refused:?}")))?;
        Ok(self.held(Ref::Promise(promise).into()))
    }

    /// A call of one of its methods.
    pub fn ask(&self, to: &Held, method: &str, args: Vec<Value>) -> Result<Held, String> {
        self.call(to, [vec![Value::symbol(method)], args].concat())
    }

    /// Nobody wants to know what comes of it.
    pub fn send(&self, to: &Held, method: &str) -> Result<(), String> {
        self.peer(|peer| peer.send(to.to()?, vec![Value::symbol(method)]).map_err(|refused| format!("send: {refused:?}")))
    }

    /// Waits for what a promise becomes, or why nothing.
    pub async fn outcome(&self, of: &Held) -> Result<Result<Held, Reason>, String> {
        let promise = of.promise();
        self.peer(|peer| peer.listen(promise)).map_err(|refused| format!("listen: {refused:?}"))?;
        let taken = future::poll_fn(|_| match self.stage.borrow_mut().take(promise) {
            Some(outcome) => Poll::Ready(outcome),
            None => Poll::Pending,
        });
        Ok(match taken.await {
            Outcome::Fulfilled(value) => Ok(self.held(value)),
            Outcome::Broken(reason) => Err(reason),
        })
    }

    /// Waits for what a promise becomes.
    pub async fn get(&self, of: &Held) -> Result<Held, String> {
        self.outcome(of).await?.map_err(|reason| format!("broken: {reason:?}"))
    }

    /// The tables of all sessions, added up.
    pub fn sizes(&self) -> Sizes {
        let sessions: Vec<_> = self.stage.borrow().sessions().collect();
        self.peer(|peer| {
            sessions.iter().filter_map(|conn| peer.sizes(*conn)).fold(Sizes::default(), |all, one| Sizes {
                exports: all.exports + one.exports,
                imports: all.imports + one.imports,
                questions: all.questions + one.questions,
                answers: all.answers + one.answers,
            })
        })
    }

    /// Lets the host have its turn.
    pub async fn turn(&self) {
        let mut is_first = true;
        future::poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}
