//! The examples on the real clock: those from the ninth on as they stand, and earlier ones with another `System` under the name of the first.
extern crate peerd as manual;
extern crate self as peerd;

// What the derive macro finds in the crate of that name.
pub use manual::{Message, Reader, Writer};

/// All that changes in the earlier examples is what this line of theirs means: `use peerd::prelude::*`.
pub mod prelude {
    pub use manual::prelude::*;
    pub use peerd_native::System;
}

macro_rules! examples {
    ($($name:ident $path:literal)*) => {$(
        #[path = $path]
        mod $name;

        #[test]
        fn $name() -> impl std::process::Termination {
            $name::main()
        }
    )*};
}

examples! {
    counter "../../../examples/rust/01_counter.rs"
    asking "../../../examples/rust/02_asking.rs"
    supervising "../../../examples/rust/03_supervising.rs"
    watching "../../../examples/rust/04_watching.rs"
    state_machine "../../../examples/rust/06_state_machine.rs"
    real_time "../../../examples/rust/09_real_time.rs"
    many_vats "../../../examples/rust/10_many_vats.rs"
    durable "../../../examples/rust/11_durable.rs"
    rooms "../../../examples/rust/12_rooms.rs"
    history "../../../examples/rust/13_history.rs"
    events "../../../examples/rust/14_events.rs"
    work "../../../examples/rust/15_work.rs"
    shards "../../../examples/rust/19_shards.rs"
    keyed "../../../examples/rust/18_keyed.rs"
}
