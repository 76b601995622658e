//! Specs from outside of Rust: keys and values, each bad one with its own error (semantics 12.1).
//!
//! Unknown keys are ignored, missing ones have their defaults.
use super::{AutoShutdown, BadSpec, BadTree, ChildKind, ChildSpec, Modules, Restart, Shutdown, Strategy, SupervisorSpec, check_childspecs};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

/// A value as a script or a case writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    Word(String),
    Number(i64),
    Bytes(Vec<u8>),
    List(Vec<Term>),
    Map(Vec<(String, Term)>),
}

impl Term {
    #[must_use]
    pub fn word(text: &str) -> Term {
        Term::Word(text.into())
    }

    #[must_use]
    pub fn map(pairs: &[(&str, Term)]) -> Term {
        Term::Map(pairs.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
    }

    fn as_word(&self) -> Option<&str> {
        match self {
            Term::Word(word) => Some(word),
            _ => None,
        }
    }

    fn get(&self, wanted: &str) -> Option<&Term> {
        match self {
            Term::Map(pairs) => pairs.iter().find(|(key, _)| key == wanted).map(|(_, value)| value),
            _ => None,
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Word(word) => f.write_str(word),
            Term::Number(number) => number.fmt(f),
            Term::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Term::List(items) => {
                f.write_str("[")?;
                for (n, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if n == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Term::Map(pairs) => {
                f.write_str("{")?;
                for (n, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if n == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A supervisor's flags and its list of children.
pub fn supervisor(flags: &Term, children: &Term) -> Result<SupervisorSpec, BadTree> {
    let mut spec = self::flags(flags).map_err(BadTree::SupervisorData)?;
    let Term::List(children) = children else {
        return Err(BadTree::StartSpec(BadSpec::BadArg(children.to_string())));
    };
    if spec.strategy == Strategy::SimpleOneForOne && children.len() != 1 {
        return Err(BadTree::BadStartSpec(children.len() as u32));
    }
    spec.children = specs(children, spec.auto_shutdown).map_err(BadTree::StartSpec)?;
    spec.check()?;
    Ok(spec)
}

/// Keys `strategy`, `intensity`, `period` in s, `auto_shutdown`.
pub fn flags(flags: &Term) -> Result<SupervisorSpec, BadSpec> {
    let Term::Map(_) = flags else { return Err(BadSpec::InvalidType(flags.to_string())) };
    let mut spec = SupervisorSpec::default();
    if let Some(value) = flags.get("strategy") {
        spec.strategy = match value.as_word() {
            Some("one_for_one") => Strategy::OneForOne,
            Some("one_for_all") => Strategy::OneForAll,
            Some("rest_for_one") => Strategy::RestForOne,
            Some("simple_one_for_one") => Strategy::SimpleOneForOne,
            _ => return Err(BadSpec::InvalidStrategy(value.to_string())),
        };
    }
    if let Some(value) = flags.get("intensity") {
        spec.intensity = match value {
            Term::Number(number) => u32::try_from(*number).map_err(|_| BadSpec::InvalidIntensity(value.to_string()))?,
            _ => return Err(BadSpec::InvalidIntensity(value.to_string())),
        };
    }
    if let Some(value) = flags.get("period") {
        spec.period_ms = match value {
            Term::Number(s @ 1..) => (*s as u64).saturating_mul(1_000),
            _ => return Err(BadSpec::InvalidPeriod(value.to_string())),
        };
    }
    if let Some(value) = flags.get("auto_shutdown") {
        spec.auto_shutdown = match value.as_word() {
            Some("never") => AutoShutdown::Never,
            Some("any_significant") => AutoShutdown::AnySignificant,
            Some("all_significant") => AutoShutdown::AllSignificant,
            _ => return Err(BadSpec::InvalidAutoShutdown(value.to_string())),
        };
    }
    Ok(spec)
}

/// Whether `start_child` would take each of the list, and no id comes twice.
pub fn check_specs(list: &Term, auto_shutdown: AutoShutdown) -> Result<(), BadSpec> {
    match list {
        Term::List(list) => specs(list, auto_shutdown).map(drop),
        other => Err(BadSpec::BadArg(other.to_string())),
    }
}

fn specs(list: &[Term], auto_shutdown: AutoShutdown) -> Result<Vec<ChildSpec>, BadSpec> {
    let specs: Vec<ChildSpec> = list.iter().map(|item| child(item, auto_shutdown)).collect::<Result<_, _>>()?;
    check_childspecs(&specs, auto_shutdown)?;
    Ok(specs)
}

/// Keys `id`, `start` (a behaviour, or a list of it and its arguments), `restart`, `shutdown`, `type`, `modules`, `significant`.
pub fn child(term: &Term, auto_shutdown: AutoShutdown) -> Result<ChildSpec, BadSpec> {
    let Term::Map(_) = term else { return Err(BadSpec::InvalidChildSpec(term.to_string())) };
    let id = term.get("id").ok_or(BadSpec::MissingId)?.to_string();
    let (behaviour, args) = start(term.get("start").ok_or(BadSpec::MissingStart)?)?;
    let mut spec = ChildSpec::new(&id, behaviour, args);
    if let Some(value) = term.get("restart") {
        spec.restart = match value.as_word() {
            Some("permanent") => Restart::Permanent,
            Some("transient") => Restart::Transient,
            Some("temporary") => Restart::Temporary,
            _ => return Err(BadSpec::InvalidRestartType(value.to_string())),
        };
    }
    if let Some(value) = term.get("type") {
        spec = match value.as_word() {
            Some("worker") => ChildSpec { kind: ChildKind::Worker, shutdown: Shutdown::Ms(super::SHUTDOWN_MS), ..spec },
            Some("supervisor") => spec.supervisor(),
            _ => return Err(BadSpec::InvalidChildType(value.to_string())),
        };
    }
    if let Some(value) = term.get("shutdown") {
        spec.shutdown = match value {
            Term::Number(ms @ 0..) => Shutdown::Ms(*ms as u64),
            Term::Word(word) if word == "infinity" => Shutdown::Infinity,
            Term::Word(word) if word == "brutal_kill" => Shutdown::BrutalKill,
            _ => return Err(BadSpec::InvalidShutdown(value.to_string())),
        };
    }
    if let Some(value) = term.get("significant") {
        spec.significant = match value.as_word() {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(BadSpec::InvalidSignificant(value.to_string())),
        };
    }
    if let Some(value) = term.get("modules") {
        spec.modules = modules(value)?;
    }
    spec.check(auto_shutdown)?;
    Ok(spec)
}

fn start(term: &Term) -> Result<(&str, Vec<u8>), BadSpec> {
    let invalid = || BadSpec::InvalidStart(term.to_string());
    match term {
        Term::Word(behaviour) => Ok((behaviour, Vec::new())),
        Term::List(parts) => match parts.as_slice() {
            [Term::Word(behaviour), Term::Bytes(args)] => Ok((behaviour, args.clone())),
            [Term::Word(behaviour), Term::Word(args)] => Ok((behaviour, args.as_bytes().to_vec())),
            _ => Err(invalid()),
        },
        _ => Err(invalid()),
    }
}

fn modules(term: &Term) -> Result<Modules, BadSpec> {
    match term {
        Term::Word(word) if word == "dynamic" => Ok(Modules::Dynamic),
        Term::List(list) => {
            let name = |item: &Term| item.as_word().map(String::from).ok_or_else(|| BadSpec::InvalidModule(item.to_string()));
            list.iter().map(name).collect::<Result<_, _>>().map(Modules::Listed)
        }
        _ => Err(BadSpec::InvalidModules(format!("{term}"))),
    }
}
