//! The tools as the model is told of them. Names and inputs follow agent.md 3; `input.rs` reads the calls.
mod actors;
mod works;

use crate::model::ToolSpec;
use alloc::{string::String, vec::Vec};
use serde_json::{Map, Value, json};

/// The one that does not: it runs in a sandbox.
pub const RUN_JAVASCRIPT: &str = "run_javascript";

/// Every tool that drives the browser, in the order a model is told of them.
#[must_use]
pub fn specs() -> Vec<ToolSpec> {
    let target = || fields(&[("ref", reference()), ("coordinate", point())]);
    let click = || fields(&[("ref", reference()), ("coordinate", point()), ("modifiers", text("Held meanwhile, such as \"ctrl+shift\""))]);
    [
        tool(
            "read_page",
            "The page as lines of text, one element each, with refs to act on. Without a filter: what a person would read or use. \
             After an action you are told what changed, so read again only when you need more.",
            fields(&[
                ("filter", json!({"type": "string", "enum": ["interactive", "all"], "description": "interactive: only what can be operated; all: every node, up to 50,000 characters"})),
                ("ref", text("Only this element and what is in it")),
                ("depth", integer("Levels below the top", 1, 100)),
            ]),
            &[],
        ),
        tool("find", "Searches the whole page by words and roles; up to 20 matches with refs.", fields(&[("query", text("What to look for, such as \"search button\""))]), &["query"]),
        tool("get_page_text", "The visible text of the page, the main article first.", fields(&[]), &[]),
        tool("left_click", "Clicks an element, or a place in the viewport.", click(), &[]),
        tool("form_input", "Sets a field and reads it back: text, date, select (by the option's text), checkbox or radio (true or false), range.",
            fields(&[("ref", reference()), ("value", json!({"type": ["string", "number", "boolean"], "description": "The new value, replacing the old one"}))]), &["ref", "value"]),
        tool("type", "Types text at the caret of the given or focused field.", fields(&[("text", text("The text")), ("ref", reference())]), &["text"]),
        tool("key", "Presses keys: chords with +, several separated by spaces, such as \"ctrl+a Delete\" or \"Enter\".",
            fields(&[("text", text("The keys")), ("repeat", integer("Times", 1, 100))]), &["text"]),
        tool("scroll", "Scrolls at an element, a place, or the page.",
            fields(&[
                ("ref", reference()),
                ("coordinate", point()),
                ("scroll_direction", json!({"type": "string", "enum": ["up", "down", "left", "right"]})),
                ("scroll_amount", integer("Notches of 100 pixels; 3 when absent", 1, 10)),
            ]), &["scroll_direction"]),
        tool("scroll_to", "Brings an element into view.", fields(&[("ref", reference())]), &["ref"]),
        tool("hover", "Moves the pointer over an element or place.", target(), &[]),
        tool("left_click_drag", "Drags from one element or place to another.",
            fields(&[("from", end("Where to press")), ("target", end("Where to release"))]), &["from", "target"]),
        tool("double_click", "Double-clicks an element or place.", click(), &[]),
        tool("triple_click", "Triple-clicks an element or place, which selects a line.", click(), &[]),
        tool("right_click", "Clicks with the right button.", click(), &[]),
        tool("select_text", "Selects the text of an element, or a part of it by character positions.",
            fields(&[("ref", reference()), ("start", integer("First character", 0, 1_000_000)), ("end", integer("After the last character", 0, 1_000_000))]), &["ref"]),
        tool("navigate", "Loads an address in the tab, or goes \"back\", \"forward\" or \"reload\".", fields(&[("url", text("http or https; https is assumed"))]), &["url"]),
        tool("screenshot", "A picture of the visible page.", fields(&[]), &[]),
        tool("wait_for", "Waits until a text is there, is gone, or an element is in view; or just a while.",
            fields(&[
                ("text", text("Wait until the page shows this")),
                ("gone", text("Wait until the page no longer shows this")),
                ("ref", reference()),
                ("ms", integer("At most this long; 5,000 when absent", 1, 30_000)),
            ]), &[]),
        tool(
            RUN_JAVASCRIPT,
            "Runs JavaScript of yours in a sandbox of its own: no page, no files, nothing of an earlier run. The code is the body of an async \
             function: what it returns is the result, console.log says something on the way. It reaches no network, except the origins \
             that you name, by fetch (GET, without cookies).",
            fields_alone(&[
                ("code", text("The body of an async function")),
                ("origins", json!({"type": "array", "items": {"type": "string"}, "maxItems": 8, "description": "Origins that it fetches from, such as \"https://example.com\""})),
                ("time_s", integer("Killed after so many seconds; 30 when absent", 1, 60)),
            ]), &["code"]),
        tool(
            RUN_COMMAND,
            "Runs a command line in a Linux machine of your own inside this browser. It is slow (a small 32-bit machine, emulated). It reaches no \
             network, except the origins that you name: by curl, wget, git clone and the like (GET and HEAD, without cookies or passwords); what is in its home folder stays until the machine is ended. It has bash, coreutils, git, awk and python3, or busybox alone \
             where peerd was built without them. All that a command began ends with it.",
            fields_alone(&[
                ("command", text("For the shell")),
                ("folder", text("Where it runs; the home folder when absent")),
                ("origins", json!({"type": "array", "items": {"type": "string"}, "maxItems": 8, "description": "Origins that its programs may reach, such as \"https://example.com\""})),
                ("stdin", text("What it reads from its standard input")),
                ("time_s", integer("Killed after so many seconds; 30 when absent", 1, 60)),
            ]), &["command"]),
        tool(WRITE_FILE, "Writes a text file in the Linux machine, whole or not at all.",
            fields_alone(&[("path", text("From the home folder, or absolute")), ("content", text("All of it"))]), &["path", "content"]),
        tool(READ_FILE, "Reads a text file of the Linux machine.", fields_alone(&[("path", text("From the home folder, or absolute"))]), &["path"]),
        actors::create(),
        actors::start(),
        actors::call(),
        actors::send(),
        actors::list(),
        actors::inspect(),
        actors::test(),
        actors::upgrade(),
        actors::stop(),
        actors::share(),
        actors::delete(),
        works::notebook_run(),
        works::notebook_edit(),
        works::notebook_read(),
        works::notebook_file(),
        works::app_write(),
        works::app_preview(),
        works::app_read(),
        works::app_keep(),
        tool("list_tabs", "The tabs you may see.", fields_alone(&[]), &[]),
        tool("new_tab", "Opens a tab, which becomes the one you act on.", fields_alone(&[("url", text("What to load"))]), &[]),
        tool("switch_tab", "Acts on another tab from now on.", fields(&[]), &["tab_id"]),
        tool("close_tab", "Closes a tab.", fields(&[]), &["tab_id"]),
    ]
    .into()
}

/// Tools of the Linux machine.
pub const RUN_COMMAND: &str = "run_command";
pub const WRITE_FILE: &str = "write_file";
pub const READ_FILE: &str = "read_file";

#[must_use]
pub fn is_of_linux(name: &str) -> bool {
    matches!(name, RUN_COMMAND | WRITE_FILE | READ_FILE)
}

/// Tools for actors of the agent's own making.
pub use actors::{
    CALL_ACTOR, CREATE_ACTOR_CLASS, DELETE_ACTOR_CLASS, INSPECT_ACTOR, LIST_ACTORS, SEND_TO_ACTOR, SHARE_ACTOR, START_ACTOR, STOP_ACTOR,
    TEST_ACTOR_CLASS, UPGRADE_ACTOR_CLASS, is_of_actors,
};
/// Tools of notebooks and apps.
pub use works::{
    APP_KEEP, APP_PREVIEW, APP_READ, APP_WRITE, NOTEBOOK_EDIT, NOTEBOOK_FILE, NOTEBOOK_READ, NOTEBOOK_RUN, is_of_works, makes_work,
    work_kind,
};

/// Tools of the tab inventory: the browser actor's, not a tab's.
#[must_use]
pub fn is_tab_tool(name: &str) -> bool {
    matches!(name, "list_tabs" | "new_tab" | "switch_tab" | "close_tab")
}

/// Tools that only look, or compute: what code fetches is looked at. Those of notebooks and apps are ours at both ends: one that is asked again
/// is known by its effect, or does the same again.
#[must_use]
pub fn is_read(name: &str) -> bool {
    matches!(
        name,
        "read_page"
            | "find"
            | "get_page_text"
            | "screenshot"
            | "wait_for"
            | "list_tabs"
            | RUN_JAVASCRIPT
            | READ_FILE
            | LIST_ACTORS
            | INSPECT_ACTOR
            | TEST_ACTOR_CLASS
    ) || is_of_works(name)
}

fn tool(name: &str, description: &str, properties: Map<String, Value>, required: &[&str]) -> ToolSpec {
    let schema = json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    ToolSpec { name: name.into(), description: description.into(), schema }
}

/// Of a tab's tool: `tab_id` is always understood.
fn fields(of: &[(&str, Value)]) -> Map<String, Value> {
    let mut fields = fields_alone(of);
    fields.insert("tab_id".into(), json!({"type": "integer", "description": "The tab; absent: the one you act on"}));
    fields
}

fn fields_alone(of: &[(&str, Value)]) -> Map<String, Value> {
    of.iter().map(|(name, schema)| ((*name).into(), schema.clone())).collect()
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn integer(description: &str, min: u32, max: u32) -> Value {
    json!({"type": "integer", "minimum": min, "maximum": max, "description": description})
}

fn reference() -> Value {
    text("An element as last shown, such as \"ref_12\"")
}

fn point() -> Value {
    json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2, "description": "Instead of ref: [x, y] in pixels of the viewport"})
}

/// Of a drag: a ref or a place.
fn end(description: &str) -> Value {
    json!({
        "description": description,
        "anyOf": [{"type": "string", "description": "A ref"}, {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_name_of_its_own_and_requires_only_what_it_has() {
        let specs = specs();
        for (at, spec) in specs.iter().enumerate() {
            assert!(specs[..at].iter().all(|other| other.name != spec.name), "{}", spec.name);
            for field in spec.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert!(spec.schema["properties"].get(field).is_some(), "{}: {field}", spec.name);
            }
        }
    }
}
