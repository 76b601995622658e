//! A tool call's input, read with errors that tell a model what to write instead.
use super::{
    budget::{CHARS, CHARS_MAX, Filter},
    fingerprint::Fingerprint,
    refs,
    resolve::Target,
    tools,
};
use crate::address;
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What one call wants of a tab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Call {
    Read { filter: Filter, within: Option<u32>, depth: Option<u32>, chars: usize },
    Find { query: String },
    Text,
    Screenshot,
    Wait { until: Until, ms: u64 },
    Navigate(Go),
    Act(Box<Act>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Until {
    Text(String),
    Gone(String),
    Ref(u32),
    Time,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Go {
    To(String),
    Back,
    Forward,
    Reload,
}

/// Something done to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    pub tool: String,
    pub target: Option<Target>,
    /// Where a drag ends.
    pub to: Option<Target>,
    pub deed: Deed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Deed {
    Click {
        button: Button,
        count: u32,
        modifiers: Vec<String>,
    },
    Set(Setting),
    Type(String),
    Key {
        keys: String,
        repeat: u32,
    },
    /// In pixels.
    Scroll {
        dx: i32,
        dy: i32,
    },
    ScrollTo,
    Hover,
    Drag,
    SelectText {
        start: Option<u32>,
        end: Option<u32>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Button {
    Left,
    Right,
}

/// What a field is set to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Setting {
    Text(String),
    Number(f64),
    On(bool),
}

/// Limit: of what a model may type at once.
const TEXT_MAX: usize = 100_000;
const NOTCH: i32 = 100;

impl Call {
    /// # Errors
    /// What is wrong with the input, in words for the model.
    pub fn read(tool: &str, input: &Value) -> Result<Call, String> {
        let field = |name: &str| text(input, name);
        let click = |button, count| {
            let modifiers = input["modifiers"].as_str().unwrap_or_default().split(['+', ' ', ',']);
            let modifiers = modifiers.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
            act(tool, Some(needed(target(input)?, tool)?), Deed::Click { button, count, modifiers })
        };
        match tool {
            "read_page" => {
                let filter = match input["filter"].as_str() {
                    None | Some("") => Filter::Useful,
                    Some("interactive") => Filter::Interactive,
                    Some("all") => Filter::All,
                    Some(other) => return Err(format!("filter is \"interactive\" or \"all\", not {other:?}")),
                };
                let within = written_ref(&input["ref"])?;
                let chars = if filter == Filter::All || within.is_some() { CHARS_MAX } else { CHARS };
                Ok(Call::Read { filter, within, depth: number(input, "depth", 1, 100)?, chars })
            }
            "find" => Ok(Call::Find { query: field("query")? }),
            "get_page_text" => Ok(Call::Text),
            "screenshot" => Ok(Call::Screenshot),
            "wait_for" => wait(input),
            "navigate" => Ok(Call::Navigate(match field("url")?.trim() {
                "back" => Go::Back,
                "forward" => Go::Forward,
                "reload" => Go::Reload,
                url => Go::To(address::complete(url)?),
            })),
            "left_click" => click(Button::Left, 1),
            "double_click" => click(Button::Left, 2),
            "triple_click" => click(Button::Left, 3),
            "right_click" => click(Button::Right, 1),
            "form_input" => act(tool, Some(needed(target(input)?, tool)?), Deed::Set(setting(&input["value"])?)),
            "type" => act(tool, target(input)?, Deed::Type(field("text")?)),
            "key" => {
                let repeat = number(input, "repeat", 1, 100)?.unwrap_or(1);
                act(tool, target(input)?, Deed::Key { keys: field("text")?, repeat })
            }
            "scroll" => scroll(tool, input),
            "scroll_to" => act(tool, Some(needed(target(input)?, tool)?), Deed::ScrollTo),
            "hover" => act(tool, Some(needed(target(input)?, tool)?), Deed::Hover),
            "left_click_drag" => {
                let (from, to) = (end(&input["from"], "from")?, end(&input["target"], "target")?);
                Ok(Call::Act(Box::new(Act { tool: tool.into(), target: Some(from), to: Some(to), deed: Deed::Drag })))
            }
            "select_text" => {
                let (start, end) = (number(input, "start", 0, u32::MAX)?, number(input, "end", 0, u32::MAX)?);
                act(tool, Some(needed(target(input)?, tool)?), Deed::SelectText { start, end })
            }
            _ => Err(format!("there is no tool {tool:?}; there are {}", names())),
        }
    }
}

fn act(tool: &str, target: Option<Target>, deed: Deed) -> Result<Call, String> {
    Ok(Call::Act(Box::new(Act { tool: tool.into(), target, to: None, deed })))
}

fn scroll(tool: &str, input: &Value) -> Result<Call, String> {
    let by = i32::try_from(number(input, "scroll_amount", 1, 10)?.unwrap_or(3)).unwrap_or(3) * NOTCH;
    let (dx, dy) = match input["scroll_direction"].as_str() {
        Some("up") => (0, -by),
        Some("down") => (0, by),
        Some("left") => (-by, 0),
        Some("right") => (by, 0),
        _ => return Err("scroll_direction is up, down, left or right".into()),
    };
    act(tool, target(input)?, Deed::Scroll { dx, dy })
}

fn wait(input: &Value) -> Result<Call, String> {
    let ms = number(input, "ms", 1, 30_000)?;
    let until = match (input["text"].as_str(), input["gone"].as_str(), written_ref(&input["ref"])?) {
        (Some(text), None, None) if !text.is_empty() => Until::Text(text.into()),
        (None, Some(gone), None) if !gone.is_empty() => Until::Gone(gone.into()),
        (None, None, Some(number)) => Until::Ref(number),
        (None, None, None) if ms.is_some() => Until::Time,
        _ => return Err("give one of text, gone or ref to wait for, or only ms".into()),
    };
    Ok(Call::Wait { until, ms: ms.unwrap_or(5_000).into() })
}

fn target(input: &Value) -> Result<Option<Target>, String> {
    if !input["fingerprint"].is_null() {
        return print(&input["fingerprint"]).map(Some);
    }
    if let Some(number) = written_ref(&input["ref"])? {
        return Ok(Some(Target::Ref(number)));
    }
    match &input["coordinate"] {
        Value::Null => Ok(None),
        place => point(place).map(Some),
    }
}

fn needed(target: Option<Target>, tool: &str) -> Result<Target, String> {
    target.ok_or_else(|| format!("{tool} needs a ref such as \"ref_12\", as read_page or find shows them"))
}

/// An end of a drag: a ref, a place, or what a target may be written as.
fn end(value: &Value, name: &str) -> Result<Target, String> {
    let target = match value {
        Value::Array(_) => point(value).map(Some),
        Value::Object(_) => target(value),
        other => written_ref(other).map(|number| number.map(Target::Ref)),
    };
    target.and_then(|target| target.ok_or_else(|| "missing".to_string())).map_err(|why| format!("{name} is a ref or [x, y]: {why}"))
}

fn print(value: &Value) -> Result<Target, String> {
    let print: Fingerprint = serde_json::from_value(value.clone()).map_err(|error| format!("fingerprint: {error}"))?;
    if print.role.is_empty() { Err("fingerprint: it has no role".into()) } else { Ok(Target::Print(print)) }
}

fn written_ref(value: &Value) -> Result<Option<u32>, String> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::String(written) if written.is_empty() => return Ok(None),
        Value::String(written) => refs::parse(written),
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        _ => None,
    };
    number.map(Some).ok_or_else(|| format!("ref is written \"ref_12\", not {}", short(value)))
}

fn point(value: &Value) -> Result<Target, String> {
    let wrong = || format!("a coordinate is [x, y] in pixels, not {}", short(value));
    let sides = value.as_array().filter(|sides| sides.len() == 2).ok_or_else(wrong)?;
    let side = |at: usize| sides[at].as_f64().filter(|v| (-100_000.0..=100_000.0).contains(v)).map(|v| v as i32).ok_or_else(wrong);
    Ok(Target::Point([side(0)?, side(1)?]))
}

fn setting(value: &Value) -> Result<Setting, String> {
    match value {
        Value::String(text) if text.len() <= TEXT_MAX => Ok(Setting::Text(text.clone())),
        Value::Number(number) => Ok(Setting::Number(number.as_f64().unwrap_or(0.0))),
        Value::Bool(on) => Ok(Setting::On(*on)),
        _ => Err(format!("value is a text of at most {TEXT_MAX} bytes, a number, or true or false")),
    }
}

fn text(input: &Value, name: &str) -> Result<String, String> {
    match input[name].as_str() {
        Some("") => Err(format!("{name} is empty")),
        Some(text) if text.len() > TEXT_MAX => Err(format!("{name} is longer than {TEXT_MAX} bytes")),
        Some(text) => Ok(text.into()),
        None => Err(format!("{name} is missing: a text")),
    }
}

fn number(input: &Value, name: &str, min: u32, max: u32) -> Result<Option<u32>, String> {
    let wrong = || format!("{name} is a whole number from {min} to {max}, not {}", short(&input[name]));
    let number = match &input[name] {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().filter(|v| *v >= 0.0).map(|v| v as u64)),
        Value::String(written) => written.parse().ok(),
        _ => None,
    };
    let number = number.and_then(|number| u32::try_from(number).ok()).filter(|number| (min..=max).contains(number));
    number.map(Some).ok_or_else(wrong)
}

fn short(value: &Value) -> String {
    super::words::line(&value.to_string(), 60)
}

fn names() -> String {
    tools::specs().into_iter().map(|spec| spec.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn why(tool: &str, input: Value) -> String {
        Call::read(tool, &input).expect_err("it is wrong")
    }

    #[test]
    fn every_tool_of_a_tab_is_understood() {
        let all = json!({"ref": "ref_1", "query": "q", "text": "t", "value": 1, "scroll_direction": "up", "from": "ref_1", "target": [1, 2.5], "url": "a.example"});
        let is_elsewhere =
            |name: &str| name == tools::RUN_JAVASCRIPT || tools::is_of_linux(name) || tools::is_of_actors(name) || tools::is_of_works(name);
        for spec in tools::specs().into_iter().filter(|spec| !is_elsewhere(&spec.name)) {
            assert!(Call::read(&spec.name, &all).is_ok() != tools::is_tab_tool(&spec.name) || spec.name == "wait_for", "{}", spec.name);
        }
    }

    #[test]
    fn a_wrong_input_says_what_to_write() {
        assert_eq!(why("left_click", json!({})), "left_click needs a ref such as \"ref_12\", as read_page or find shows them");
        assert_eq!(why("left_click", json!({"ref": "the button"})), "ref is written \"ref_12\", not \"the button\"");
        assert_eq!(why("left_click", json!({"coordinate": [1]})), "a coordinate is [x, y] in pixels, not [1]");
        assert_eq!(why("form_input", json!({"ref": 3})), "value is a text of at most 100000 bytes, a number, or true or false");
        assert_eq!(why("key", json!({"text": "Enter", "repeat": 0})), "repeat is a whole number from 1 to 100, not 0");
        assert_eq!(why("wait_for", json!({"text": "a", "gone": "b"})), "give one of text, gone or ref to wait for, or only ms");
        assert_eq!(
            why("navigate", json!({"url": "javascript:alert(1)"})),
            "\"javascript:alert(1)\" is not an address that can be opened: plain http and https only"
        );
        assert!(why("fly", json!({})).starts_with("there is no tool \"fly\"; there are read_page, "));
    }

    #[test]
    fn a_target_has_three_ways_to_be_written() {
        let target = |input| match Call::read("hover", &input) {
            Ok(Call::Act(act)) => act.target,
            other => panic!("{other:?}"),
        };
        assert_eq!(target(json!({"ref": "[ref_7]"})), Some(Target::Ref(7)));
        assert_eq!(target(json!({"coordinate": [3.6, -1]})), Some(Target::Point([3, -1])));
        let print = Fingerprint { role: "button".into(), name: "Buy".into(), ..Fingerprint::default() };
        assert_eq!(target(json!({"fingerprint": {"role": "button", "name": "Buy"}})), Some(Target::Print(print)));
    }
}
