//! Draws a markdown tree into the page, keeping the blocks that did not change, so that a selection survives streaming.
use crate::{
    browser,
    text::markdown::{Node, parse},
};
use leptos::prelude::{document, set_timeout};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

/// What was drawn so far into one place.
#[derive(Default)]
pub struct Drawn {
    // Invariant: one child of the place for each.
    blocks: Vec<Node>,
}

impl Drawn {
    pub fn update(&mut self, place: &Element, text: &str) {
        let blocks = parse(text);
        let same = self.blocks.iter().zip(&blocks).take_while(|(old, new)| old == new).count();
        while place.child_nodes().length() as usize > same {
            let Some(last) = place.last_child() else { break };
            drop(place.remove_child(&last));
        }
        for block in &blocks[same..] {
            node(place, block);
        }
        self.blocks = blocks;
    }
}

/// A click somewhere in drawn markdown: on a code block's button it copies the code.
pub fn clicked(event: &Event) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let Ok(Some(button)) = target.closest("button[data-copy]") else { return };
    let Some(code) = button.parent_element().and_then(|block| block.query_selector("pre").ok().flatten()) else { return };
    let text = code.text_content().unwrap_or_default();
    wasm_bindgen_futures::spawn_local(async move {
        button.set_text_content(Some(if browser::copy(text).await { "Copied" } else { "Not copied" }));
        set_timeout(move || button.set_text_content(Some("Copy")), Duration::from_secs(2));
    });
}

/// Appends exactly one child.
fn node(parent: &Element, node: &Node) {
    match node {
        Node::Text(text) => add(parent, &document().create_text_node(text)),
        Node::Element("table", children) => {
            // A table scrolls in its own box: the panel may be 320 pixels wide.
            let table = element("table");
            all(&table, children);
            let scroller = element("div");
            set(&scroller, "class", "table");
            add(&scroller, &table);
            add(parent, &scroller);
        }
        Node::Element(name, children) => {
            let here = element(name);
            all(&here, children);
            add(parent, &here);
        }
        Node::Numbered(first, children) => {
            let list = element("ol");
            set(&list, "start", &first.to_string());
            all(&list, children);
            add(parent, &list);
        }
        Node::Cell(name, align, children) => {
            let cell = element(name);
            if !align.is_empty() {
                set(&cell, "style", &format!("text-align:{align}"));
            }
            all(&cell, children);
            add(parent, &cell);
        }
        Node::Link(address, children) => {
            let link = element("a");
            for (name, value) in [("href", address.as_str()), ("title", address), ("target", "_blank"), ("rel", "noopener noreferrer")] {
                set(&link, name, value);
            }
            all(&link, children);
            add(parent, &link);
        }
        Node::Inert(children, address) => {
            let words = element("span");
            all(&words, children);
            aside(&words, address);
            add(parent, &words);
        }
        Node::Picture(alt, address) => {
            let words = element("span");
            set(&words, "class", "picture");
            add(&words, &document().create_text_node(if alt.is_empty() { "picture" } else { alt }));
            aside(&words, address);
            add(parent, &words);
        }
        Node::Code(language, text) => add(parent, &code(language, text)),
        Node::Checkbox(done) => {
            let mark = element("span");
            set(&mark, "class", "tick");
            mark.set_text_content(Some(if *done { "☑ " } else { "☐ " }));
            add(parent, &mark);
        }
    }
}

fn code(language: &str, text: &str) -> Element {
    let block = element("div");
    set(&block, "class", "code");
    let label = element("span");
    label.set_text_content(Some(language));
    let button = element("button");
    set(&button, "type", "button");
    set(&button, "data-copy", "");
    button.set_text_content(Some("Copy"));
    let pre = element("pre");
    set(&pre, "tabindex", "0");
    pre.set_text_content(Some(text));
    for part in [&label, &button, &pre] {
        add(&block, part);
    }
    block
}

/// An address that can be read and not followed.
fn aside(parent: &Element, address: &str) {
    let shown = element("code");
    set(&shown, "class", "inert");
    shown.set_text_content(Some(address));
    add(parent, &shown);
}

fn all(parent: &Element, children: &[Node]) {
    for child in children {
        node(parent, child);
    }
}

fn element(name: &str) -> Element {
    document().create_element(name).expect("names come from the parser's fixed list")
}

fn set(element: &Element, name: &str, value: &str) {
    element.set_attribute(name, value).expect("names are constants");
}

fn add(parent: &Element, child: &web_sys::Node) {
    parent.append_child(child).expect("an element takes children");
}
