//! Whom I mean, in my own words. A petname is mine and means one ref; what others call somebody, or what somebody calls himself, is
//! shown as that and decides nothing (Stiegler 2005).
use crate::Letter;
use alloc::{boxed::Box, collections::BTreeMap, string::String};
use peerd_otp::{
    Server,
    message::{Caller, decode, encode},
};
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "petnames";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Book>()
}

/// Names in both directions. As a value for an actor of yours, or as an actor by `spawn`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Petnames {
    refs: BTreeMap<String, Ref>,
    names: BTreeMap<Ref, String>,
    /// By whom it is called so and who says it: the ref itself, or one that introduced it.
    said: BTreeMap<Ref, BTreeMap<Ref, String>>,
}

/// How somebody is to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// My own word.
    Petname(String),
    /// The word of somebody whom I know by a petname.
    Edge {
        by: String,
        name: String,
    },
    /// Its own word, which anybody may use.
    Nickname(String),
    Nobody,
}

/// That name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken;

impl Petnames {
    /// In place of the petname it had.
    ///
    /// # Errors
    /// When another one has it: a name never moves by itself.
    pub fn name(&mut self, whom: Ref, petname: &str) -> Result<(), Taken> {
        if self.refs.get(petname).is_some_and(|known| *known != whom) {
            return Err(Taken);
        }
        if let Some(old) = self.names.insert(whom, petname.into()) {
            self.refs.remove(&old);
        }
        self.refs.insert(petname.into(), whom);
        Ok(())
    }

    /// True: it had one.
    pub fn unname(&mut self, whom: Ref) -> bool {
        let name = self.names.remove(&whom);
        name.is_some_and(|name| self.refs.remove(&name).is_some())
    }

    /// `by` calls it so: an introducer, or it itself.
    pub fn hear(&mut self, whom: Ref, by: Ref, name: &str) {
        self.said.entry(whom).or_default().insert(by, name.into());
    }

    /// Whom I mean by it.
    #[must_use]
    pub fn find(&self, petname: &str) -> Option<Ref> {
        self.refs.get(petname).copied()
    }

    /// The best word for it: mine, then a friend's, then its own.
    #[must_use]
    pub fn shown(&self, whom: Ref) -> Shown {
        if let Some(name) = self.names.get(&whom) {
            return Shown::Petname(name.clone());
        }
        let said = self.said.get(&whom);
        let mut edges = said.into_iter().flatten().filter(|(by, _)| **by != whom);
        if let Some((by, name)) = edges.find_map(|(by, name)| self.names.get(by).map(|by| (by, name))) {
            return Shown::Edge { by: by.clone(), name: name.clone() };
        }
        said.and_then(|said| said.get(&whom)).map_or(Shown::Nobody, |name| Shown::Nickname(name.clone()))
    }
}

/// Spawned by the caller. Whoever has this ref reads and writes the names.
pub fn spawn_with<'o>(cx: &mut Cx<'_>, options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>) -> Ref {
    cx.spawn(options(SpawnOptions::new(NAME, &[]))).object(FACE)
}

/// Asked with the refs it is about, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Of one ref. Answered by `Result<(), Taken>`.
    Name(String),
    /// Of one ref. Answered by a bool: it had one.
    Unname,
    /// Of a ref and of who says it. Answered by nothing.
    Hear(String),
    /// Answered by one ref, or by none.
    Find(String),
    /// Of one ref. Answered by a `Shown`.
    Show,
}

const FACE: u32 = 1;

struct Book;

impl Server for Book {
    const NAME: &'static str = NAME;
    type State = Petnames;

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Petnames, Crash> {
        Ok(Petnames::default())
    }

    fn handle(names: &mut Petnames, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some(letter) = Letter::of(&event) else { return Ok(()) };
        let request = decode::<Request>(letter.body).filter(|_| cx.addressed() == Some(FACE));
        let (Some(request), Some(reply)) = (request, letter.reply) else {
            letter.refuse(&Settle::Revoked, cx);
            return Ok(());
        };
        match (request, letter.refs) {
            (Request::Name(name), [whom]) => Caller(reply).answer(&names.name(*whom, &name), cx),
            (Request::Unname, [whom]) => Caller(reply).answer(&names.unname(*whom), cx),
            (Request::Hear(name), [whom, by]) => {
                names.hear(*whom, *by, &name);
                Caller(reply).answer(&(), cx);
            }
            (Request::Find(name), []) => cx.reply(reply, &encode(&()), names.find(&name).as_slice()),
            (Request::Show, [whom]) => Caller(reply).answer(&names.shown(*whom), cx),
            _ => letter.refuse(&Settle::Revoked, cx),
        }
        Ok(())
    }
}
