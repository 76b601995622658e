//! One case file, read: who claims it, and its scenes as lines.
//!
//! ```text
//! row     S34
//! origin  OTP 25.2.3 supervisor_SUITE, one_for_one
//! claim   only the dead child is replaced; the third fault ends the supervisor
//! far     a b@3 c*                      every scene is played a second time, with these born in vats 2, 3 and 2
//! durable                               and once more with durable actors, in a vat with a journal
//!
//! supervisor sup one_for_one            lines before the first scene belong to every scene
//!   a plain
//! for how in die stop                   a matrix: every scene is played once per value, `$how` in its lines
//!
//! scene its child ends                  a fresh world; a file without scenes is one scene
//! far only a                            its own places, and no play in one vat; `far no`: no play over links
//! durable only                          no other play; `durable no`: none with durable actors; `durable only b c@3`: in several vats
//! tell a $how                           a step, and below it, indented, all that must happen, in order
//!   [how=die] - a died                  a line for some values only; `where` is `near`, `far` or `durable`
//!   + a                                 born; `- a why` ended; `a got m`, `= ok`: what it said. `*` is any text, `...` any lines
//! ```

use std::collections::BTreeMap;

/// A line that is not blank and no comment (`#`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub number: usize,
    pub indented: bool,
    pub text: String,
}

#[derive(Debug)]
pub struct Scene {
    pub name: String,
    pub lines: Vec<Line>,
    pub near: bool,
    /// Who is born where in the play over links, if there is one.
    pub far: Option<Places>,
    /// Played with durable actors.
    pub durable: bool,
    /// Who is born where in that play, if it has more than one vat.
    pub apart: Option<Places>,
}

/// The vats of those that are not born in the first.
pub type Places = BTreeMap<String, usize>;

/// Limit: vats of one case. The most that a case of the lists splits.
const VATS_MAX: usize = 8;

#[derive(Debug, Default)]
pub struct Case {
    /// `S34`, as conformance lists name it.
    pub row: String,
    pub origin: String,
    pub claim: String,
    pub scenes: Vec<Scene>,
}

impl Case {
    pub fn read(text: &str) -> Result<Case, String> {
        let mut case = Case::default();
        let mut shared = Vec::new();
        let (mut far, mut durable) = (None, false);
        for (at, raw) in text.lines().enumerate() {
            let body = raw.trim();
            if body.is_empty() || body.starts_with('#') {
                continue;
            }
            let line = Line { number: at + 1, indented: raw.starts_with(' '), text: body.into() };
            let (word, rest) = body.split_once(' ').map_or((body, ""), |(word, rest)| (word, rest.trim()));
            match word {
                "row" => case.row = rest.into(),
                "origin" => case.origin = rest.into(),
                "claim" => case.claim = rest.into(),
                "far" if !line.indented => match case.scenes.last_mut() {
                    None => far = Some(places(rest)?),
                    Some(scene) => {
                        let names = rest.strip_prefix("only");
                        scene.near = names.is_none();
                        scene.durable &= scene.near;
                        scene.far = if rest == "no" { None } else { Some(places(names.unwrap_or(rest))?) };
                    }
                },
                "durable" if !line.indented => match case.scenes.last_mut() {
                    None => durable = true,
                    Some(scene) => {
                        scene.durable = rest != "no";
                        if let Some(names) = rest.strip_prefix("only") {
                            (scene.near, scene.far) = (false, None);
                            scene.apart = Some(places(names)?).filter(|apart| !apart.is_empty());
                        }
                    }
                },
                "scene" if !line.indented => {
                    let (name, lines, far) = (rest.into(), shared.clone(), far.clone());
                    case.scenes.push(Scene { name, lines, near: true, far, durable, apart: None });
                }
                _ => case.scenes.last_mut().map_or(&mut shared, |scene| &mut scene.lines).push(line),
            }
        }
        if case.scenes.is_empty() {
            case.scenes.push(Scene { name: String::new(), lines: shared, near: true, far, durable, apart: None });
        }
        let headed = [("row", &case.row), ("origin", &case.origin), ("claim", &case.claim)];
        match headed.iter().find(|(_, value)| value.is_empty()) {
            Some((word, _)) => Err(format!("the case has no `{word}`")),
            None => Ok(case),
        }
    }
}

/// `a b@3`
fn places(text: &str) -> Result<Places, String> {
    let place = |word: &str| match word.split_once('@') {
        None => Ok((word.to_owned(), 2)),
        Some((name, vat)) => {
            let vat = vat.parse().ok().filter(|vat| (1..=VATS_MAX).contains(vat));
            Ok((name.to_owned(), vat.ok_or_else(|| format!("{word:?} is no place"))?))
        }
    };
    text.split_whitespace().map(place).collect()
}
