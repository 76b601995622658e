//! What `./x` runs.
fn main() {}
