//! The verbs of scripts that call the library's actors: directories, namespaces and process groups.
use super::{Asked, Kind, Puppet, State};
use crate::words;
use peerd_otp::{
    groups,
    message::{decode, encode},
    namespace, registry,
};
use peerd_vat::{Answer, CALL_MS, Crash, Cx, Poison, Ref};

impl Puppet {
    /// False: the verb is none of these.
    pub(super) fn library(&self, state: &mut State, verb: &str, words: &[&str], cx: &mut Cx<'_>) -> Result<bool, Crash> {
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let named = || String::from(word(1));
        let about = match verb {
            "directory" | "scope" => {
                let actor = if verb == "scope" { groups::spawn(cx, word(0)) } else { registry::spawn(cx, word(0)) };
                self.0.cast().enter(word(0), actor);
                return Ok(true);
            }
            // `namespace rooms [retries]`
            "namespace" => {
                let poison = if word(1) == "retries" { Poison::Retry } else { Poison::Skip(1) };
                let spec = namespace::Spec::new(super::NAME).durability(self.0.cast().durability()).poison(poison);
                let actor = namespace::spawn(cx, word(0), &spec, &[]);
                self.0.cast().enter(word(0), actor);
                return Ok(true);
            }
            // `get rooms kitchen`: a namespace, a key
            "get" => (Kind::Namespace(named()), encode(&namespace::Request::Get(named()))),
            "delete" => (Kind::Namespace(named()), encode(&namespace::Request::Delete(named()))),
            "keys" => (Kind::Namespace(named()), encode(&namespace::Request::Keys { after: None, limit: namespace::KEYS_MAX })),
            // `register names printer b`: a directory, a name, an actor. From `whereis names printer p` on `p` is who has it.
            "register" => (Kind::Directory(None), encode(&registry::Request::Register(named()))),
            "unregister" => (Kind::Directory(None), encode(&registry::Request::Unregister(named()))),
            "whereis" => (Kind::Directory(Some(word(2).into())), encode(&registry::Request::Whereis(named()))),
            // `join scope group a`
            "join" => (Kind::Groups, encode(&groups::Request::Join(named()))),
            "leave" => (Kind::Groups, encode(&groups::Request::Leave(named()))),
            "members" => (Kind::Groups, encode(&groups::Request::Members(named()))),
            "groups" => (Kind::Groups, encode(&groups::Request::Which)),
            // `monitor scope - a`, `meet scope - other`
            "monitor" => (Kind::Groups, encode(&groups::Request::Monitor)),
            "meet" => (Kind::Groups, encode(&groups::Request::Meet)),
            _ => return Ok(false),
        };
        let (kind, body) = about;
        let whom: Vec<Ref> = match (verb, word(2)) {
            ("whereis", _) | (_, "") => Vec::new(),
            (_, name) => vec![self.who(state, name, cx)?],
        };
        let call = cx.call(self.who(state, word(0), cx)?, &body, &whom, CALL_MS);
        state.calls.push(Asked { call, kind });
        Ok(true)
    }

    /// What a directory answers. Who was found is known to this puppet by the name it gave.
    pub(super) fn directory_told(&self, state: &mut State, asked_as: Option<String>, answer: Answer<'_>) -> String {
        match decode(answer.body) {
            Some(registry::Reply::Ok) => "ok".into(),
            Some(registry::Reply::Found) => {
                let Some(actor) = answer.refs.first() else { return "no ref".into() };
                state.refs.extend(asked_as.map(|name| (name, *actor)));
                self.0.cast().told(*actor)
            }
            Some(registry::Reply::Names(names)) => format!("[{}]", names.join(", ")),
            Some(registry::Reply::Failed(registry::Failure::NotFound)) => "undefined".into(),
            Some(registry::Reply::Failed(failure)) => format!("error({failure:?})").to_lowercase(),
            None => "no directory's answer".into(),
        }
    }

    /// What a namespace answers. Who was found is known by its key from then on.
    pub(super) fn namespace_told(&self, key: &str, answer: Answer<'_>) -> String {
        match decode(answer.body) {
            Some(namespace::Reply::Ok) => "ok".into(),
            Some(namespace::Reply::Found) => {
                let Some(actor) = answer.refs.first() else { return "no ref".into() };
                self.0.cast().enter(key, *actor);
                self.0.cast().told(*actor)
            }
            Some(namespace::Reply::Keys(keys)) => format!("[{}]", keys.join(", ")),
            Some(namespace::Reply::Failed(namespace::Failure::Init(reason))) => format!("error({})", words::told(&reason)),
            Some(namespace::Reply::Failed(failure)) => format!("error({failure:?})").to_lowercase(),
            None => "no namespace's answer".into(),
        }
    }

    pub(super) fn groups_told(&self, answer: Answer<'_>) -> String {
        match decode(answer.body) {
            Some(groups::Reply::Ok) => "ok".into(),
            Some(groups::Reply::Members) => self.all(answer.refs),
            Some(groups::Reply::Groups(names)) => format!("[{}]", names.join(", ")),
            Some(groups::Reply::NotJoined) => "not_joined".into(),
            Some(groups::Reply::Malformed) => "malformed".into(),
            None => "no scope's answer".into(),
        }
    }

    /// What a scope tells those that monitor it.
    pub(super) fn change_told(&self, body: &[u8], refs: &[Ref]) -> Option<String> {
        let change = decode(body).filter(|_| !refs.is_empty())?;
        Some(match change {
            groups::Change::Joined(group) => format!("joined {group} {}", self.all(refs)),
            groups::Change::Left(group) => format!("left {group} {}", self.all(refs)),
        })
    }

    fn all(&self, refs: &[Ref]) -> String {
        let cast = self.0.cast();
        format!("[{}]", refs.iter().map(|member| cast.told(*member)).collect::<Vec<_>>().join(", "))
    }
}
