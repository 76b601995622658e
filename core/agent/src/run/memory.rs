//! What the model is shown of the chat so far. It grows at the end only, but for page states and pictures that are out of date.
use super::log::Log;
use crate::model::{Block, Image, Message, Role, ToolResult, ToolUse};
use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// Page states kept whole: the last, and the one before it to compare.
const PAGES_KEPT: usize = 2;
/// A result shorter than this stays as it is: cutting it would spoil the provider's cache for nothing.
const PAGE_MIN: usize = 1_500;
/// What a page calls an element, on a card.
const LABEL_MAX: usize = 80;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub messages: Log<Message>,
}

impl Memory {
    pub fn says(&mut self, text: String) {
        self.messages.push(Message::says(Role::User, text));
    }

    /// Adds to the owner's last words where the task starts.
    pub fn started_on(&mut self, line: &str) {
        let last = self.messages.len().saturating_sub(1);
        if let Some(Block::Text(text)) = self.messages.at(last).and_then(|message| message.blocks.last_mut()) {
            text.push_str(&format!("\n\n{line}"));
        }
    }

    /// Closes the history of a run that a dead Worker cut: whether its last calls were executed is told by the report alone.
    pub fn interrupted(&mut self, report: &str) {
        let last = self.messages.iter().rposition(|message| message.role == Role::Assistant).unwrap_or(self.messages.len());
        let blocks = |from: usize| self.messages.iter().skip(from).flat_map(|message| &message.blocks);
        let answered = |call: &ToolUse| blocks(last + 1).any(|block| matches!(block, Block::ToolResult(result) if result.id == call.id));
        let open = blocks(last).filter_map(|block| match block {
            Block::ToolUse(call) if !answered(call) => Some(ToolResult {
                id: call.id.clone(),
                text: "Interrupted: see below whether this was executed.".into(),
                images: Vec::new(),
                error: true,
            }),
            _ => None,
        });
        let open = open.collect();
        self.results(open);
        self.says(format!("[peerd: the task was interrupted. What had been done:\n{report}]"));
    }

    pub fn results(&mut self, results: Vec<ToolResult>) {
        if !results.is_empty() {
            let blocks = results.into_iter().map(Block::ToolResult).collect();
            self.messages.push(Message { role: Role::User, blocks });
        }
    }

    /// Before a request: old page states become one line, pictures that the model has seen go.
    pub fn prune(&mut self) {
        let seen = self.messages.iter().rposition(|message| message.role == Role::Assistant).unwrap_or(0);
        let mut pages = 0;
        for at in (0..self.messages.len()).rev() {
            let mut message = Cow::Borrowed(&self.messages[at]);
            for block in (0..message.blocks.len()).rev() {
                let Block::ToolResult(result) = &message.blocks[block] else { continue };
                let has_old_picture = at < seen && !result.images.is_empty();
                let is_page = result.text.len() >= PAGE_MIN && result.text.contains("<page ");
                pages += usize::from(is_page);
                let is_old_page = is_page && pages > PAGES_KEPT;
                if !has_old_picture && !is_old_page {
                    continue;
                }
                let Block::ToolResult(result) = &mut message.to_mut().blocks[block] else { continue };
                if has_old_picture {
                    result.images = Vec::<Image>::new();
                    result.text.push_str("\n(The picture was shown once.)");
                }
                if is_old_page {
                    result.text = stub(&result.text);
                }
            }
            if let Cow::Owned(pruned) = message
                && let Some(place) = self.messages.at(at)
            {
                *place = pruned;
            }
        }
    }

    /// After a request that was refused: the next one is without pictures.
    pub fn forget_pictures(&mut self) {
        let is_pictured = |block: &Block| matches!(block, Block::ToolResult(result) if !result.images.is_empty());
        for at in 0..self.messages.len() {
            if !self.messages[at].blocks.iter().any(is_pictured) {
                continue;
            }
            let Some(message) = self.messages.at(at) else { continue };
            for block in &mut message.blocks {
                if let Block::ToolResult(result) = block
                    && !result.images.is_empty()
                {
                    result.images.clear();
                    result.text.push_str("\n(The picture is left out: the request with it was refused.)");
                }
            }
        }
    }

    /// What the page called the element behind a ref, as it was last shown: `button "Buy now"`. `newest` are results on their way.
    pub fn label_of(&self, reference: &str, newest: &[ToolResult]) -> String {
        let mark = format!("[{reference}]");
        let results = self.messages.iter().rev().flat_map(|message| message.blocks.iter().rev()).filter_map(|block| match block {
            Block::ToolResult(result) => Some(result.text.as_str()),
            _ => None,
        });
        let newest = newest.iter().rev().map(|result| result.text.as_str());
        let line = newest.chain(results).flat_map(str::lines).find(|line| line.contains(&mark));
        let label = line.map(|line| line.replace(&mark, " ").split_whitespace().collect::<Vec<_>>().join(" "));
        let label = label.unwrap_or_else(|| reference.to_string());
        label.trim_start_matches(['-', '+', '~', ' ']).chars().take(LABEL_MAX).collect()
    }
}

/// Keeps the word and the evidence that came before the page, and says what is gone.
fn stub(text: &str) -> String {
    let head = text.split("<page ").next().unwrap_or_default().trim_end();
    let origin = text.split("<page origin=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("a page");
    let gap = if head.is_empty() { "" } else { "\n" };
    format!("{head}{gap}(An older state of {origin} was here. Read the page again if you need it.)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(n: usize, pictured: bool) -> ToolResult {
        let image = Image { mime: "image/jpeg".into(), data: "AAAA".into() };
        let text =
            format!("verified\n<page origin=\"https://a.example\">\nbutton \"Buy {n}\" [ref_{n}]\n{}\n</page>", "x".repeat(PAGE_MIN));
        ToolResult { id: n.to_string(), text, images: if pictured { Vec::from([image]) } else { Vec::new() }, error: false }
    }

    #[test]
    fn the_last_two_page_states_are_whole() {
        let mut memory = Memory::default();
        for n in 1..=4 {
            memory.messages.push(Message::says(Role::Assistant, "next"));
            memory.results([page(n, true)].into());
        }
        memory.prune();
        let texts: Vec<(usize, usize)> = memory
            .messages
            .iter()
            .flat_map(|message| &message.blocks)
            .filter_map(|block| match block {
                Block::ToolResult(result) => Some((result.text.len().min(200), result.images.len())),
                _ => None,
            })
            .collect();
        assert!(texts[0].0 < 200 && texts[1].0 < 200 && texts[2].0 == 200 && texts[3].0 == 200, "{texts:?}");
        assert_eq!(texts.iter().map(|(_, images)| *images).collect::<Vec<_>>(), [0, 0, 0, 1]);
        let once = memory.clone();
        memory.prune();
        assert_eq!(memory, once, "pruning again changes nothing");
    }

    #[test]
    fn a_ref_is_called_what_the_page_called_it() {
        let mut memory = Memory::default();
        memory.results([page(1, false), page(12, false)].into());
        assert_eq!(memory.label_of("ref_1", &[]), "button \"Buy 1\"");
        assert_eq!(memory.label_of("ref_12", &[]), "button \"Buy 12\"");
        assert_eq!(memory.label_of("ref_3", &[]), "ref_3");
    }
}
