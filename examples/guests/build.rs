//! A guest's stack: its depth is metered, so it needs no mebibyte of it, and the smaller a module's memory the cheaper its turns.
#![allow(clippy::disallowed_methods, reason = "cargo says so by the environment")]

fn main() {
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo:rustc-link-arg=-zstack-size=24576");
    }
}
