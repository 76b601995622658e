//! Searching a page by words and roles.
use super::snapshot::{Node, Snapshot};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

pub const MATCHES_MAX: usize = 20;
/// Limit: words of a query that count.
const WORDS_MAX: usize = 16;

/// Indices of the best matches, best first; among equals in document order.
#[must_use]
pub fn rank(page: &Snapshot, query: &str, max: usize) -> Vec<usize> {
    let phrase = query.trim().to_lowercase();
    let words: Vec<String> = words(&phrase).filter(|word| !EMPTY.contains(&word.as_str())).take(WORDS_MAX).collect();
    let scored = page.nodes.iter().enumerate().map(|(at, node)| (score(node, &phrase, &words), at)).filter(|(score, _)| *score > 0);
    let mut scored: Vec<(u32, usize)> = scored.collect();
    let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    // What matches far worse than the best is noise.
    scored.retain(|(score, _)| score * 2 >= best);
    scored.sort_by_key(|(score, at)| (core::cmp::Reverse(*score), *at));
    scored.into_iter().take(max).map(|(_, at)| at).collect()
}

/// Words that say nothing about an element.
const EMPTY: [&str; 13] = ["a", "an", "the", "of", "for", "to", "in", "on", "with", "that", "and", "or", "element"];

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(ToString::to_string)
}

fn score(node: &Node, phrase: &str, query: &[String]) -> u32 {
    let said = node.words().to_lowercase();
    let beside = [&node.label, &node.placeholder, &node.href, &node.kind]
        .into_iter()
        .chain(&node.value)
        .chain(&node.options)
        .chain(node.attrs.values());
    let beside: String = beside.flat_map(|part| [part.as_str(), " "]).collect::<String>().to_lowercase();
    let mut score = 0;
    for word in query {
        score += within(&said, word) * 4 + within(&beside, word) * 2 + u32::from(is_role(node, word)) * 6;
    }
    if !phrase.is_empty() && !said.is_empty() {
        score += if said == phrase { 20 } else { u32::from(said.contains(phrase)) * 10 };
    }
    if score == 0 { 0 } else { score + u32::from(node.actionable) * 2 + u32::from(node.in_view) }
}

/// 2 for a whole word, 1 for a part of one.
fn within(text: &str, word: &str) -> u32 {
    if words(text).any(|have| have == word) { 2 } else { u32::from(word.len() > 2 && text.contains(word)) }
}

fn is_role(node: &Node, word: &str) -> bool {
    let role = match word {
        "field" | "input" | "box" | "textarea" => return matches!(node.role.as_str(), "textbox" | "searchbox" | "spinbutton"),
        "dropdown" | "select" | "menu" => return matches!(node.role.as_str(), "combobox" | "listbox" | "menu"),
        "image" | "picture" | "icon" => "img",
        "title" => "heading",
        other => other.trim_end_matches('s'),
    };
    node.role == role
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    fn found(query: &str) -> Vec<u32> {
        let page = sample::page(sample::SHOP);
        rank(&page, query, MATCHES_MAX).into_iter().map(|at| page.nodes[at].n).collect()
    }

    #[test]
    fn words_and_roles_find_elements() {
        assert_eq!(found("buy now button"), [7]);
        assert_eq!(found("the name field"), [4]);
        assert_eq!(found("size"), [5]);
        assert_eq!(found("link"), [12]);
        assert_eq!(found("zebra"), [0; 0]);
        assert_eq!(found(""), [0; 0]);
    }
}
