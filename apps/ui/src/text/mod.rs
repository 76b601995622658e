//! Words from values: pure, without a browser, tested on the host.
pub mod export;
pub mod format;
pub mod markdown;
pub mod tree;
