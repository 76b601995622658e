//! How much memory the linker gives these guests: what a guest has, it has from the beginning.
fn main() {
    for argument in ["-zstack-size=16384", "--initial-memory=65536", "--max-memory=65536"] {
        println!("cargo::rustc-link-arg={argument}");
    }
}
