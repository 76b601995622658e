//! How an action is told: in the present for a card and a recipe, in the past for a report.
use crate::web::Fingerprint;
use alloc::{format, string::String};

/// Tool, what it does, what it did. The value is told where `{v}` stands, the target at `{t}`.
pub(crate) const DOING: [(&str, &str, &str); 47] = [
    ("left_click", "click {t}", "clicked {t}"),
    ("double_click", "double-click {t}", "double-clicked {t}"),
    ("triple_click", "triple-click {t}", "triple-clicked {t}"),
    ("right_click", "right-click {t}", "right-clicked {t}"),
    ("middle_click", "middle-click {t}", "middle-clicked {t}"),
    ("left_click_drag", "drag {t}", "dragged {t}"),
    ("form_input", "set {t} to {v}", "set {t} to {v}"),
    ("type", "type {v} into {t}", "typed {v} into {t}"),
    ("key", "press {v}", "pressed {v}"),
    ("hover", "hover over {t}", "hovered over {t}"),
    ("scroll", "scroll {v}", "scrolled {v}"),
    ("scroll_to", "scroll to {t}", "scrolled to {t}"),
    ("select_text", "select text in {t}", "selected text in {t}"),
    ("navigate", "go to {v}", "went to {v}"),
    ("new_tab", "open a tab {v}", "opened a tab {v}"),
    ("switch_tab", "switch to tab {v}", "switched to tab {v}"),
    ("close_tab", "close tab {v}", "closed tab {v}"),
    ("read_page", "read the page", "read the page"),
    ("get_page_text", "read the page's text", "read the page's text"),
    ("find", "find {v}", "looked for {v}"),
    ("screenshot", "take a screenshot", "took a screenshot"),
    ("run_javascript", "run JavaScript", "ran JavaScript"),
    ("run_command", "run {v}", "ran {v}"),
    ("write_file", "write {v}", "wrote {v}"),
    ("read_file", "read {v}", "read {v}"),
    ("create_actor_class", "make the actor class {v}", "made the actor class {v}"),
    ("start_actor", "start the actor {v}", "started the actor {v}"),
    ("call_actor", "call the actor {v}", "called the actor {v}"),
    ("send_to_actor", "send to the actor {v}", "sent to the actor {v}"),
    ("list_actors", "list the actors", "listed the actors"),
    ("inspect_actor", "look at the actor {v}", "looked at the actor {v}"),
    ("test_actor_class", "test the actor class {v}", "tested the actor class {v}"),
    ("upgrade_actor_class", "upgrade the actor class {v}", "upgraded the actor class {v}"),
    ("stop_actor", "stop the actor {v}", "stopped the actor {v}"),
    ("delete_actor_class", "delete the actor class {v}", "deleted the actor class {v}"),
    ("share_actor", "share the actor {v}", "shared the actor {v}"),
    ("notebook_run", "run a cell of {v}", "ran a cell of {v}"),
    ("notebook_edit", "edit {v}", "edited {v}"),
    ("notebook_read", "read {v}", "read {v}"),
    ("notebook_file", "file {v}", "file {v}"),
    ("app_write", "write {v}", "wrote {v}"),
    ("app_preview", "try {v}", "tried {v}"),
    ("app_read", "read {v}", "read {v}"),
    ("app_keep", "keep {v}", "kept {v}"),
    ("list_tabs", "list the tabs", "listed the tabs"),
    ("wait_for", "wait for {v}", "waited for {v}"),
    ("wait", "wait {v}", "waited {v}"),
];

/// One of the two phrases with its places filled.
pub(crate) fn phrase(template: &str, target: &str, value: &str) -> String {
    let target = if target.is_empty() { "the page" } else { target };
    // Piece by piece: what is filled in is somebody else's text and may itself hold a brace.
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        out.push_str(if rest[at..].starts_with("{t}") { target } else { value });
        rest = &rest[at + "{t}".len()..];
    }
    out.push_str(rest);
    out.trim_end().into()
}

/// `"Buy now" (button)`.
pub(super) fn target_name(target: Option<&Fingerprint>) -> String {
    let Some(target) = target else {
        return String::new();
    };
    let name = if target.name.is_empty() { &target.label } else { &target.name };
    let role = if target.role.is_empty() { &target.tag } else { &target.role };
    if name.is_empty() { format!("the {role}") } else { format!("\"{name}\" ({role})") }
}

/// `Click "Buy now" (button)`: a step's intent.
pub(super) fn intent(tool: &str, target: Option<&Fingerprint>, value: &str) -> String {
    let template = DOING.iter().find(|(name, ..)| *name == tool).map_or(tool, |(_, present, _)| *present);
    let sentence = phrase(template, &target_name(target), value);
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_as_a_sentence() {
        let button = Fingerprint { role: "button".into(), name: "Buy {v} now".into(), ..Fingerprint::default() };
        assert_eq!(intent("left_click", Some(&button), ""), "Click \"Buy {v} now\" (button)");
        let field = Fingerprint { role: "textbox".into(), label: "City".into(), ..Fingerprint::default() };
        assert_eq!(intent("form_input", Some(&field), "{city}"), "Set \"City\" (textbox) to {city}");
        assert_eq!(intent("key", None, "Enter"), "Press Enter");
    }
}
