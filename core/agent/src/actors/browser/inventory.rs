//! The tab inventory in words: its tools as a model calls them, its lines as a model reads them.
use super::driven::Driving;
use crate::{
    address,
    view::TabId,
    web::{fence, words},
};
use alloc::{format, string::String};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Of a page's title.
const TITLE_MAX: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Tool {
    List,
    New { url: String },
    Switch { tab: TabId },
    Close { tab: TabId },
}

impl Tool {
    pub(super) fn read(tool: &str, input: &Value, active: Option<TabId>) -> Result<Tool, String> {
        let tab = || number(&input["tab_id"]).ok_or_else(|| format!("{tool} needs a tab_id, a number from list_tabs"));
        match tool {
            "list_tabs" => Ok(Tool::List),
            "new_tab" => Ok(Tool::New {
                url: match input["url"].as_str() {
                    None | Some("" | "about:blank") => "about:blank".into(),
                    Some(url) => address::complete(url)?,
                },
            }),
            "switch_tab" => tab().map(|tab| Tool::Switch { tab }),
            "close_tab" => active.filter(|_| input["tab_id"].is_null()).map_or_else(tab, Ok).map(|tab| Tool::Close { tab }),
            _ => Err("there is no tab to act on yet: open one with new_tab, or choose one with switch_tab".into()),
        }
    }

    pub(super) fn words(&self) -> String {
        match self {
            Tool::List => "list the tabs".into(),
            Tool::New { url } => format!("open a tab: {}", words::line(url, 200)),
            Tool::Switch { tab } => format!("switch to tab {tab}"),
            Tool::Close { tab } => format!("close tab {tab}"),
        }
    }
}

/// One line of the inventory.
pub(super) fn row(tab: &Value, known: &Driving) -> String {
    let id = tab["tab"].as_i64().unwrap_or_default();
    let url = tab["url"].as_str().unwrap_or_default();
    let origin = address::origin(url).unwrap_or_else(|| "no web page".into());
    if !known.tabs.contains(&id) {
        return format!("tab {id}: {origin} (not yours)\n");
    }
    let mark = if known.active == Some(id) { " (the one you act on)" } else { "" };
    let title = words::line(tab["title"].as_str().unwrap_or_default(), TITLE_MAX);
    let url = words::line(url, words::WORDS_MAX);
    format!("tab {id}{mark}: {url}\n{}\n", fence(&origin, &title))
}

/// Models write numbers as numbers and as text.
fn number(value: &Value) -> Option<TabId> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tab_of_the_owners_is_known_by_number_and_origin_only() {
        let tab = json!({"tab": 7, "url": "https://bank.example/account/99?token=x", "title": "Balance: 12"});
        assert_eq!(row(&tab, &Driving::default()), "tab 7: https://bank.example (not yours)\n");
        let known = Driving { tabs: [7].into(), active: Some(7), ..Driving::default() };
        let shown = row(&tab, &known);
        assert!(shown.starts_with("tab 7 (the one you act on): https://bank.example/account/99?token=x\n<page origin="), "{shown}");
    }

    #[test]
    fn a_tools_input_is_read_leniently_but_never_guessed() {
        assert_eq!(Tool::read("switch_tab", &json!({"tab_id": "12"}), None), Ok(Tool::Switch { tab: 12 }));
        assert_eq!(Tool::read("close_tab", &json!({}), Some(4)), Ok(Tool::Close { tab: 4 }));
        assert_eq!(Tool::read("new_tab", &json!({}), None), Ok(Tool::New { url: "about:blank".into() }));
        assert_eq!(Tool::read("new_tab", &json!({"url": "shop.example"}), None), Ok(Tool::New { url: "https://shop.example".into() }));
        assert!(Tool::read("new_tab", &json!({"url": "javascript:alert(1)"}), None).is_err());
        assert!(Tool::read("switch_tab", &json!({}), Some(4)).is_err());
        assert!(Tool::read("close_tab", &json!({"tab_id": "the shop"}), Some(4)).is_err());
    }
}
