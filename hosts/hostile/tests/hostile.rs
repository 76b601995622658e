//! The machine among peers that mean harm, with scripts drawn at random; `./x fuzz captp` looks for better ones.
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_script_of_a_hostile_peer_breaks_a_promise(script in proptest::collection::vec(any::<u8>(), 0..240)) {
        prop_assert_eq!(peerd_hostile::captp(&script), Ok(()));
    }

    #[test]
    fn no_bytes_are_read_that_no_writer_writes(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        prop_assert_eq!(peerd_hostile::syrup(&bytes), Ok(()));
    }
}
