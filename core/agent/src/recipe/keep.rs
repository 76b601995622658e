//! From what was done to a recipe: tidied, values turned into slots, ids into patterns, grants worked out and frozen.
use super::{Carried, Expect, Recipe, START, Slot, SlotKind, Step, StepValue, format::TOOLS, generalise, words};
use crate::{
    address::{self, Address, path_of},
    outcome::StepTaken,
    web::Fingerprint,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// Keeps an agent's verified actions.
///
/// # Errors
/// Why they can't be a recipe, in words for the owner.
pub fn of_run(name: &str, taken: &[StepTaken]) -> Result<Recipe, String> {
    // Scrolling by hand is not needed to act: replay brings its targets into view.
    let steps = taken.iter().filter(|step| step.tool != "scroll").cloned().collect();
    compile(name, steps)
}

/// Both sources meet here. An empty `url_after` means: not known.
pub(super) fn compile(name: &str, taken: Vec<StepTaken>) -> Result<Recipe, String> {
    let mut taken = tidy(taken);
    if let Some(odd) = taken.iter().find(|step| !TOOLS.contains(&step.tool.as_str())) {
        return Err(format!("a recipe can't hold {} yet", odd.tool));
    }
    let start = begin(&mut taken).ok_or("nothing was done on a web page")?;
    let home = Home::of(&start);
    let mut slots = Vec::new();
    let steps = taken.iter().enumerate().map(|(at, step)| home.step(step, at + 1 == taken.len(), &mut slots)).collect();
    let recipe = Recipe { name: name.trim().into(), start: home.relative(&start), slots, grants: home.grants(&start, &taken), steps };
    recipe.check()?;
    Ok(recipe)
}

/// Drops what setting a field does by itself: the click into it, the values it held on the way.
fn tidy(taken: Vec<StepTaken>) -> Vec<StepTaken> {
    let mut out: Vec<StepTaken> = Vec::new();
    for step in taken {
        let same = out.last().is_some_and(|last| last.target == step.target && last.target.is_some());
        let replaces =
            step.tool == "form_input" && out.last().is_some_and(|last| matches!(last.tool.as_str(), "left_click" | "form_input"));
        if same && replaces {
            let before = out.pop().map(|last| last.url_before).unwrap_or_default();
            out.push(StepTaken { url_before: before, ..step });
        } else {
            out.push(step);
        }
    }
    let into_text = |step: &StepTaken| step.tool == "left_click" && step.target.as_ref().is_some_and(is_text);
    let followed = |at: usize| out.get(at + 1).is_some_and(|next| next.tool == "type" && next.target.is_none());
    let keep: Vec<bool> = (0..out.len()).map(|at| !into_text(&out[at]) || followed(at)).collect();
    out.into_iter().zip(keep).filter_map(|(step, keep)| keep.then_some(step)).collect()
}

/// Where it starts. A first step that only goes somewhere is the start itself.
fn begin(taken: &mut Vec<StepTaken>) -> Option<String> {
    let goes = |step: &StepTaken| step.tool == "navigate" && Address::parse(&step.value).is_some();
    let mut start = None;
    while taken.first().is_some_and(goes) {
        let first = taken.remove(0);
        start = Some(if first.url_after.is_empty() { first.value } else { first.url_after });
    }
    let start = start.or_else(|| taken.first().map(|step| step.url_before.clone()))?;
    Address::parse(&start).is_some().then_some(start)
}

/// The site a recipe starts on. Of this computer's own servers the port is chance, so those are named `start`.
struct Home {
    origin: String,
    relative: bool,
}

impl Home {
    fn of(start: &str) -> Home {
        let address = Address::parse(start);
        let relative = address.as_ref().is_some_and(Address::is_loopback);
        Home { origin: address.map(|address| address.origin()).unwrap_or_default(), relative }
    }

    fn relative(&self, url: &str) -> String {
        match Address::parse(url) {
            Some(address) if self.relative && address.origin() == self.origin => {
                let rest = address.rest().split('#').next().unwrap_or_default();
                if rest.starts_with('/') { rest.into() } else { format!("/{rest}") }
            }
            _ => url.into(),
        }
    }

    fn step(&self, step: &StepTaken, last: bool, slots: &mut Vec<Slot>) -> Step {
        let (value, shown) = self.value(step, slots);
        let path = |url: &str| if url.is_empty() { String::new() } else { generalise(path_of(url)) };
        let (at, after) = (path(&step.url_before), path(&step.url_after));
        // Text differs from one set of data to the next; it is asked for only where the address says nothing about the end.
        let told_by_url = !after.is_empty() && after != at;
        let typed =
            |text: &str| slots.iter().any(|slot| matches!(&slot.kind, SlotKind::Text { default } if text.contains(default.as_str())));
        let steady = |text: &str| !text.chars().any(|c| c.is_ascii_digit()) && !typed(text);
        let seen = if last && !told_by_url && steady(&step.seen_after) { step.seen_after.clone() } else { String::new() };
        Step {
            intent: words::intent(&step.tool, step.target.as_ref(), &shown),
            tool: step.tool.clone(),
            target: step.target.clone(),
            value,
            at,
            then: Expect { url: after, seen },
        }
    }

    /// A step's value, and how its sentence tells it.
    fn value(&self, step: &StepTaken, slots: &mut Vec<Slot>) -> (StepValue, String) {
        let types = matches!(step.tool.as_str(), "form_input" | "type");
        if types && (step.secret || step.tool == "type" || step.target.as_ref().is_some_and(is_text)) {
            let slot = new_slot(step, slots);
            let shown = format!("{{{}}}", slot.name);
            let value = StepValue::Slot(slot.name.clone());
            slots.push(slot);
            return (value, shown);
        }
        let literal = if step.tool == "navigate" { self.relative(&step.value) } else { step.value.clone() };
        let value = if literal.is_empty() && !types { StepValue::None } else { StepValue::Literal(literal.clone()) };
        (value, literal)
    }

    fn grants(&self, start: &str, taken: &[StepTaken]) -> Carried {
        let mut carried = Carried::default();
        let name = |url: &str| {
            let origin = address::origin(url)?;
            Some(if self.relative && origin == self.origin { START.to_string() } else { origin })
        };
        put(&mut carried.origins, name(start));
        for step in taken {
            let here = name(&step.url_before);
            put(&mut carried.origins, here.clone());
            put(&mut carried.origins, name(&step.url_after));
            match step.tool.as_str() {
                "navigate" => put(&mut carried.origins, name(&step.value)),
                "left_click" | "double_click" | "key" => put(&mut carried.submit, here),
                "form_input" | "type" if step.secret => put(&mut carried.secrets, here),
                _ => {}
            }
        }
        carried
    }
}

fn put(list: &mut Vec<String>, origin: Option<String>) {
    if let Some(origin) = origin.filter(|origin| !list.contains(origin)) {
        list.push(origin);
    }
}

/// A field that takes free text.
fn is_text(target: &Fingerprint) -> bool {
    match target.role.as_str() {
        "textbox" | "searchbox" | "spinbutton" => true,
        "combobox" => target.tag != "select",
        "" => matches!(target.tag.as_str(), "input" | "textarea"),
        _ => false,
    }
}

fn new_slot(step: &StepTaken, slots: &[Slot]) -> Slot {
    let label = match &step.target {
        Some(target) if !target.name.is_empty() => target.name.clone(),
        Some(target) if !target.label.is_empty() => target.label.clone(),
        _ => "Text".into(),
    };
    let base = slug(&label);
    let names = (1u32..).map(|n| if n == 1 { base.clone() } else { format!("{base}_{n}") });
    let name = names.into_iter().find(|name| slots.iter().all(|slot| slot.name != *name)).expect("finitely many are taken");
    let default = step.value.clone();
    let number = step.target.as_ref().is_some_and(|target| target.role == "spinbutton");
    let kind = match (step.secret, number) {
        (true, _) => SlotKind::Secret,
        (false, true) => SlotKind::Number { default },
        (false, false) => SlotKind::Text { default },
    };
    Slot { name, label, kind }
}

fn slug(label: &str) -> String {
    let mut out = String::new();
    for c in label.chars().take(40) {
        match c {
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ if out.is_empty() || out.ends_with('_') => {}
            _ => out.push('_'),
        }
    }
    let out = out.trim_end_matches('_');
    if out.is_empty() { "text".into() } else { out.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(role: &str, name: &str) -> Option<Fingerprint> {
        Some(Fingerprint { role: role.into(), name: name.into(), ..Fingerprint::default() })
    }

    fn step(tool: &str, target: Option<Fingerprint>, value: &str, before: &str, after: &str) -> StepTaken {
        let at = |path: &str| if path.is_empty() { String::new() } else { format!("http://127.0.0.1:4711{path}") };
        StepTaken { tool: tool.into(), target, value: value.into(), url_before: at(before), url_after: at(after), ..StepTaken::default() }
    }

    #[test]
    fn a_run_becomes_slots_patterns_and_frozen_grants() {
        let mut password = step("form_input", on("textbox", "Password"), "", "/cart", "/cart");
        password.secret = true;
        let mut order = step("left_click", on("button", "Place order"), "", "/cart", "/cart");
        order.seen_after = "Thank you".into();
        let run = [
            step("navigate", None, "http://127.0.0.1:4711/shop?seed=3", "/", "/shop?seed=3"),
            step("left_click", on("link", "Lamp"), "", "/shop", "/item/42"),
            step("left_click", on("textbox", "Your city"), "", "/item/42", "/item/42"),
            step("form_input", on("textbox", "Your city"), "Be", "/item/42", "/item/42"),
            step("form_input", on("textbox", "Your city"), "Bern", "/item/42", "/item/42"),
            step("form_input", on("combobox", "Size"), "small", "/item/42", "/item/42")
                .also(|step| step.target.as_mut().unwrap().tag = "select".into()),
            step("left_click", on("button", "Add"), "", "/item/42", "/cart"),
            password,
            order,
        ];
        let recipe = of_run(" Order ", &run).expect("keeps");
        assert_eq!((recipe.name.as_str(), recipe.start.as_str()), ("Order", "/shop?seed=3"));
        let lines: Vec<String> = recipe
            .steps
            .iter()
            .map(|step| format!("{} | {} > {} {}", step.intent, step.at, step.then.url, step.then.seen).trim_end().into())
            .collect();
        assert_eq!(
            lines,
            [
                "Click \"Lamp\" (link) | /shop > /item/*",
                "Set \"Your city\" (textbox) to {your_city} | /item/* > /item/*",
                "Set \"Size\" (combobox) to small | /item/* > /item/*",
                "Click \"Add\" (button) | /item/* > /cart",
                "Set \"Password\" (textbox) to {password} | /cart > /cart",
                "Click \"Place order\" (button) | /cart > /cart Thank you",
            ]
        );
        assert_eq!(recipe.slots[0].kind, SlotKind::Text { default: "Bern".into() });
        assert_eq!(recipe.slots[1].kind, SlotKind::Secret);
        let start = || Vec::from(["start".to_string()]);
        assert_eq!(recipe.grants, Carried { origins: start(), submit: start(), secrets: start() });
    }

    #[test]
    fn what_can_not_be_replayed_is_not_kept() {
        assert_eq!(of_run("a", &[]), Err("nothing was done on a web page".into()));
        let tabs = [step("new_tab", None, "", "/", "/")];
        assert_eq!(of_run("a", &tabs), Err("a recipe can't hold new_tab yet".into()));
        let click = [step("left_click", on("link", "x"), "", "/", "/")];
        assert_eq!(of_run(" ", &click), Err("it has no name".into()));
    }

    trait Also: Sized {
        fn also(self, change: impl FnOnce(&mut Self)) -> Self;
    }
    impl Also for StepTaken {
        fn also(mut self, change: impl FnOnce(&mut Self)) -> Self {
            change(&mut self);
            self
        }
    }
}
