//! How much memory the linker gives this guest: what a guest has, it has from the beginning.
fn main() {
    for argument in ["-zstack-size=131072", "--initial-memory=4194304", "--max-memory=4194304"] {
        println!("cargo::rustc-link-arg={argument}");
    }
}
