//! The supervised children of the lists, each as the script its init runs (conformance 1, "Fixtures").
use crate::text::term;

/// `$` is the fixture's argument.
const FIXTURES: &[(&str, &str)] = &[
    ("plain", "trap; on stop {stop normal}; on die {stop died}"),
    ("odd", "trap; on stop {stop $}; on parent {stop $}; on die {stop died}"),
    ("slow", "trap; on stop {stop normal}; on parent {linger $}; on die {stop died}"),
    ("deaf", "trap; on parent {}; on stop {stop normal}; on die {stop died}"),
    ("registering", "trap; register names $ me; on reply {}; on stop {stop normal}; on die {stop died}"),
    ("unlinker", "trap; unlink parent; on stop {stop normal}; on die {stop died}"),
];

#[must_use]
pub fn script(fixture: &str) -> Option<String> {
    let (name, argument) = term(fixture);
    FIXTURES.iter().find(|(known, _)| *known == name).map(|(_, script)| script.replace('$', argument))
}
