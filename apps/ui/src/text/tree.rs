//! The actors in the order a person reads a tree: each below its parent, in the order the desk told them.
use peerd_agent::view::ActorRow;

/// Limit: how far a row is moved in; a side panel has no room for more.
const DEPTH_MAX: usize = 8;

/// Each row once, with its depth. Rows whose parent is not there are roots; what a circle of parents hides comes last.
#[must_use]
pub fn ordered(actors: &[ActorRow]) -> Vec<(usize, ActorRow)> {
    let mut out = Vec::with_capacity(actors.len());
    let mut seen = vec![false; actors.len()];
    let known = |id: &str| actors.iter().any(|actor| actor.id == id);
    let is_root = |actor: &ActorRow| actor.parent.as_deref().is_none_or(|parent| !known(parent));
    // Reversed, because the last one pushed is read first.
    let mut waiting: Vec<(usize, usize)> = (0..actors.len()).rev().filter(|at| is_root(&actors[*at])).map(|at| (0, at)).collect();
    while let Some((depth, at)) = waiting.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        out.push((depth.min(DEPTH_MAX), actors[at].clone()));
        let below = (0..actors.len()).rev().filter(|child| actors[*child].parent.as_deref() == Some(actors[at].id.as_str()));
        waiting.extend(below.map(|child| (depth + 1, child)));
    }
    out.extend(actors.iter().zip(seen).filter(|(_, seen)| !seen).map(|(actor, _)| (0, actor.clone())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, Option<&str>)], expect: &[(usize, &str)]) {
        let row =
            |(id, parent): &(&str, Option<&str>)| ActorRow { id: (*id).into(), parent: parent.map(Into::into), ..ActorRow::default() };
        let rows: Vec<ActorRow> = rows.iter().map(row).collect();
        let out = ordered(&rows);
        let out: Vec<(usize, &str)> = out.iter().map(|(depth, row)| (*depth, row.id.as_str())).collect();
        assert_eq!(out, expect);
    }

    #[test]
    fn children_follow_their_parent_in_the_order_told() {
        let rows = [("web 2", Some("web")), ("root", None), ("web", Some("root")), ("desk", Some("root")), ("web 1", Some("web"))];
        check(&rows, &[(0, "root"), (1, "web"), (2, "web 2"), (2, "web 1"), (1, "desk")]);
    }

    #[test]
    fn an_actor_whose_parent_is_gone_is_still_shown() {
        check(&[("a", Some("gone")), ("b", Some("a"))], &[(0, "a"), (1, "b")]);
    }

    #[test]
    fn a_circle_of_parents_ends() {
        check(&[("a", Some("b")), ("b", Some("a")), ("c", Some("c"))], &[(0, "a"), (0, "b"), (0, "c")]);
    }
}
