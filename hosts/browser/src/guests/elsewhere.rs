//! Outside of a browser, where this crate's tests run, there is no engine to compile a guest with: each is refused.
use super::{Kind, Used};
use peerd_metered::{Engine, Input, Limits, Outcome, Product};
use peerd_vat::Ref;
use std::{rc::Rc, sync::Arc};

pub struct Code {
    pub hash: [u8; 32],
    pub kind: Kind,
}

impl Code {
    pub fn state_max(&self) -> u32 {
        0
    }

    pub fn message_max(&self) -> u32 {
        0
    }

    pub fn compiled(&self) -> Rc<Code> {
        Rc::new(Code { hash: self.hash, kind: self.kind })
    }
}

pub fn compile(_source: &[u8], _state_max: u32) -> Result<Code, String> {
    Err("there is no engine for guests outside of a browser".into())
}

pub struct Script(());

impl Script {
    pub fn load(_source: &[u8]) -> Result<Script, String> {
        Err("there is no engine for guests outside of a browser".into())
    }

    pub fn class(&self, _name: &str, _text: &str) -> Result<Code, String> {
        Err("there is no engine for guests outside of a browser".into())
    }
}

pub fn has_stacks() -> bool {
    false
}

pub struct Counted;

impl Counted {
    pub fn new(_code: Rc<Code>, _used: Arc<Used>) -> Counted {
        Counted
    }
}

impl Engine for Counted {
    fn limits(&self) -> Limits {
        Limits { state_max: 0, message_max: 0 }
    }

    fn turn(&mut self, _input: &Input<'_>, _out: &mut Product) -> Outcome {
        Outcome::HostFault("there is no engine for guests outside of a browser".into())
    }
}

#[derive(Default)]
pub struct Slow(());

impl Slow {
    pub fn add_within(&mut self, _name: &str, _version: u32, _code: Rc<Code>, _fuel_max: u64, _slice: i32) {}

    pub fn ask(&mut self, _body: &[u8], _reply: Ref) -> Option<Vec<u8>> {
        None
    }

    pub fn dropped(&mut self, _reply: Ref) {}

    pub fn ended(&mut self) -> Vec<(Ref, Vec<u8>)> {
        Vec::new()
    }
}
