//! Pages for tests, as the collector would send them.
use super::snapshot::Snapshot;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Value, json};

/// `n parent depth {json}` per line: the fields that matter to the test; the rest is as usual.
pub const SHOP: &str = r##"
1 0 0 {"role":"main"}
2 1 1 {"role":"heading","name":"Checkout","level":1}
3 1 1 {"role":"form","name":"Address","path":"main"}
4 3 2 {"role":"textbox","name":"Name","value":"Ada","required":true,"actionable":true,"path":"main>form(Address)"}
5 3 2 {"role":"combobox","name":"Size","value":"M","options":["S","M","L | XL"],"actionable":true}
6 3 2 {"role":"checkbox","name":"I \"agree\"","checked":false,"actionable":true,"inview":false}
7 3 2 {"role":"button","name":"Buy now","disabled":true,"actionable":true,"covered":true}
8 1 1 {"role":"group"}
9 8 2 {"role":"text","text":"3 items"}
10 8 2 {"role":"graphics-symbol","name":"red circle","attrs":{"color":"red","rgb":"#ff0000"},"box":[10,20,30,30],"actionable":true}
11 8 2 {"role":"generic","attrs":{"class":"close"},"box":[0,0,9,9],"actionable":true}
12 8 2 {"role":"link","name":"Help","href":"/help","actionable":true}
"##;

pub fn page(rows: &str) -> Snapshot {
    Snapshot::read(&answer(rows)).expect("a sample has nodes")
}

/// The page's answer to `snapshot`.
pub fn answer(rows: &str) -> Value {
    let nodes: Vec<Value> = rows.lines().filter(|row| !row.trim().is_empty()).map(node).collect();
    json!({
        "doc": "d1", "url": "https://shop.example/checkout", "title": "Shop", "origin": "https://shop.example",
        "viewport": {"w": 1280, "h": 720, "x": 0, "y": 0, "sw": 1280, "sh": 720}, "focus": null, "nodes": nodes, "truncated": false, "dialog": null,
    })
}

fn node(row: &str) -> Value {
    let mut parts = row.splitn(4, ' ');
    let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok()).expect("a sample row begins with three numbers");
    let (n, p, d) = (number(), number(), number());
    let fields: Value = serde_json::from_str(parts.next().expect("and ends with fields")).expect("which are JSON");
    let mut node =
        json!({"n": n, "p": p, "d": d, "tag": "div", "path": "", "box": [0, 0, 10, 10], "inview": true, "ord": 0, "actionable": false});
    for (key, value) in fields.as_object().expect("fields are an object") {
        node[key] = value.clone();
    }
    node
}

/// A table of so many rows with one cell each.
pub fn table(rows: usize) -> String {
    let row = |at: usize| {
        let n = at * 2 + 2;
        format!("{n} 1 1 {{\"role\":\"row\"}}\n{} {n} 2 {{\"role\":\"cell\",\"text\":\"Row {at}\"}}\n", n + 1)
    };
    "1 0 0 {\"role\":\"table\",\"name\":\"Orders\"}\n".to_string() + &(0..rows).map(row).collect::<String>()
}

/// Paragraphs of which only the last ten are in view.
pub fn long(rows: usize) -> String {
    let row =
        |at: usize| format!("{} 1 1 {{\"role\":\"text\",\"text\":\"Line {at}\",\"tag\":\"p\",\"inview\":{}}}\n", at + 2, at + 10 >= rows);
    let other = |at: usize| row(at).replacen("\"text\",", if at.is_multiple_of(2) { "\"text\"," } else { "\"heading\"," }, 1);
    "1 0 0 {\"role\":\"main\"}\n".to_string() + &(0..rows).map(other).collect::<String>()
}
