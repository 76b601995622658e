//! The examples, each run as it stands.
macro_rules! examples {
    ($($name:ident $path:literal)*) => {$(
        #[path = $path]
        mod $name;

        #[test]
        fn $name() {
            $name::main();
        }
    )*};
}

examples! {
    counter "../../../examples/rust/01_counter.rs"
    asking "../../../examples/rust/02_asking.rs"
    supervising "../../../examples/rust/03_supervising.rs"
    watching "../../../examples/rust/04_watching.rs"
    time "../../../examples/rust/05_time.rs"
    state_machine "../../../examples/rust/06_state_machine.rs"
    trees "../../../examples/rust/07_trees.rs"
    testing "../../../examples/rust/08_testing.rs"
    objects "../../../examples/rust/16_objects.rs"
    lending "../../../examples/rust/17_lending.rs"
}
