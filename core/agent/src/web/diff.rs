//! What changed since the page was last shown: added, removed, changed; what merely moved or was redrawn alike is no change.
use super::{
    budget::{self, Filter},
    refs::Refs,
    render,
    snapshot::Snapshot,
    words,
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// Limits: of a page in memory between calls. Elements beyond are known by number and hash only.
const LINES_MAX: usize = 1_500;
const LINE_MAX: usize = 120;
/// A change that takes more than this is cut.
pub const CHARS: usize = 6_000;

/// A page as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    pub doc: String,
    pub url: String,
    title: String,
    dialog: Option<String>,
    /// Of everything a person would read or use; equal for equal pages.
    pub hash: u64,
    lines: Vec<PastLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PastLine {
    n: u32,
    hash: u64,
    in_view: bool,
    text: String,
}

/// Indices are into the newer page's nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    pub added: Vec<usize>,
    pub changed: Vec<usize>,
    /// Lines as they were, and how many more whose words were not kept.
    pub removed: Vec<String>,
    pub removed_more: usize,
    /// Came into view; no change of the page.
    pub revealed: Vec<usize>,
    pub url: Option<String>,
    pub title: Option<String>,
    /// Opened or changed, or `Some(None)`: closed.
    pub dialog: Option<Option<String>>,
}

impl Past {
    #[must_use]
    pub fn of(page: &Snapshot) -> Past {
        let mut hash = words::hash(0, &page.url);
        let mut lines = Vec::new();
        for node in page.nodes.iter().filter(|node| budget::keeps(node, Filter::Useful)) {
            let text = render::plain(node);
            hash = words::hash(hash, &text);
            let kept = if lines.len() < LINES_MAX { words::line(&text, LINE_MAX) } else { String::new() };
            lines.push(PastLine { n: node.n, hash: words::hash(0, &text), in_view: node.in_view, text: kept });
        }
        let dialog = page.dialog.as_ref().map(|(_, text)| text.clone());
        Past { doc: page.doc.clone(), url: page.url.clone(), title: page.title.clone(), dialog, hash, lines }
    }

    /// From this page to a newer state of the same document.
    #[must_use]
    pub fn diff(&self, page: &Snapshot) -> Diff {
        let before: BTreeMap<u32, &PastLine> = self.lines.iter().map(|line| (line.n, line)).collect();
        let mut diff = Diff::default();
        let mut met: BTreeMap<u32, ()> = BTreeMap::new();
        let mut fresh: Vec<(u64, usize)> = Vec::new();
        for (at, node) in page.nodes.iter().enumerate().filter(|(_, node)| budget::keeps(node, Filter::Useful)) {
            let hash = words::hash(0, &render::plain(node));
            match before.get(&node.n) {
                Some(line) => {
                    met.insert(node.n, ());
                    if line.hash != hash {
                        diff.changed.push(at);
                    } else if node.in_view && !line.in_view {
                        diff.revealed.push(at);
                    }
                }
                None => fresh.push((hash, at)),
            }
        }
        let mut gone: Vec<&PastLine> = self.lines.iter().filter(|line| !met.contains_key(&line.n)).collect();
        for (hash, at) in fresh {
            // Redrawn alike: what went and what came say the same.
            match gone.iter().position(|line| line.hash == hash) {
                Some(twin) => drop(gone.remove(twin)),
                None => diff.added.push(at),
            }
        }
        diff.removed_more = gone.iter().filter(|line| line.text.is_empty()).count();
        diff.removed = gone.into_iter().filter(|line| !line.text.is_empty()).map(|line| line.text.clone()).collect();
        let dialog = page.dialog.as_ref().map(|(_, text)| text.clone());
        diff.url = (page.url != self.url).then(|| page.url.clone());
        diff.title = (page.title != self.title).then(|| page.title.clone());
        diff.dialog = (dialog != self.dialog).then_some(dialog);
        diff
    }
}

impl Diff {
    /// `+` added, `-` removed, `~` changed, one line each; then what came into view.
    #[must_use]
    pub fn text(&self, page: &Snapshot, refs: &mut Refs) -> String {
        let mut out = Cut { text: String::new(), left_out: 0 };
        if let Some(url) = &self.url {
            out.line(format!("url: {}", words::line(url, 500)));
        }
        if let Some(title) = &self.title {
            out.line(format!("title: {}", words::line(title, 200)));
        }
        match &self.dialog {
            Some(Some(dialog)) => out.line(format!("dialog: {dialog}")),
            Some(None) => out.line("dialog: closed".to_string()),
            None => {}
        }
        for (mark, rows) in [('~', &self.changed), ('+', &self.added)] {
            for at in rows {
                out.line(format!("{mark} {}", numbered(page, refs, *at)));
            }
        }
        for line in &self.removed {
            out.line(format!("- {line}"));
        }
        if self.removed_more > 0 {
            out.line(format!("- {} more", self.removed_more));
        }
        if !self.revealed.is_empty() {
            out.line("now in view:".to_string());
            for at in &self.revealed {
                out.line(format!("  {}", numbered(page, refs, *at)));
            }
        }
        if out.left_out > 0 {
            out.text.push_str(&format!("… {} more lines of changes: read_page shows the page as it is\n", out.left_out));
        }
        out.text.truncate(out.text.trim_end().len());
        out.text
    }
}

fn numbered(page: &Snapshot, refs: &mut Refs, at: usize) -> String {
    let node = &page.nodes[at];
    render::numbered(node, refs.show(node), page.focus == Some(node.n), 0)
}

struct Cut {
    text: String,
    left_out: usize,
}

impl Cut {
    fn line(&mut self, line: String) {
        if self.left_out > 0 || self.text.len() + line.len() > CHARS {
            self.left_out += 1;
            return;
        }
        self.text.push_str(&line);
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;
    use expect_test::{Expect, expect};

    fn check(before: &str, after: &str, expected: Expect) {
        let after = sample::page(after);
        let diff = Past::of(&sample::page(before)).diff(&after);
        expected.assert_eq(&diff.text(&after, &mut Refs::default()));
        let same = Diff { revealed: Vec::new(), ..diff } == Diff::default();
        assert_eq!(same, Past::of(&sample::page(before)).hash == Past::of(&after).hash);
    }

    const TWO: &str = "1 0 0 {\"role\":\"textbox\",\"name\":\"Name\"}\n2 0 0 {\"role\":\"text\",\"text\":\"0 items\"}";

    #[test]
    fn changes_are_told_apart() {
        let after = "1 0 0 {\"role\":\"textbox\",\"name\":\"Name\",\"value\":\"Ada\"}\n3 0 0 {\"role\":\"alert\",\"text\":\"Saved\"}";
        check(
            TWO,
            after,
            expect![[r#"
            ~ [ref_1] textbox "Name" value="Ada"
            + [ref_2] alert "Saved"
            - text "0 items""#]],
        );
    }

    #[test]
    fn an_equal_redrawn_page_has_not_changed() {
        check(TWO, &TWO.replace("1 0 0", "8 0 0").replace("2 0 0", "9 0 0"), expect![[r#""#]]);
    }

    #[test]
    fn scrolling_shows_more_and_changes_nothing() {
        let hidden = TWO.replace("\"0 items\"", "\"0 items\",\"inview\":false");
        check(
            &hidden,
            TWO,
            expect![[r#"
            now in view:
              [ref_1] text "0 items""#]],
        );
    }

    #[test]
    fn a_flood_of_changes_is_cut() {
        let after = sample::page(&sample::table(2_000));
        let diff = Past::of(&sample::page(&sample::table(0))).diff(&after);
        let text = diff.text(&after, &mut Refs::default());
        assert!(text.len() < CHARS + 200 && text.ends_with("more lines of changes: read_page shows the page as it is"), "{text}");
    }
}
