//! Where each node of the tree stands: from the top down where there is room, else one below the other.
use crate::tree::{Node, Tree};
use peerd_vat::ActorId;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub x: i32,
    pub y: i32,
    pub wide: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub places: BTreeMap<ActorId, Place>,
    pub wide: i32,
    pub high: i32,
    /// One below the other, indented.
    pub is_list: bool,
}

pub const HIGH: i32 = 68;
const WIDE: i32 = 128;
/// In a list; less if the page is narrow.
const WIDE_MAX: i32 = 300;
const GAP: i32 = 18;
const LEVEL: i32 = 50;
const ROW: i32 = 10;
const INDENT: i32 = 26;

/// `wide` is the room there is. The whole tree hangs from the nodes without a parent.
#[must_use]
pub fn lay_out(tree: &Tree, wide: i32) -> Layout {
    let tops: Vec<&Node> = tree.nodes().iter().filter(|node| node.parent.is_none_or(|parent| tree.find(parent).is_none())).collect();
    let needed: i32 = tops.iter().map(|top| spread(tree, top)).sum::<i32>() + GAP * (tops.len() as i32 - 1).max(0);
    if needed <= wide { hanging(tree, &tops, wide, needed) } else { listed(tree, &tops, wide) }
}

/// What a node and everybody below it need.
fn spread(tree: &Tree, node: &Node) -> i32 {
    let children: Vec<i32> = tree.children(node.id).map(|child| spread(tree, child)).collect();
    WIDE.max(children.iter().sum::<i32>() + GAP * (children.len() as i32 - 1).max(0))
}

fn hanging(tree: &Tree, tops: &[&Node], wide: i32, needed: i32) -> Layout {
    let (mut places, mut high) = (BTreeMap::new(), 0);
    let mut x = (wide - needed) / 2;
    let mut waiting: Vec<(&Node, i32, i32)> = Vec::new();
    for top in tops {
        waiting.push((top, x, 0));
        x += spread(tree, top) + GAP;
    }
    while let Some((node, left, y)) = waiting.pop() {
        places.insert(node.id, Place { x: left + (spread(tree, node) - WIDE) / 2, y, wide: WIDE });
        high = high.max(y + HIGH);
        let room = tree.children(node.id).map(|child| spread(tree, child) + GAP).sum::<i32>() - GAP;
        let mut x = left + (spread(tree, node) - room.max(0)) / 2;
        for child in tree.children(node.id) {
            waiting.push((child, x, y + HIGH + LEVEL));
            x += spread(tree, child) + GAP;
        }
    }
    Layout { places, wide, high, is_list: false }
}

fn listed(tree: &Tree, tops: &[&Node], wide: i32) -> Layout {
    let (mut places, mut y) = (BTreeMap::new(), 0);
    let mut waiting: Vec<(&Node, i32)> = tops.iter().rev().map(|top| (*top, 0)).collect();
    while let Some((node, depth)) = waiting.pop() {
        let x = depth * INDENT;
        places.insert(node.id, Place { x, y, wide: (wide - x).min(WIDE_MAX) });
        y += HIGH + ROW;
        let children: Vec<&Node> = tree.children(node.id).collect();
        waiting.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
    }
    Layout { places, wide, high: (y - ROW).max(0), is_list: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lab, Setup};

    fn laid_out(setup: &str, wide: i32) -> Layout {
        lay_out(Lab::new(&Setup::read(setup), 1).tree(), wide)
    }

    fn assert_apart(layout: &Layout) {
        let places: Vec<&Place> = layout.places.values().collect();
        for (at, one) in places.iter().enumerate() {
            assert!(one.x >= 0 && one.x + one.wide <= layout.wide, "{one:?} is outside");
            for other in &places[at + 1..] {
                let apart = (one.x - other.x).abs() >= one.wide.min(other.wide) || (one.y - other.y).abs() >= HIGH;
                assert!(apart, "{one:?} and {other:?} lie on each other");
            }
        }
    }

    #[test]
    fn no_two_nodes_lie_on_each_other_however_wide_the_page_is() {
        for wide in [320, 375, 700, 1_000, 1_600] {
            for setup in ["children=1", "children=8", "children=4&nested=yes", "children=8&nested=yes", "strategy=simple_one_for_one"] {
                assert_apart(&laid_out(setup, wide));
            }
        }
    }

    #[test]
    fn a_tree_hangs_where_there_is_room_and_is_a_list_where_not() {
        assert!(!laid_out("children=4", 800).is_list);
        assert!(laid_out("children=4", 343).is_list);
    }
}
