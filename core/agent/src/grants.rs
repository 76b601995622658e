//! What a task may do without asking, what is asked, and what is never done.
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

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
    origins: Vec<String>,
}
