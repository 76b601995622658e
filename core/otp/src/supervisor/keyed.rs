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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn word(text: &str) -> Term {
        Term::word(text)
    }

    fn spec(pairs: &[(&str, Term)]) -> Term {
        let mut all = vec![("id", word("a")), ("start", word("worker"))];
        all.extend_from_slice(pairs);
        Term::map(&all)
    }

    fn told<T>(result: Result<T, impl fmt::Display>) -> String {
        result.map_or_else(|bad| bad.to_string(), |_| "ok".into())
    }

    /// S11, S20
    #[test]
    fn every_bad_value_of_a_child_has_its_own_error() {
        let check = |term: &Term, expect: &str| assert_eq!(told(child(term, AutoShutdown::AnySignificant)), expect);
        check(&spec(&[("unknown", Term::Number(1))]), "ok");
        check(&Term::map(&[("start", word("worker"))]), "missing_id");
        check(&Term::map(&[("id", word("a"))]), "missing_start");
        check(&word("no_spec"), "invalid_child_spec(no_spec)");
        check(&Term::map(&[("id", word("a")), ("start", Term::Number(3))]), "invalid_mfa(3)");
        check(&spec(&[("restart", word("forever"))]), "invalid_restart_type(forever)");
        check(&spec(&[("shutdown", Term::Number(-10))]), "invalid_shutdown(-10)");
        check(&spec(&[("type", word("robot"))]), "invalid_child_type(robot)");
        check(&spec(&[("modules", word("some"))]), "invalid_modules(some)");
        check(&spec(&[("modules", Term::List(vec![Term::Number(1)]))]), "invalid_module(1)");
        check(&spec(&[("significant", word("very"))]), "invalid_significant(very)");
        check(&spec(&[("significant", word("true"))]), "bad_combination(restart: permanent, significant: true)");
        let significant = spec(&[("significant", word("true")), ("restart", word("transient"))]);
        check(&significant, "ok");
        let never = "bad_combination(auto_shutdown: never, significant: true)";
        assert_eq!(told(child(&significant, AutoShutdown::Never)), never);
    }

    /// S22
    #[test]
    fn every_bad_flag_has_its_own_error() {
        let check = |pairs: &[(&str, Term)], expect: &str| assert_eq!(told(supervisor(&Term::map(pairs), &Term::List(vec![]))), expect);
        check(&[("unknown", word("x"))], "ok");
        check(&[("strategy", word("one_for_two"))], "supervisor_data(invalid_strategy(one_for_two))");
        check(&[("intensity", word("infinity"))], "supervisor_data(invalid_intensity(infinity))");
        check(&[("period", Term::Number(0))], "supervisor_data(invalid_period(0))");
        check(&[("period", word("infinity"))], "supervisor_data(invalid_period(infinity))");
        check(&[("auto_shutdown", word("sometimes"))], "supervisor_data(invalid_auto_shutdown(sometimes))");
        assert_eq!(told(supervisor(&word("flags"), &Term::List(vec![]))), "supervisor_data(invalid_type(flags))");
    }

    /// S20
    #[test]
    fn a_list_names_what_is_wrong_with_it() {
        let check = |list: &Term, expect: &str| assert_eq!(told(check_specs(list, AutoShutdown::Never)), expect);
        check(&Term::List(vec![spec(&[])]), "ok");
        check(&Term::List(vec![spec(&[]), spec(&[])]), "duplicate_child_name(a)");
        check(&word("no_list"), "badarg(no_list)");
        let simple = Term::map(&[("strategy", word("simple_one_for_one"))]);
        assert_eq!(told(supervisor(&simple, &Term::List(vec![]))), "bad_start_spec(0)");
    }

    #[test]
    fn defaults_are_those_of_otp() {
        let worker = child(&spec(&[]), AutoShutdown::Never).expect("a good spec");
        assert_eq!((worker.restart, worker.shutdown, worker.kind), (Restart::Permanent, Shutdown::Ms(5_000), ChildKind::Worker));
        assert_eq!(worker.modules, Modules::Listed(vec!["worker".into()]));
        let tree = child(&spec(&[("type", word("supervisor"))]), AutoShutdown::Never).expect("a good spec");
        assert_eq!(tree.shutdown, Shutdown::Infinity);
    }
}
