//! One element as one line of text.
//!
//! ```text
//! line   := indent "[ref_" number "] " role [" " quoted] {" " mark}
//! indent := two spaces for each printed ancestor
//! quoted := the name, or the words of an element that holds only text, in double quotes; `"` and `\` are escaped by `\`
//! mark   := state | key "=" (quoted | bare) | "options: " option {" | " option}
//! state  := "disabled" "required" "readonly" "invalid" "multiple" "secret" "checked" "unchecked" "mixed" "expanded" "collapsed"
//!           "selected" "focused" "clickable" "offscreen" "covered"
//! key    := "value" "label" "placeholder" "href" "text" "id" "class" "src" and other attributes, quoted;
//!           "level" "type" "min" "max" "step" "maxlength" "pattern" "size" "color" "rgb" "box" "centre", bare
//! ```
//! Options come last; a `|` within one is escaped by `\`. `clickable` marks what can be clicked though its role does not say so.
//! `box=x,y,w,h` and `centre=x,y`, in pixels of the viewport, are given where words are not enough: drawn things, nameless elements,
//! sliders, what can be dragged. Examples:
//!
//! ```text
//! [ref_1] heading "Your cart" level=1
//! [ref_2] form "Address"
//!   [ref_3] textbox "Name" required value="Ada"
//!   [ref_4] combobox "Size" value="M" options: S | M | L
//!   [ref_5] checkbox "I agree" unchecked offscreen
//!   [ref_6] button "Buy now" disabled
//! [ref_7] text "3 items"
//! [ref_8] graphics-symbol "red circle" clickable color=red rgb=#ff0000 box=10,20,30,30 centre=25,35
//! ```
use super::{
    snapshot::Node,
    words::{self, quote},
};
use alloc::string::String;
use core::fmt::Write;

const WORDS_MAX: usize = 300;
const VALUE_MAX: usize = 300;
const OPTIONS_MAX: usize = 600;

/// What an element is, without its number and without what scrolling or focus alone changes: equal for equal elements.
#[must_use]
pub fn plain(node: &Node) -> String {
    let mut out = node.role.clone();
    if out.is_empty() {
        out.push_str("generic");
    }
    if !node.words().is_empty() {
        pair(&mut out, "", node.words(), WORDS_MAX);
    }
    for state in &node.states {
        let _ = write!(out, " {state}");
    }
    if node.actionable && !says_so(&node.role) {
        out.push_str(" clickable");
    }
    if let Some(value) = &node.value {
        pair(&mut out, "value", value, VALUE_MAX);
    }
    extras(&mut out, node);
    graphics(&mut out, node);
    options(&mut out, node);
    out
}

/// The line with its number and the marks of the moment.
#[must_use]
pub fn numbered(node: &Node, number: u32, focused: bool, indent: usize) -> String {
    let mut out = String::new();
    for _ in 0..indent.min(20) {
        out.push_str("  ");
    }
    let _ = write!(out, "[ref_{number}] ");
    let plain = plain(node);
    // Options come last, also after the marks.
    let (head, tail) = match plain.find(" options: ") {
        Some(at) if !node.options.is_empty() => plain.split_at(at),
        _ => (plain.as_str(), ""),
    };
    out.push_str(head);
    for (on, mark) in [(focused, " focused"), (!node.in_view, " offscreen"), (node.covered, " covered")] {
        if on {
            out.push_str(mark);
        }
    }
    out.push_str(tail);
    out
}

fn extras(out: &mut String, node: &Node) {
    if !node.text.is_empty() && node.text != node.words() {
        pair(out, "text", &node.text, WORDS_MAX);
    }
    if !node.label.is_empty() && node.label != node.name {
        pair(out, "label", &node.label, 100);
    }
    if !node.placeholder.is_empty() && node.placeholder != node.name {
        pair(out, "placeholder", &node.placeholder, 100);
    }
    if !node.href.is_empty() {
        pair(out, "href", &node.href, 160);
    }
    if !node.kind.is_empty() {
        let _ = write!(out, " type={}", node.kind);
    }
    if node.role == "heading" && node.level > 0 {
        let _ = write!(out, " level={}", node.level);
    }
    for (key, value) in &node.attrs {
        match key.as_str() {
            "min" | "max" | "step" | "maxlength" | "pattern" | "size" => bare(out, key, value),
            "draggable" => out.push_str(" draggable"),
            "id" | "name" | "class" | "src" | "data-testid" if node.words().is_empty() && node.label.is_empty() => {
                pair(out, key, value, 60)
            }
            _ => {}
        }
    }
}

fn graphics(out: &mut String, node: &Node) {
    let placed = node.is_graphic()
        || node.role == "slider"
        || node.attrs.contains_key("draggable")
        || (node.actionable && node.words().is_empty() && node.label.is_empty() && node.placeholder.is_empty());
    if !placed {
        return;
    }
    for key in ["color", "rgb"] {
        if let Some(value) = node.attrs.get(key) {
            bare(out, key, value);
        }
    }
    let ([x, y, w, h], [cx, cy]) = (node.frame, node.centre());
    let _ = write!(out, " box={x},{y},{w},{h} centre={cx},{cy}");
}

fn options(out: &mut String, node: &Node) {
    let mut left = OPTIONS_MAX;
    for (at, option) in node.options.iter().enumerate() {
        out.push_str(if at == 0 { " options: " } else { " | " });
        if option.len() > left {
            let _ = write!(out, "… {} more", node.options.len() - at);
            return;
        }
        left -= option.len();
        for c in option.chars() {
            if c == '|' {
                out.push('\\');
            }
            out.push(c);
        }
    }
}

fn pair(out: &mut String, key: &str, value: &str, chars_max: usize) {
    out.push(' ');
    if !key.is_empty() {
        out.push_str(key);
        out.push('=');
    }
    quote(out, &words::line(value, chars_max));
}

/// Without quotes: what a mark could be mistaken for is taken out.
fn bare(out: &mut String, key: &str, value: &str) {
    let _ = write!(out, " {key}=");
    out.extend(value.chars().filter(|c| !c.is_whitespace() && *c != '"').take(40));
}

/// Roles that tell by themselves that the element can be operated.
fn says_so(role: &str) -> bool {
    matches!(
        role,
        "button"
            | "checkbox"
            | "combobox"
            | "gridcell"
            | "link"
            | "listbox"
            | "menuitem"
            | "menuitemcheckbox"
            | "menuitemradio"
            | "option"
            | "radio"
            | "scrollbar"
            | "searchbox"
            | "slider"
            | "spinbutton"
            | "switch"
            | "tab"
            | "textbox"
            | "treeitem"
            | "graphics-symbol"
    )
}
