//! Smaller programs of a program: steps go first, then children, then levels.
use super::program::{Act, Node, Program, TOP, above, path_of};
use crate::corpus::Readable;

/// Smaller ones, the smallest first.
pub fn candidates(program: &Program) -> Vec<Program> {
    let steps = program.steps.len();
    let tail = (1..=steps / 2).rev().map(|drop| Program { steps: program.steps[..steps - drop].to_vec(), ..program.clone() });
    let step = (0..steps).rev().map(|at| {
        let mut smaller = program.clone();
        smaller.steps.remove(at);
        smaller
    });
    let child = program.nodes.iter().filter(|node| node.key != TOP).map(|node| without(program, &node.key));
    let level = program.nodes.iter().filter(|node| node.key != TOP && node.flags().is_some()).filter_map(|node| lifted(program, &node.key));
    let outcome = program.nodes.iter().enumerate().filter(|(_, node)| node.outcomes.len() > 1).map(|(at, _)| {
        let mut smaller = program.clone();
        smaller.nodes[at].outcomes.pop();
        smaller
    });
    tail.chain(step).chain(child).chain(level).chain(outcome).collect()
}

/// Without a node, all below it and all steps that name them.
fn without(program: &Program, key: &str) -> Program {
    let gone = |named: &str| named == key || (!key.contains('/') && (path_of(named) == key || named.starts_with(&format!("{key}."))));
    let mut smaller = program.clone();
    smaller.nodes.retain(|node| !gone(&node.key));
    smaller.steps.retain_mut(|step| match &mut step.act {
        Act::Upgrade(path, Some((_, ids))) => {
            ids.retain(|id| !gone(&format!("{path}.{id}")));
            !gone(path)
        }
        act => !named(act).into_iter().any(gone),
    });
    smaller
}

/// The supervisor of this key becomes the top.
fn lifted(program: &Program, key: &str) -> Option<Program> {
    let to = |path: &str| path.strip_prefix(key).map(|rest| format!("{TOP}{rest}"));
    let mut nodes = Vec::new();
    for node in program.nodes.iter().filter(|node| node.key == key || node.key.starts_with(&format!("{key}."))) {
        nodes.push(Node { key: to(&node.key)?, dormant: node.dormant && node.key != key, ..node.clone() });
    }
    let steps = program.steps.iter().filter_map(|step| {
        let text = step.to_string();
        let inside = named(&step.act).into_iter().all(|name| name == key || name.starts_with(&format!("{key}.")));
        let lifted = inside
            .then(|| text.replace(&format!(" {key}."), " t.").replace(&format!(" {key} "), " t ").replace(&format!("@{key}."), "@t."));
        Program::read(&lifted?).ok()?.steps.pop()
    });
    Some(Program { nodes, steps: steps.collect() })
}

/// The keys and paths that an act is about.
fn named(act: &Act) -> Vec<&str> {
    match act {
        Act::Up | Act::Shut | Act::Advance(_) => vec![],
        Act::TerminateRef(path, of) | Act::SpecRef(path, of) => vec![path, of],
        Act::New(path, _) | Act::Upgrade(path, _) => vec![path],
        Act::End(path, _) | Act::Kill(path) | Act::Exit(path, _) | Act::Restart(path) | Act::Terminate(path) => vec![path],
        Act::Delete(path) | Act::Spec(path) | Act::Start(path) => vec![path],
    }
}

/// Every node has its supervisor, every simple one its template, and every spec that a step names is there.
pub fn is_whole(program: &Program) -> bool {
    let has_parent = |node: &Node| node.key == TOP || program.flags(above(node.path())).is_some();
    let has_template = |node: &Node| !program.is_simple(&node.key) || program.children(&node.key).count() == 1;
    let has_specs = |act: &Act| match act {
        Act::Start(key) => program.node(key).is_some_and(|node| node.key != TOP),
        Act::Upgrade(path, Some((_, ids))) => ids.iter().all(|id| program.node(&format!("{path}.{id}")).is_some()),
        _ => true,
    };
    program.nodes.first().is_some_and(|node| node.key == TOP)
        && program.nodes.iter().all(|node| has_parent(node) && has_template(node))
        && program.steps.iter().all(|step| has_specs(&step.act))
}
