//! Chat Completions, as OpenAI and the many servers that follow it speak it.
mod calls;
mod encode;
mod reasoning;
mod stream;

pub use encode::encode;
pub use stream::Stream;
