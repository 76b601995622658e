//! What a task may do without asking, what is asked, and what is never done.
mod named;
mod visible;

use crate::{address, view::Answer};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

pub use named::named_origins;
pub use visible::visible;

/// Silence denies after this long.
pub const SILENCE_MS: u64 = 120_000;

/// What a web actor is about to do and may not decide by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    pub kind: NeedKind,
    /// The exact value that goes out (the URL, the field's name, the file's name), as the page or model gave it.
    pub value: String,
    /// One line: which tool call wants it.
    pub why: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NeedKind {
    /// Load or follow `url`; also the far end of a redirect.
    Navigate {
        url: String,
    },
    /// Act in, or read to the model, a page of `origin`.
    Act {
        origin: String,
    },
    Submit {
        origin: String,
    },
    /// Type into the password or card field `field`.
    Secret {
        origin: String,
        field: String,
    },
    Upload {
        origin: String,
    },
    Download {
        url: String,
    },
    /// Let code in a sandbox read from `origin`, without cookies.
    Fetch {
        origin: String,
    },
}

/// What is decided without a person, or what to ask one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    Allow,
    Ask(Question),
    /// With the reason, for the model and the card.
    Deny(String),
}

/// The words of `view::Approval`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub what: String,
    pub origin: String,
    /// In full, invisible characters escaped.
    pub value: String,
    pub why: String,
    /// "This task, on this origin" may be answered.
    pub task_origin: bool,
}

/// What one task holds. It only ever grows by the owner's answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    // Invariant: each of them is sorted and holds no origin twice.
    origins: Vec<String>,
    submits: Vec<String>,
    secrets: Vec<String>,
    /// What sandboxes may read from, beside `origins`.
    #[serde(default)]
    fetches: Vec<String>,
}

impl Grants {
    /// Of a task in the owner's words, which starts on a tab at `start`.
    #[must_use]
    pub fn of_task(text: &str, start: Option<&str>) -> Grants {
        let mut grants = Grants::default();
        named_origins(text).into_iter().for_each(|origin| add(&mut grants.origins, origin));
        if let Some(origin) = start.and_then(address::origin) {
            add(&mut grants.origins, origin);
        }
        grants
    }

    /// Of a recipe, whose grants its owner saw when it was saved or imported.
    #[must_use]
    pub fn of_recipe(origins: &[String], submits: &[String], secrets: &[String]) -> Grants {
        let mut grants = Grants::default();
        origins.iter().for_each(|origin| add(&mut grants.origins, origin.clone()));
        submits.iter().for_each(|origin| add(&mut grants.submits, origin.clone()));
        secrets.iter().for_each(|origin| add(&mut grants.secrets, origin.clone()));
        grants
    }

    /// Origins that may be loaded, read and acted on.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    #[must_use]
    pub fn decide(&self, need: &Need) -> Decision {
        let ask = |what: &str, origin: &str, value: &str, task_origin: bool| {
            Decision::Ask(Question {
                what: what.into(),
                origin: visible(origin),
                value: visible(value),
                why: visible(&need.why),
                task_origin,
            })
        };
        match &need.kind {
            NeedKind::Navigate { url } if url == "about:blank" => Decision::Allow,
            NeedKind::Navigate { url } => match address::origin(url) {
                None => Decision::Deny(format!("{} is not a plain web address, so it is not opened", visible(url))),
                Some(origin) if self.origins.contains(&origin) => Decision::Allow,
                Some(origin) => ask("Go to another site", &origin, url, true),
            },
            NeedKind::Act { origin } if self.origins.contains(origin) => Decision::Allow,
            NeedKind::Act { origin } => ask("Use another site", origin, &need.value, is_origin(origin)),
            NeedKind::Submit { origin } if self.submits.contains(origin) => Decision::Allow,
            NeedKind::Submit { origin } => ask("Submit a form", origin, &need.value, is_origin(origin)),
            NeedKind::Secret { origin, .. } if self.secrets.contains(origin) => Decision::Allow,
            NeedKind::Secret { origin, field } => ask("Type into a password or card field", origin, field, false),
            NeedKind::Upload { origin } => ask("Upload a file", origin, &need.value, false),
            NeedKind::Download { url } => match address::origin(url) {
                Some(origin) => ask("Download a file", &origin, url, false),
                // A page's own `blob:` and `data:` files have no address to judge by.
                None => ask("Download a file", "", url, false),
            },
            NeedKind::Fetch { origin } if self.origins.contains(origin) || self.fetches.contains(origin) => Decision::Allow,
            NeedKind::Fetch { origin } => ask("Let code read from a site", origin, &need.value, is_origin(origin)),
        }
    }

    /// Takes the owner's answer to what `decide` asked. True: go on.
    pub fn answered(&mut self, need: &Need, answer: Answer) -> bool {
        let Decision::Ask(question) = self.decide(need) else {
            return answer != Answer::Deny;
        };
        if answer == Answer::TaskOrigin && question.task_origin {
            match &need.kind {
                NeedKind::Navigate { .. } | NeedKind::Act { .. } => add(&mut self.origins, question.origin),
                NeedKind::Submit { .. } => add(&mut self.submits, question.origin),
                NeedKind::Fetch { .. } => add(&mut self.fetches, question.origin),
                NeedKind::Secret { .. } | NeedKind::Upload { .. } | NeedKind::Download { .. } => {}
            }
        }
        answer != Answer::Deny
    }
}

/// Not of the opaque `null`, which any page may have.
fn is_origin(text: &str) -> bool {
    address::origin(text).is_some_and(|origin| origin == text)
}

fn add(list: &mut Vec<String>, origin: String) {
    if let Err(at) = list.binary_search(&origin) {
        list.insert(at, origin);
    }
}

/// In words, for a recipe's card.
#[must_use]
pub fn in_words(origins: &[String], submits: &[String], secrets: &[String]) -> Vec<String> {
    let line = |verb: &str, origin: &String| match origin.as_str() {
        "start" => format!("{verb} the site it is started on"),
        _ => format!("{verb} {origin}"),
    };
    let used = origins.iter().map(|origin| line("use", origin));
    let submitted = submits.iter().map(|origin| line("submit forms on", origin));
    let typed = secrets.iter().map(|origin| line("type your secrets into", origin));
    used.chain(submitted).chain(typed).map(|line| line.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn need(kind: &str, at: &str) -> Need {
        let origin = at.to_string();
        let kind = match kind {
            "go" => NeedKind::Navigate { url: origin },
            "act" => NeedKind::Act { origin },
            "submit" => NeedKind::Submit { origin },
            "secret" => NeedKind::Secret { origin, field: "Password".into() },
            "upload" => NeedKind::Upload { origin },
            _ => NeedKind::Download { url: origin },
        };
        Need { kind, value: at.into(), why: "left_click".into() }
    }

    fn verdict(grants: &Grants, kind: &str, at: &str) -> String {
        match grants.decide(&need(kind, at)) {
            Decision::Allow => "allow".into(),
            Decision::Ask(question) => {
                format!("ask {} | {}{}", question.origin, question.value, if question.task_origin { " | task" } else { "" })
            }
            Decision::Deny(_) => "deny".into(),
        }
    }

    #[test]
    fn a_task_acts_where_its_owner_said_and_asks_elsewhere() {
        let grants = Grants::of_task("Order a lamp on https://shop.example/lamps", Some("http://127.0.0.1:9000/inbox"));
        let table = [
            ("go", "https://shop.example/cart?x=1", "allow"),
            ("go", "http://127.0.0.1:9000/", "allow"),
            ("go", "https://evil.example/?leak=1\u{200b}2", "ask https://evil.example | https://evil.example/?leak=1\\u{200b}2 | task"),
            ("go", "http://shop.example/", "ask http://shop.example | http://shop.example/ | task"),
            ("go", "javascript:alert(1)", "deny"),
            ("go", "https://shop.example@evil.example/", "deny"),
            ("go", "about:blank", "allow"),
            ("act", "https://shop.example", "allow"),
            ("act", "null", "ask null | null"),
            ("submit", "https://shop.example", "ask https://shop.example | https://shop.example | task"),
            ("secret", "https://shop.example", "ask https://shop.example | Password"),
            ("upload", "https://shop.example", "ask https://shop.example | https://shop.example"),
            ("download", "https://shop.example/a.pdf", "ask https://shop.example | https://shop.example/a.pdf"),
        ];
        for (kind, at, expect) in table {
            assert_eq!(verdict(&grants, kind, at), expect, "{kind} {at}");
        }
    }

    #[test]
    fn once_is_once_and_this_task_lasts() {
        let mut grants = Grants::default();
        let submit = need("submit", "https://a.example");
        assert!(grants.answered(&submit, Answer::Once));
        assert!(matches!(grants.decide(&submit), Decision::Ask(_)));
        assert!(!grants.answered(&submit, Answer::Deny));
        assert!(grants.answered(&submit, Answer::TaskOrigin));
        assert_eq!(grants.decide(&submit), Decision::Allow);
        // A right to submit is none to go there.
        assert!(matches!(grants.decide(&need("go", "https://a.example/")), Decision::Ask(_)));
        let secret = need("secret", "https://a.example");
        assert!(grants.answered(&secret, Answer::TaskOrigin));
        assert!(matches!(grants.decide(&secret), Decision::Ask(_)), "secrets are asked for each time");
    }

    proptest! {
        #[test]
        fn grants_only_grow_and_only_by_answers(
            script in prop::collection::vec(("go|act|submit|secret|upload|download", "https://[ab]\\.example", 0..4u8), 0..20)
        ) {
            let mut grants = Grants::of_task("", None);
            let mut earned: Vec<(String, String)> = Vec::new();
            for (kind, at, answer) in &script {
                let need = need(kind, at);
                let before = grants.clone();
                let decision = grants.decide(&need);
                prop_assert_eq!(&before, &grants);
                let group = if kind == "act" { "go" } else { kind.as_str() };
                prop_assert_eq!(decision == Decision::Allow, earned.contains(&(group.into(), at.clone())));
                let answer = [None, Some(Answer::Once), Some(Answer::TaskOrigin), Some(Answer::Deny)][usize::from(*answer)];
                let Some(answer) = answer else { continue };
                grants.answered(&need, answer);
                for (had, has) in [(&before.origins, &grants.origins), (&before.submits, &grants.submits), (&before.secrets, &grants.secrets)] {
                    prop_assert!(had.iter().all(|origin| has.contains(origin)));
                    prop_assert!(has.len() == had.len() || answer == Answer::TaskOrigin);
                }
                if answer == Answer::TaskOrigin && matches!(group, "go" | "submit") {
                    earned.push((group.into(), at.clone()));
                }
            }
        }
    }
}
