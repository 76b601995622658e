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

pub fn expand(scene: &Scene) -> Vec<Chosen> {
    let wheres = [scene.near.then_some(NEAR), scene.far.as_ref().map(|_| FAR), scene.durable.then_some(DURABLE)];
    let mut choices: Vec<Choice> = wheres.into_iter().flatten().map(|value| vec![(WHERE.to_owned(), value.to_owned())]).collect();
    for (name, values) in scene.lines.iter().filter_map(axis) {
        let with = |choice: &Choice, value: &String| [choice.as_slice(), &[(name.to_owned(), value.clone())]].concat();
        choices = choices.iter().flat_map(|choice| values.iter().map(|value| with(choice, value))).collect();
    }
    choices.iter().map(|choice| choose(scene, choice)).collect()
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
    let far = scene.far.clone().filter(|_| is_in(FAR));
    let told = choice.iter().filter(|(_, value)| value != NEAR).map(|(name, value)| format!("{name}={value}"));
    let name = Some(scene.name.clone()).into_iter().filter(|name| !name.is_empty()).chain(told);
    Chosen { name: name.collect::<Vec<_>>().join(", "), lines, far, durable: is_in(DURABLE) }
}

/// `[how=die|stop mode!=any] line`: the line, if the choice fits.
fn guarded<'a>(text: &'a str, choice: &Choice) -> Option<&'a str> {
    let Some((guard, rest)) = text.strip_prefix('[').and_then(|text| text.split_once("] ")) else { return Some(text) };
    if !guard.contains('=') {
        return Some(text);
    }
    let fits = |condition: &str| {
        let (name, values, wanted) = match condition.split_once("!=") {
            Some((name, values)) => (name, values, false),
            None => condition.split_once('=').map(|(name, values)| (name, values, true))?,
        };
        let value = &choice.iter().find(|(known, _)| known == name)?.1;
        Some(values.split('|').any(|one| one == value.as_str()) == wanted)
    };
    guard.split_whitespace().all(|condition| fits(condition).unwrap_or(false)).then_some(rest.trim())
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
        let plays = expand(&case.scenes[0]);
        let told: Vec<String> =
            plays.iter().map(|play| play.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" / ")).collect();
        assert_eq!(told, ["tell 1 x / = [1,0]", "tell 1 y / = [1,0]", "tell 2 x / = [2,0]", "tell 2 y / - gone / = [2,0]"]);
        assert_eq!(plays[3].name, "a=2, b=y");
    }

    #[test]
    fn a_scene_with_places_is_played_near_and_far_and_one_of_its_own_only_as_it_says() {
        let text = "row X\norigin o\nclaim c\nfar a b@3\nscene both\ntell a m\n  [where=far] late\nscene one\nfar only b\ntell b m";
        let case = Case::read(text).expect("a case");
        let plays: Vec<Chosen> = case.scenes.iter().flat_map(expand).collect();
        let places = |play: &Chosen| play.far.as_ref().map_or(0, std::collections::BTreeMap::len);
        assert_eq!(plays.iter().map(|play| (places(play), play.lines.len())).collect::<Vec<_>>(), [(0, 1), (2, 2), (1, 1)]);
        assert_eq!(plays[1].name, "both, where=far");
    }
}
