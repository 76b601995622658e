//! The supervisor under test, with its births written down, and a callback that hands it the program's specs.
use super::{book::Shared, worker};
use crate::otp::program::{Flags, Node, Outcome, Program, above};
use peerd_otp::supervisor::{self, Callback, ChildSpec, Init, Strategy, SupervisorSpec};
use peerd_vat::{Behaviour, Crash, Cx, Event, Reason, Ref, StateId};

pub const NAME: &str = "tree";

pub fn behaviour(book: &Shared) -> Box<dyn Behaviour> {
    Box::new(Tree { book: book.clone(), inner: supervisor::behaviour_of::<Script>() })
}

struct Tree {
    book: Shared,
    inner: Box<dyn Behaviour>,
}

impl Behaviour for Tree {
    fn name(&self) -> &'static str {
        NAME
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        // A deferred init comes again when the children run.
        if cx.state_id().is_some() {
            return self.inner.init(args, cx);
        }
        let args = std::str::from_utf8(args).map_err(|error| Crash::new("args", error.to_string()))?;
        let (key, path) = args.split_once(' ').ok_or_else(|| Crash::new("args", args))?;
        let wish = {
            let mut book = self.book.lock();
            let (outcome, node) = book.born(path, key, cx);
            match (outcome, node.flags()) {
                (Outcome::Ok, Some(flags)) => tree(flags, path, book.program.children(path)),
                (Outcome::Ignore, _) => ignore(),
                _ => vec![FAIL],
            }
        };
        self.inner.init(&wish, cx)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.turn(event, cx)
    }

    fn terminate(&mut self, reason: &Reason, cx: &mut Cx<'_>) {
        self.inner.terminate(reason, cx);
    }

    fn encode(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        self.inner.encode(id, to)
    }

    fn forget(&mut self, id: StateId) {
        self.inner.forget(id);
    }
}

/// What a tree's arguments begin with.
const TREE: u8 = 0;
const IGNORE: u8 = 1;
const FAIL: u8 = 2;

struct Script;

impl Callback for Script {
    const NAME: &'static str = "script";

    fn init(args: &[u8], _refs: &[Ref]) -> Result<Init, Crash> {
        match args {
            [TREE, spec @ ..] => SupervisorSpec::decode(spec).map(Init::Tree).ok_or_else(|| Crash::new("args", "no spec")),
            [IGNORE] => Ok(Init::Ignore),
            _ => Err(Crash::new("boom", "boom")),
        }
    }
}

pub fn ignore() -> Vec<u8> {
    vec![IGNORE]
}

/// A supervisor's arguments.
pub fn tree<'a>(flags: &Flags, path: &str, children: impl Iterator<Item = &'a Node>) -> Vec<u8> {
    let spec = SupervisorSpec::new(flags.strategy).intensity(flags.intensity, flags.period_s * 1_000).auto_shutdown(flags.auto);
    let spec = children.map(|node| child(node, flags.strategy, path)).fold(spec, SupervisorSpec::child);
    let mut args = vec![TREE];
    args.extend(spec.encode());
    args
}

/// The spec of a node, as its supervisor's strategy wants it. The children of a simple one add their number to the path.
pub fn spec(program: &Program, key: &str) -> ChildSpec {
    let node = program.node(key).expect("steps name nodes");
    let above = above(node.path());
    let strategy = program.flags(above).map_or(Strategy::OneForOne, |flags| flags.strategy);
    child(node, strategy, above)
}

fn child(node: &Node, strategy: Strategy, above: &str) -> ChildSpec {
    let place = if strategy == Strategy::SimpleOneForOne { above } else { node.path() };
    let behaviour = if node.flags().is_some() { NAME } else { worker::NAME };
    let args = format!("{} {place}", node.key).into_bytes();
    let spec = ChildSpec::new(node.id(), behaviour, args).restart(node.restart).shutdown(node.shutdown).significant(node.significant);
    ChildSpec { kind: node.kind, ..spec }
}
