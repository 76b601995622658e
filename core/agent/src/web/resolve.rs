//! From what a call names to one living element, by evidence. Never a guess: none or several means stop and say so.
use super::{
    find,
    fingerprint::Fingerprint,
    refs::{self, Meant, Refs},
    snapshot::{Node, Snapshot},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// What a call may act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Ref(u32),
    /// In pixels of the viewport.
    Point([i32; 2]),
    /// Of a recipe.
    Print(Fingerprint),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub n: u32,
    /// Worth telling: it is not the very element that was shown.
    pub note: Option<String>,
}

/// Why nothing was done, and what comes nearest: indices into the snapshot's nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// In peerd's words; what the page says is in `evidence`.
    pub reason: String,
    /// Expected and found, for people.
    pub evidence: String,
    pub near: Vec<usize>,
}

/// How many candidates are worth a model's attention.
const NEAR_MAX: usize = 3;

/// A number from an earlier look, on the page as it is now.
pub fn by_ref(page: &Snapshot, refs: &Refs, number: u32) -> Result<Found, Stale> {
    let name = refs::name(number);
    match refs.meant(number) {
        Meant::Never => {
            Err(Stale { reason: format!("{name} was never shown"), evidence: format!("no element is called {name}"), near: Vec::new() })
        }
        Meant::Past => {
            let reason = format!("stale_ref: {name} belongs to a page that is gone; read_page shows this one");
            Err(Stale { reason, evidence: format!("{name} belongs to a page that is gone"), near: Vec::new() })
        }
        Meant::Element { n, print } => match page.node(n) {
            Some(node) if print.fits(node) => Ok(Found { n, note: None }),
            Some(node) => {
                let reason = format!("stale_ref: {name} is no longer what it was when it was shown");
                let evidence = format!("expected {}, found {}", print.words(), Fingerprint::of(node).words());
                Err(Stale { reason, evidence, near: index(page, n).into_iter().collect() })
            }
            None => match by_print(page, print) {
                Ok(found) => Ok(Found { note: Some(format!("{name} was drawn anew and was found again by its role and name")), ..found }),
                Err(stale) => Err(Stale { reason: format!("stale_ref: {name} is gone; {}", stale.reason), ..stale }),
            },
        },
    }
}

/// Evidence alone: the one element it fits.
pub fn by_print(page: &Snapshot, print: &Fingerprint) -> Result<Found, Stale> {
    let fits: Vec<&Node> = page.nodes.iter().filter(|node| print.fits(node)).collect();
    let place = if print.path.is_empty() { String::new() } else { format!(" in {}", print.path) };
    match fits.as_slice() {
        [] => {
            let near = nearest(page, print);
            let instead: Vec<String> = near.iter().map(|at| Fingerprint::of(&page.nodes[*at]).words()).collect();
            let instead = if instead.is_empty() { "nothing like it".to_string() } else { instead.join(", ") };
            let evidence = format!("expected {}{place}, found {instead}", print.words());
            Err(Stale { reason: "no element on the page fits what was expected".into(), evidence, near })
        }
        [one] => Ok(Found { n: one.n, note: None }),
        several => {
            let mut preferred = several.iter().filter(|node| print.prefers(node));
            if let (Some(one), None) = (preferred.next(), preferred.next()) {
                let note = format!("{} elements fit; told apart by their place on the page", several.len());
                return Ok(Found { n: one.n, note: Some(note) });
            }
            let evidence = format!("expected one {}{place}, found {} that are equal", print.words(), several.len());
            let near = several.iter().filter_map(|node| index(page, node.n)).take(NEAR_MAX).collect();
            Err(Stale { reason: "ambiguous: several elements fit equally well".into(), evidence, near })
        }
    }
}

fn nearest(page: &Snapshot, print: &Fingerprint) -> Vec<usize> {
    let words = format!("{} {}", print.name, print.label);
    let mut near = find::rank(page, &words, NEAR_MAX);
    // What says nothing and can't be acted on explains nothing.
    near.retain(|at| page.nodes[*at].role == print.role || page.nodes[*at].actionable && !page.nodes[*at].words().is_empty());
    let alike = page.nodes.iter().enumerate().filter(|(_, node)| node.role == print.role && node.actionable).map(|(at, _)| at);
    for at in alike {
        if near.len() < NEAR_MAX && !near.contains(&at) {
            near.push(at);
        }
    }
    near
}

fn index(page: &Snapshot, n: u32) -> Option<usize> {
    page.nodes.iter().position(|node| node.n == n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    fn shown(rows: &str) -> Refs {
        let page = sample::page(rows);
        let mut refs = Refs::default();
        refs.follow(&page);
        page.nodes.iter().for_each(|node| {
            refs.show(node);
        });
        refs
    }

    fn tried(before: &str, after: &str, number: u32) -> Result<(u32, bool), String> {
        let found = by_ref(&sample::page(after), &shown(before), number);
        found.map(|found| (found.n, found.note.is_some())).map_err(|stale| format!("{} / {}", stale.reason, stale.evidence))
    }

    const BUY: &str = r#"1 0 0 {"role":"button","name":"Buy"}"#;

    #[test]
    fn a_living_equal_element_is_used() {
        assert_eq!(tried(BUY, BUY, 1), Ok((1, false)));
    }

    #[test]
    fn a_living_element_that_now_says_something_else_is_stale() {
        let now = r#"1 0 0 {"role":"button","name":"Delete"}"#;
        let why = "stale_ref: ref_1 is no longer what it was when it was shown / expected button \"Buy\", found button \"Delete\"";
        assert_eq!(tried(BUY, now, 1), Err(why.into()));
    }

    #[test]
    fn a_redrawn_element_is_found_by_its_evidence_and_mentioned() {
        assert_eq!(tried(BUY, r#"7 0 0 {"role":"button","name":"Buy","attrs":{"id":"x9"}}"#, 1), Ok((7, true)));
    }

    #[test]
    fn two_equal_heirs_are_no_heir() {
        let now = "7 0 0 {\"role\":\"button\",\"name\":\"Buy\"}\n8 0 0 {\"role\":\"button\",\"name\":\"Buy\"}";
        let why =
            "stale_ref: ref_1 is gone; ambiguous: several elements fit equally well / expected one button \"Buy\", found 2 that are equal";
        assert_eq!(tried(BUY, now, 1), Err(why.into()));
    }

    #[test]
    fn a_removed_element_names_what_is_there_instead() {
        let now = r#"7 0 0 {"role":"button","name":"Order now","actionable":true}"#;
        let why =
            "stale_ref: ref_1 is gone; no element on the page fits what was expected / expected button \"Buy\", found button \"Order now\"";
        assert_eq!(tried(BUY, now, 1), Err(why.into()));
    }

    #[test]
    fn a_number_that_was_never_shown_is_not_understood() {
        assert_eq!(tried(BUY, BUY, 9), Err("ref_9 was never shown / no element is called ref_9".into()));
    }

    #[test]
    fn numbers_of_an_earlier_document_stay_stale_for_ever() {
        let mut refs = shown(BUY);
        let mut other = sample::page(BUY);
        other.doc = "d2".into();
        refs.follow(&other);
        assert_eq!(refs.show(&other.nodes[0]), 2);
        assert!(by_ref(&other, &refs, 1).is_err_and(|stale| stale.reason.starts_with("stale_ref: ref_1 belongs to a page that is gone")));
    }

    fn print(json: &str) -> Fingerprint {
        serde_json::from_str(json).expect("a fingerprint")
    }

    #[test]
    fn a_recipe_survives_other_ids_classes_and_order() {
        let recorded = print(r#"{"role":"button","name":"Buy","tag":"button","path":"main","attrs":{"id":"buy"},"ord":0}"#);
        let now = "3 0 0 {\"role\":\"button\",\"name\":\"Help\"}\n4 0 0 {\"role\":\"button\",\"name\":\"Buy\",\"attrs\":{\"id\":\"zz\"},\"ord\":5,\"path\":\"form\"}";
        assert_eq!(by_print(&sample::page(now), &recorded), Ok(Found { n: 4, note: None }));
    }

    #[test]
    fn only_the_landmark_path_breaks_a_tie_of_named_elements() {
        let recorded = print(r#"{"role":"button","name":"Add","path":"main>article(Tea)","attrs":{"id":"a"},"ord":1}"#);
        let now = "3 0 0 {\"role\":\"button\",\"name\":\"Add\",\"path\":\"main>article(Tea)\"}\n4 0 0 {\"role\":\"button\",\"name\":\"Add\",\"attrs\":{\"id\":\"a\"},\"ord\":1}";
        assert_eq!(by_print(&sample::page(now), &recorded).map(|found| found.n), Ok(3));
        let equal = now.replace("\"path\":\"main>article(Tea)\"", "\"path\":\"main\"");
        assert!(by_print(&sample::page(&equal), &recorded).is_err());
    }

    #[test]
    fn a_nameless_icon_is_known_by_place_and_then_by_its_attributes() {
        let recorded = print(r#"{"role":"button","tag":"div","path":"main","attrs":{"id":"close"}}"#);
        let now =
            "3 0 0 {\"role\":\"button\",\"path\":\"main\"}\n4 0 0 {\"role\":\"button\",\"path\":\"main\",\"attrs\":{\"id\":\"close\"}}";
        assert_eq!(by_print(&sample::page(now), &recorded).map(|found| found.n), Ok(4));
        assert!(by_print(&sample::page(&now.replace("close", "other")), &recorded).is_err());
    }
}
