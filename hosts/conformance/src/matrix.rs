//! Every combination of a scene's `for` lines, with its values put in and its guarded lines kept or left out.
use crate::{
    case::{Line, Places, Scene},
    text::split,
};

/// A scene with nothing left to choose.
pub struct Chosen {
    /// `its child ends, how=die`: for people.
    pub name: String,
    pub lines: Vec<Line>,
    /// Who is born in another vat; none when there is but one.
    pub far: Option<Places>,
    pub durable: bool,
}

/// The axis that every scene has by itself.
const WHERE: &str = "where";
const FAR: &str = "far";
const NEAR: &str = "near";
const DURABLE: &str = "durable";

type Choice = Vec<(String, String)>;

/// Nothing of the matrix may be a slip: a line that no choice keeps would be a claim that nobody looks at.
pub fn expand(scene: &Scene) -> Result<Vec<Chosen>, String> {
    let wheres = [scene.near.then_some(NEAR), scene.far.as_ref().map(|_| FAR), scene.durable.then_some(DURABLE)];
    let mut axes = vec![(WHERE, wheres.into_iter().flatten().map(String::from).collect())];
    axes.extend(scene.lines.iter().filter_map(axis));
    if let Some((name, _)) = axes.iter().find(|(_, values)| values.is_empty()) {
        return Err(format!("there is nothing in `{name}`"));
    }
    for line in scene.lines.iter().filter(|line| axis(line).is_none()) {
        known(&line.text, &axes).map_err(|why| format!("line {}: {why}", line.number))?;
    }
    let mut choices = vec![Choice::new()];
    for (name, values) in axes {
        let with = |choice: &Choice, value: &String| [choice.as_slice(), &[(name.to_owned(), value.clone())]].concat();
        choices = choices.iter().flat_map(|choice| values.iter().map(|value| with(choice, value))).collect();
    }
    Ok(choices.iter().map(|choice| choose(scene, choice)).collect())
}

/// All that a line says of choices is there to be chosen.
fn known(text: &str, axes: &[(&str, Vec<String>)]) -> Result<(), String> {
    let (conditions, rest) = guard(text).unwrap_or((Vec::new(), text));
    for Condition { name, values, .. } in conditions {
        let (_, known) = axes.iter().find(|axis| axis.0 == name).ok_or_else(|| format!("no `for {name}` for its guard"))?;
        let known: Vec<&str> = if name == WHERE { vec![NEAR, FAR, DURABLE] } else { known.iter().map(String::as_str).collect() };
        if let Some(value) = values.iter().find(|value| !known.contains(value)) {
            return Err(format!("`{name}` is never `{value}`"));
        }
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = rest.split('$').skip(1).map(|after| after.split(|c| !is_word(c)).next().unwrap_or_default());
    // What `times N STEP` counts.
    let counted: &[&str] = if rest.split(' ').any(|word| word == "times") { &["n", "m"] } else { &[] };
    match names.find(|name| !counted.contains(name) && axes.iter().all(|axis| axis.0 != *name)) {
        Some(name) => Err(format!("no `for {name}` for its ${name}")),
        None => Ok(()),
    }
}

/// `for how in die stop`, `for seed in 1..100`
fn axis(line: &Line) -> Option<(&str, Vec<String>)> {
    let (name, values) = line.text.strip_prefix("for ").filter(|_| !line.indented)?.split_once(" in ")?;
    let range = values.split_once("..").and_then(|(from, to)| Some(from.parse::<u64>().ok()?..=to.parse().ok()?));
    let values = match range {
        Some(range) => range.map(|value| value.to_string()).collect(),
        None => split(values, ' ').into_iter().map(String::from).collect(),
    };
    Some((name.trim(), values))
}

fn choose(scene: &Scene, choice: &Choice) -> Chosen {
    let lines = scene.lines.iter().filter(|line| axis(line).is_none());
    let lines = lines.filter_map(|line| Some(Line { text: filled(guarded(&line.text, choice)?, choice), ..line.clone() })).collect();
    let is_in = |place: &str| choice.iter().any(|(name, value)| name == WHERE && value == place);
    let far = if is_in(DURABLE) { scene.apart.clone() } else { scene.far.clone().filter(|_| is_in(FAR)) };
    let told = choice.iter().filter(|(_, value)| value != NEAR).map(|(name, value)| format!("{name}={value}"));
    let name = Some(scene.name.clone()).into_iter().filter(|name| !name.is_empty()).chain(told);
    Chosen { name: name.collect::<Vec<_>>().join(", "), lines, far, durable: is_in(DURABLE) }
}

/// `[how=die|stop mode!=any] line`: the line, if the choice fits.
fn guarded<'a>(text: &'a str, choice: &Choice) -> Option<&'a str> {
    let Some((conditions, rest)) = guard(text) else { return Some(text) };
    let fits = |condition: &Condition| {
        choice.iter().any(|(name, value)| name == condition.name && condition.values.contains(&value.as_str()) == condition.wanted)
    };
    conditions.iter().all(fits).then_some(rest)
}

struct Condition<'a> {
    name: &'a str,
    values: Vec<&'a str>,
    wanted: bool,
}

/// A guard and the line behind it. What is in brackets without a `=` is a part of the line.
fn guard(text: &str) -> Option<(Vec<Condition<'_>>, &str)> {
    let (guard, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let condition = |text| {
        let (name, values) = str::split_once(text, '=')?;
        let wanted = !name.ends_with('!');
        Some(Condition { name: name.trim_end_matches('!'), values: values.split('|').collect(), wanted })
    };
    let conditions: Option<Vec<Condition<'_>>> = guard.split_whitespace().map(condition).collect();
    Some((conditions?, rest.trim()))
}

fn filled(text: &str, choice: &Choice) -> String {
    choice.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;

    #[test]
    fn a_matrix_is_the_product_of_its_axes_and_guards_pick_lines() {
        let text = "row X\norigin o\nclaim c\nfor a in 1 2\nfor b in x y\ntell $a $b\n  [a=2 b!=x] - gone\n  [a=1|2] = [$a,0]";
        let case = Case::read(text).expect("a case");
        let plays = expand(&case.scenes[0]).expect("a matrix");
        let told: Vec<String> =
            plays.iter().map(|play| play.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" / ")).collect();
        assert_eq!(told, ["tell 1 x / = [1,0]", "tell 1 y / = [1,0]", "tell 2 x / = [2,0]", "tell 2 y / - gone / = [2,0]"]);
        assert_eq!(plays[3].name, "a=2, b=y");
    }

    #[test]
    fn a_scene_with_places_is_played_near_and_far_and_one_of_its_own_only_as_it_says() {
        let text = "row X\norigin o\nclaim c\nfar a b@3\nscene both\ntell a m\n  [where=far] late\nscene one\nfar only b\ntell b m";
        let case = Case::read(text).expect("a case");
        let plays: Vec<Chosen> = case.scenes.iter().flat_map(|scene| expand(scene).expect("a matrix")).collect();
        let places = |play: &Chosen| play.far.as_ref().map_or(0, std::collections::BTreeMap::len);
        assert_eq!(plays.iter().map(|play| (places(play), play.lines.len())).collect::<Vec<_>>(), [(0, 1), (2, 2), (1, 1)]);
        assert_eq!(plays[1].name, "both, where=far");
    }

    #[test]
    fn what_nobody_can_choose_is_no_matrix() {
        for (lines, why) in [
            ("for a in 2..1\ntell x $a", "there is nothing in `a`"),
            ("for a in 1 2\ntell x\n  [b=1] - x", "line 6: no `for b` for its guard"),
            ("for a in 1 2\ntell x\n  [a=1|3] - x", "line 6: `a` is never `3`"),
            ("for a in 1 2\ntell x $ab", "line 5: no `for ab` for its $ab"),
        ] {
            let case = Case::read(&format!("row X\norigin o\nclaim c\n{lines}")).expect("a case");
            assert_eq!(expand(&case.scenes[0]).err().as_deref(), Some(why));
        }
    }
}
