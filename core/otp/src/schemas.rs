//! A list of schemas that is kept with a program: a state that changes without a new version is noticed before a journal meets it.
use alloc::{boxed::Box, format, string::String};
use peerd_vat::Behaviour;

/// Compares these behaviours with a list of lines `NAME VERSION SCHEMA`, one for each version there ever was. For a test.
///
/// # Errors
/// What is to be done, and the line that is to be added.
pub fn check_schemas(list: &str, behaviours: &[Box<dyn Behaviour>]) -> Result<(), String> {
    for behaviour in behaviours {
        let (name, version, schema) = (behaviour.name(), behaviour.version(), behaviour.schema());
        let line = format!("{name} {version} {schema}");
        let start = format!("{name} {version} ");
        let mut known = list.lines().filter(|known| known.starts_with(&start));
        match (known.next(), known.next()) {
            (Some(known), None) if known == line => {}
            (Some(_), Some(_)) => return Err(format!("{name} {version} is in the list twice")),
            (Some(known), None) => {
                return Err(format!(
                    "the state of {name} has changed: raise its VERSION, let it migrate, and add its line\nwas {known}\nis  {line}"
                ));
            }
            (None, _) => return Err(format!("add this line to the list:\n{line}")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Server, behaviour};
    use alloc::vec;
    use peerd_vat::{Crash, Cx, Event, Ref};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Till {
        total: u64,
    }

    impl Server for Till {
        const NAME: &'static str = "till";
        type State = Till;

        fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Till, Crash> {
            Ok(Till { total: 0 })
        }

        fn handle(till: &mut Till, _: Event<'_>, _: &mut Cx<'_>) -> Result<(), Crash> {
            till.total += 1;
            Ok(())
        }
    }

    #[test]
    fn a_state_that_changed_under_its_version_is_noticed() {
        let behaviours = vec![behaviour::<Till>()];
        assert_eq!(check_schemas("till 1 Till{total:u64}\n", &behaviours), Ok(()));
        assert_eq!(check_schemas("", &behaviours), Err("add this line to the list:\ntill 1 Till{total:u64}".into()));
        assert!(check_schemas("till 1 Till{total:u32}", &behaviours).is_err_and(|why| why.contains("raise its VERSION")));
        assert!(check_schemas("till 1 Till{total:u64}\ntill 1 Till{total:u64}", &behaviours).is_err());
    }
}
