//! The Messages dialect of Anthropic.
mod encode;
mod stream;

pub use encode::encode;
pub use stream::Stream;
