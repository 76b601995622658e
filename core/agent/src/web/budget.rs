//! A page within a number of characters: what matters comes first, what repeats is collapsed, every cut is announced.
use super::{
    refs::{self, Refs},
    render,
    snapshot::{Node, Snapshot},
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// 4,000 tokens.
pub const CHARS: usize = 16_000;
/// Limit: whatever was asked for.
pub const CHARS_MAX: usize = 50_000;
/// More children of one role than this are collapsed when the page is over its budget..
const REPEATS_MAX: usize = 12;
/// ..to as many of those in view, or to the first few.
const REPEATS_IN_VIEW: usize = 15;
const REPEATS_FIRST: usize = 5;
/// For the notes on what was cut.
const NOTES: usize = 400;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filter {
    /// What a person would read or use.
    #[default]
    Useful,
    /// What can be operated, and dialogs.
    Interactive,
    /// Every node that was collected.
    All,
}

#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub filter: Filter,
    /// Only this node and what is in it.
    pub within: Option<u32>,
    /// Levels below the top.
    pub depth: Option<u32>,
    pub chars: usize,
}

impl Default for Wish {
    fn default() -> Self {
        Wish { filter: Filter::Useful, within: None, depth: None, chars: CHARS }
    }
}

/// A node that takes part, and where.
struct Row {
    at: usize,
    indent: usize,
    class: Class,
    chars: usize,
}

/// The order in which nodes get their share of the budget.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Dialog,
    Focus,
    View,
    Rest,
}

/// The lines of the page that fit, numbered, and what was left out.
#[must_use]
pub fn page(page: &Snapshot, refs: &mut Refs, wish: Wish) -> String {
    let mut rows = rows(page, wish);
    let chars = wish.chars.min(CHARS_MAX);
    let mut notes = BTreeMap::new();
    if total(&rows) > chars {
        notes = collapse(page, &mut rows, wish);
    }
    let left_out = if total(&rows) > chars { choose(&mut rows, chars.saturating_sub(NOTES)) } else { [0; 2] };
    print(page, refs, &rows, &notes, left_out)
}

fn total(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.chars).sum()
}

/// What a node hands down to those in it.
#[derive(Clone, Copy, Default)]
struct Place {
    indent: usize,
    inside: bool,
    dialog: bool,
}

fn rows(page: &Snapshot, wish: Wish) -> Vec<Row> {
    let crowded = crowds(page);
    let focus = page.focus.and_then(|n| page.node(n));
    let base = wish.within.and_then(|n| page.node(n)).map_or(0, |node| node.depth);
    let top = Place { inside: wish.within.is_none(), ..Place::default() };
    let mut placed: BTreeMap<u32, Place> = BTreeMap::new();
    let mut rows = Vec::new();
    for (at, node) in page.nodes.iter().enumerate() {
        let above = placed.get(&node.parent).copied().unwrap_or(top);
        let chosen = wish.within == Some(node.n);
        let inside = above.inside || chosen;
        let dialog = above.dialog || node.is_dialog();
        let indent = if node.is_dialog() && !above.dialog { 0 } else { above.indent };
        let deep = wish.depth.is_some_and(|depth| node.depth.saturating_sub(base) > depth);
        // Kept even when it says nothing: the note on what was collapsed in it names its ref.
        let crowd = wish.filter == Filter::Useful && crowded.iter().any(|(parent, _)| *parent == node.n);
        let keep = inside && !deep && (chosen || crowd || keeps(node, wish.filter));
        placed.insert(node.n, Place { indent: indent + usize::from(keep), inside, dialog });
        if keep {
            let class = match focus {
                _ if dialog => Class::Dialog,
                Some(focus) if near(focus, node) => Class::Focus,
                _ if node.in_view => Class::View,
                _ => Class::Rest,
            };
            let chars = render::numbered(node, 10_000, false, indent).chars().count() + 1;
            rows.push(Row { at, indent, class, chars });
        }
    }
    rows
}

/// Parents with many children of one role. Running text is no repetition.
fn crowds(page: &Snapshot) -> Vec<(u32, &str)> {
    let mut kin: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    for node in page.nodes.iter().filter(|node| node.role != "text" && node.role != "heading") {
        *kin.entry((node.parent, &node.role)).or_default() += 1;
    }
    kin.into_iter().filter(|(_, count)| *count > REPEATS_MAX).map(|(key, _)| key).collect()
}

pub fn keeps(node: &Node, filter: Filter) -> bool {
    match filter {
        Filter::All => true,
        Filter::Interactive => node.actionable || node.is_dialog(),
        Filter::Useful => {
            let says = !node.words().is_empty() || node.value.is_some() || node.is_graphic();
            says || node.actionable || GROUPS.contains(&node.role.as_str())
        }
    }
}

/// Without a name they still tell what belongs together.
const GROUPS: [&str; 14] = [
    "alert",
    "alertdialog",
    "article",
    "dialog",
    "form",
    "grid",
    "listitem",
    "main",
    "menu",
    "navigation",
    "radiogroup",
    "row",
    "table",
    "tablist",
];

/// In the same named part of the page as the focus, or beside it.
fn near(focus: &Node, node: &Node) -> bool {
    focus.n == node.n || (focus.parent == node.parent && focus.parent != 0) || (!focus.path.is_empty() && focus.path == node.path)
}

/// Drops all but the first of many equal-looking children, with what is in them; returns a note for each parent.
fn collapse(page: &Snapshot, rows: &mut Vec<Row>, wish: Wish) -> BTreeMap<u32, Vec<String>> {
    let mut notes: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut gone: Vec<bool> = page.nodes.iter().map(|_| false).collect();
    for (parent, role) in crowds(page) {
        // The children of what was asked for are what was asked for.
        if wish.within == Some(parent) {
            continue;
        }
        let children = || page.nodes.iter().enumerate().filter(move |(_, node)| node.parent == parent && node.role == role);
        let in_view = children().filter(|(_, node)| node.in_view).take(REPEATS_IN_VIEW).map(|(at, _)| at).collect::<Vec<_>>();
        let first = children().take(if in_view.is_empty() { REPEATS_FIRST } else { 0 }).map(|(at, _)| at).collect::<Vec<_>>();
        let stays = |at: usize, n: u32| in_view.contains(&at) || first.contains(&at) || page.focus == Some(n);
        let excess: Vec<usize> = children().filter(|(at, node)| !stays(*at, node.n)).map(|(at, _)| at).collect();
        notes.entry(parent).or_default().push(format!("{} more {role} like these", excess.len()));
        excess.into_iter().for_each(|at| gone[at] = true);
    }
    let lost: BTreeMap<u32, ()> = {
        let mut lost = BTreeMap::new();
        for (node, gone) in page.nodes.iter().zip(&gone) {
            if *gone || lost.contains_key(&node.parent) {
                lost.insert(node.n, ());
            }
        }
        lost
    };
    rows.retain(|row| !lost.contains_key(&page.nodes[row.at].n));
    notes.retain(|parent, _| !lost.contains_key(parent));
    notes
}

/// Keeps what fits, class by class; returns how many lines in view and out of view were left out.
fn choose(rows: &mut Vec<Row>, chars: usize) -> [usize; 2] {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|at| (rows[*at].class, *at));
    let mut left = chars;
    let mut kept: Vec<bool> = rows.iter().map(|_| false).collect();
    for at in order {
        let Some(rest) = left.checked_sub(rows[at].chars) else { break };
        left = rest;
        kept[at] = true;
    }
    let mut left_out = [0; 2];
    for (row, kept) in rows.iter().zip(&kept) {
        left_out[usize::from(row.class == Class::Rest)] += usize::from(!kept);
    }
    let mut kept = kept.into_iter();
    rows.retain(|_| kept.next() == Some(true));
    left_out
}

fn print(page: &Snapshot, refs: &mut Refs, rows: &[Row], notes: &BTreeMap<u32, Vec<String>>, left_out: [usize; 2]) -> String {
    let mut out = String::new();
    let dialogs_first = rows.iter().filter(|row| row.class == Class::Dialog).chain(rows.iter().filter(|row| row.class != Class::Dialog));
    for row in dialogs_first {
        let node = &page.nodes[row.at];
        let number = refs.show(node);
        out.push_str(&render::numbered(node, number, page.focus == Some(node.n), row.indent));
        out.push('\n');
        if let Some(notes) = notes.get(&node.n) {
            let more = notes.join(", ");
            out.push_str(&format!(
                "{}… {more}: read_page {{\"ref\":\"{}\"}} shows them\n",
                "  ".repeat(row.indent.min(20) + 1),
                refs::name(number)
            ));
        }
    }
    // Nodes at the top have no parent that could be asked for.
    for note in notes.get(&0).into_iter().flatten() {
        out.push_str(&format!("… {note}: find shows them\n"));
    }
    if left_out != [0, 0] {
        let [seen, unseen] = left_out;
        out.push_str(&format!(
            "… left out to stay short: {seen} lines in view, {unseen} out of view. read_page with \"ref\", \"depth\" or \"filter\":\"interactive\" shows a part; find searches everything\n"
        ));
    }
    if page.truncated {
        out.push_str("… the page goes on: it is larger than what can be collected at once\n");
    }
    if out.is_empty() {
        out = "(nothing to see here)".to_string();
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;
    use expect_test::expect;

    #[test]
    fn a_small_page_is_shown_whole() {
        let page = sample::page(sample::SHOP);
        let mut refs = Refs::default();
        refs.follow(&page);
        expect![[r#"
            [ref_1] main
              [ref_2] heading "Checkout" level=1
              [ref_3] form "Address"
                [ref_4] textbox "Name" required value="Ada"
                [ref_5] combobox "Size" value="M" options: S | M | L \| XL
                [ref_6] checkbox "I \"agree\"" unchecked offscreen
                [ref_7] button "Buy now" disabled covered
              [ref_8] text "3 items"
              [ref_9] graphics-symbol "red circle" color=red rgb=#ff0000 box=10,20,30,30 centre=25,35
              [ref_10] generic clickable class="close" box=0,0,9,9 centre=4,4
              [ref_11] link "Help" href="/help""#]]
        .assert_eq(&super::page(&page, &mut refs, Wish::default()));
    }

    #[test]
    fn rows_that_repeat_are_collapsed_only_when_the_page_is_too_large() {
        let page = sample::page(&sample::table(40));
        let mut refs = Refs::default();
        refs.follow(&page);
        assert_eq!(super::page(&page, &mut refs, Wish::default()).lines().count(), 81);
        expect![[r#"
            [ref_1] table "Orders"
              … 25 more row like these: read_page {"ref":"ref_1"} shows them
              [ref_2] row
                [ref_3] cell "Row 0"
              [ref_4] row
                [ref_5] cell "Row 1"
              [ref_6] row
                [ref_7] cell "Row 2"
              [ref_8] row
                [ref_9] cell "Row 3"
              [ref_10] row
                [ref_11] cell "Row 4"
              [ref_12] row
            … left out to stay short: 19 lines in view, 0 out of view. read_page with "ref", "depth" or "filter":"interactive" shows a part; find searches everything"#]]
        .assert_eq(&super::page(&page, &mut Refs::default(), Wish { chars: 700, ..Wish::default() }));
    }

    #[test]
    fn what_is_in_view_goes_first_and_cuts_are_announced() {
        let page = sample::page(&sample::long(60));
        expect![[r#"
            [ref_1] main
              [ref_2] text "Line 50"
              [ref_3] heading "Line 51"
              [ref_4] text "Line 52"
              [ref_5] heading "Line 53"
              [ref_6] text "Line 54"
              [ref_7] heading "Line 55"
              [ref_8] text "Line 56"
              [ref_9] heading "Line 57"
              [ref_10] text "Line 58"
            … left out to stay short: 1 lines in view, 50 out of view. read_page with "ref", "depth" or "filter":"interactive" shows a part; find searches everything"#]]
        .assert_eq(&super::page(&page, &mut Refs::default(), Wish { chars: 700, ..Wish::default() }));
    }

    #[test]
    fn no_page_exceeds_its_budget() {
        for rows in [10, 100, 1_000, 2_400] {
            let page = sample::page(&sample::table(rows));
            for wish in [Wish::default(), Wish { filter: Filter::All, chars: 1_000_000, ..Wish::default() }] {
                let text = super::page(&page, &mut Refs::default(), wish);
                assert!(text.chars().count() <= wish.chars.min(CHARS_MAX), "{rows} rows");
            }
        }
    }
}
