//! The tree of calls: what a call has made that is not over, kept by its object so that it outlives the run and can be cut off.
use super::{Order, Request, Which, tell};
use alloc::{string::String, vec::Vec};
use peerd_vat::{CallId, Cx, INFINITY_MS, Ref};
use serde::{Deserialize, Serialize};

/// What a call that another one made is known by where it goes: the object that asks, its call, and which of that one's questions it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    pub(super) object: u64,
    pub(super) number: u64,
    pub(super) token: u32,
}

/// What the call `number` waits for.
#[derive(Serialize, Deserialize)]
pub struct Wait {
    pub number: u64,
    pub token: u32,
    on: On,
}

#[derive(Serialize, Deserialize)]
enum On {
    /// Another key's call.
    Branch { call: CallId, front: Ref, key: String },
    /// Any actor's answer.
    Answer(CallId),
    /// An alarm of the object.
    Time(u64),
}

/// How those that wait are cut off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Branches are asked to end, and waited for; the rest is called off.
    Cancel,
    /// Branches are killed, and nothing is waited for.
    Kill,
    /// Nobody waits any more; branches go on.
    Leave,
}

/// All that the calls of one object wait for.
#[derive(Serialize, Deserialize)]
pub struct Tree {
    /// Drawn once: no other object's branches look the same.
    object: u64,
    waits: Vec<Wait>,
}

impl Tree {
    pub fn new(cx: &mut Cx<'_>) -> Tree {
        Tree { object: cx.random(), waits: Vec::new() }
    }

    pub fn call(&mut self, number: u64, token: u32, to: (Ref, String), order: Order, refs: &[Ref], cx: &mut Cx<'_>) {
        let (front, key) = to;
        let order = Order { branch: Some(self.branch(number, token)), ..order };
        let call = super::call(front, &key, order, refs, INFINITY_MS, cx);
        self.waits.push(Wait { number, token, on: On::Branch { call, front, key } });
    }

    pub fn ask(&mut self, number: u64, token: u32, call: CallId) {
        self.waits.push(Wait { number, token, on: On::Answer(call) });
    }

    pub fn sleep(&mut self, number: u64, token: u32, alarm: u64) {
        self.waits.push(Wait { number, token, on: On::Time(alarm) });
    }

    pub fn answered(&mut self, call: CallId) -> Option<Wait> {
        let is_it = |wait: &Wait| matches!(wait.on, On::Branch { call: on, .. } | On::Answer(on) if on == call);
        self.waits.iter().position(is_it).map(|at| self.waits.swap_remove(at))
    }

    pub fn rang(&mut self, alarm: u64) -> Option<Wait> {
        let is_it = |wait: &Wait| matches!(wait.on, On::Time(on) if on == alarm);
        self.waits.iter().position(is_it).map(|at| self.waits.swap_remove(at))
    }

    /// Those whose answers can't come any more.
    pub fn broken(&mut self, cx: &Cx<'_>) -> Vec<Wait> {
        let is_it = |wait: &mut Wait| matches!(wait.on, On::Branch { call, .. } | On::Answer(call) if !cx.waits_for(call));
        self.waits.extract_if(.., is_it).collect()
    }

    /// The fronts that it may have to tell something.
    pub fn held(&self) -> impl Iterator<Item = Ref> {
        self.waits.iter().filter_map(|wait| match &wait.on {
            On::Branch { front, .. } => Some(*front),
            On::Answer(_) | On::Time(_) => None,
        })
    }

    pub fn has(&self, number: u64) -> bool {
        self.waits.iter().any(|wait| wait.number == number)
    }

    pub fn cut(&mut self, number: u64, how: Cut, cx: &mut Cx<'_>) {
        let object = self.object;
        self.waits.retain(|wait| {
            let Wait { token, ref on, .. } = *wait;
            if wait.number != number {
                return true;
            }
            match on {
                On::Branch { call, front, key } => {
                    let which = Which::Branch(Branch { object, number, token });
                    match how {
                        Cut::Cancel => {
                            tell(*front, key, Request::Cancel(which), &[], cx);
                            return true;
                        }
                        Cut::Kill => tell(*front, key, Request::Kill(which), &[], cx),
                        Cut::Leave => {}
                    }
                    cx.cancel_call(*call);
                }
                On::Answer(call) => cx.cancel_call(*call),
                On::Time(alarm) => drop(cx.cancel_alarm(*alarm)),
            }
            false
        });
    }

    fn branch(&self, number: u64, token: u32) -> Branch {
        Branch { object: self.object, number, token }
    }
}

impl Wait {
    /// Whether what answers is an object, whose replies the library reads.
    pub const fn is_branch(&self) -> bool {
        matches!(self.on, On::Branch { .. })
    }
}
