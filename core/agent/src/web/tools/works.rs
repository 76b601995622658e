//! Tools of notebooks and apps, as the model is told of them.
use super::{fields_alone, integer, text, tool};
use crate::{model::ToolSpec, view::WorkKind};
use serde_json::json;

pub const NOTEBOOK_RUN: &str = "notebook_run";
pub const NOTEBOOK_EDIT: &str = "notebook_edit";
pub const NOTEBOOK_READ: &str = "notebook_read";
pub const NOTEBOOK_FILE: &str = "notebook_file";
pub const APP_WRITE: &str = "app_write";
pub const APP_PREVIEW: &str = "app_preview";
pub const APP_READ: &str = "app_read";
pub const APP_KEEP: &str = "app_keep";

#[must_use]
pub fn is_of_works(name: &str) -> bool {
    matches!(name, NOTEBOOK_RUN | NOTEBOOK_EDIT | NOTEBOOK_READ | NOTEBOOK_FILE) || work_kind(name) == WorkKind::App
}

/// Of which kind a tool of these is.
#[must_use]
pub fn work_kind(name: &str) -> WorkKind {
    if matches!(name, APP_WRITE | APP_PREVIEW | APP_READ | APP_KEEP) { WorkKind::App } else { WorkKind::Notebook }
}

/// Tools that make the notebook or app that they name, where there is none.
#[must_use]
pub fn makes_work(name: &str) -> bool {
    matches!(name, NOTEBOOK_RUN | NOTEBOOK_EDIT | NOTEBOOK_FILE | APP_WRITE)
}

pub(super) fn notebook_run() -> ToolSpec {
    tool(
        NOTEBOOK_RUN,
        "Runs a cell of JavaScript in a notebook, which its owner sees. Cells share variables (declared with const, let, function or class at their \
             top, or assigned), a kernel of their own, and files. The value of a cell's last expression is its result; await works. Given are console, \
             display(value), table(rows), chart({type: 'line' | 'bar' | 'scatter' | 'pie' | 'area', x: [..], series: [{name, y: [..]}], title}), \
             image(bytes or base64, mime), files (await files.read(path), readText, readJson, write(path, text or bytes), list(), remove(path)), \
             and fetch for the origins that you name. A cell that does not end is killed, and with it the variables.",
        fields_alone(&[
            ("notebook", text("Its name; a new name makes a new notebook")),
            ("code", text("Of a new cell at the end; or, with `cell`, instead of what that one has")),
            ("cell", text("Runs this cell again, such as \"c3\"")),
            (
                "origins",
                json!({"type": "array", "items": {"type": "string"}, "maxItems": 8, "description": "Origins that it fetches from, such as \"https://example.com\""}),
            ),
            ("time_s", integer("Killed after so many seconds; 30 when absent", 1, 60)),
        ]),
        &["notebook"],
    )
}

pub(super) fn notebook_edit() -> ToolSpec {
    tool(
        NOTEBOOK_EDIT,
        "Adds, changes or removes a cell of a notebook, without running it.",
        fields_alone(&[
            ("notebook", text("Its name; a new name makes a new notebook")),
            ("cell", text("The cell to change; absent: a new one")),
            ("after", text("A new cell comes after this one; absent: at the end")),
            ("kind", json!({"type": "string", "enum": ["code", "markdown"]})),
            ("source", text("All of the cell")),
            ("remove", json!({"type": "boolean", "description": "Takes `cell` away"})),
        ]),
        &["notebook"],
    )
}

pub(super) fn notebook_read() -> ToolSpec {
    tool(
        NOTEBOOK_READ,
        "Reads a notebook: its cells, outputs and files in short, or one cell whole. Without a name: which notebooks there are.",
        fields_alone(&[("notebook", text("Its name")), ("cell", text("Only this one, whole"))]),
        &[],
    )
}

pub(super) fn notebook_file() -> ToolSpec {
    tool(
        NOTEBOOK_FILE,
        "Attaches a text file to a notebook, reads it or takes it away. Its cells have the same files.",
        fields_alone(&[
            ("notebook", text("Its name; a new name makes a new notebook")),
            ("path", text("Such as data/sales.csv")),
            ("content", text("All of it; absent: it is read")),
            ("remove", json!({"type": "boolean"})),
        ]),
        &["notebook", "path"],
    )
}

pub(super) fn app_write() -> ToolSpec {
    tool(
        APP_WRITE,
        "Writes a file of a small app for the browser: index.html, and styles and scripts that it names by relative paths. It runs in a frame that has no \
             other origin's data and no addresses of its own; its fetch finds its files, and reads from origins that its owner allows it (GET). localStorage keeps what it is given, 1 MiB; await peerd.storage.get(key), \
             set(key, value), delete(key) and keys() do the same. Write the files, try it by app_preview, mend its errors, then save it by app_keep.",
        fields_alone(&[
            ("app", text("Its name; a new name makes a new app")),
            ("path", text("Such as index.html or js/main.js")),
            ("content", text("All of it")),
            ("remove", json!({"type": "boolean", "description": "Takes the file away"})),
        ]),
        &["app", "path"],
    )
}

pub(super) fn app_preview() -> ToolSpec {
    tool(
        APP_PREVIEW,
        "Runs an app where nobody sees it: tells what its page says and what its console says, errors with file, line and column.",
        fields_alone(&[
            ("app", text("Its name")),
            (
                "origins",
                json!({"type": "array", "items": {"type": "string"}, "maxItems": 8, "description": "Origins that its fetch may read from, such as \"https://example.com\"; those that its owner has allowed it are there anyway"}),
            ),
            ("script", text("JavaScript that is run in its page then, such as a click; what it returns is told")),
            ("wait_ms", integer("How long it runs first; 600 when absent", 0, 10_000)),
        ]),
        &["app"],
    )
}

pub(super) fn app_read() -> ToolSpec {
    tool(
        APP_READ,
        "Reads a file of an app, or lists its files. Without a name: which apps there are.",
        fields_alone(&[("app", text("Its name")), ("path", text("Only this file"))]),
        &[],
    )
}

pub(super) fn app_keep() -> ToolSpec {
    tool(
        APP_KEEP,
        "Saves an app in its owner's library, renames it, or makes it one HTML file that runs anywhere.",
        fields_alone(&[
            ("app", text("Its name")),
            ("action", json!({"type": "string", "enum": ["save", "rename", "export"]})),
            ("name", text("Its new name")),
        ]),
        &["app", "action"],
    )
}
