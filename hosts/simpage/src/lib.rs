//! The simulator as a page: what a browser shows of a world, and what a person may do to it.
//!
//! ```text
//! Setup ─▶ Lab { World } ─ facts ─▶ Tree     who there is, in which life       ┐
//!             ▲ kill, crash, flood  ├──────▶ Signal   what travels along an edge    ├─▶ JSON ─▶ page/*.js draws
//! scenario, seed ─▶ Replay ─ facts ─┘──────▶ Sentence the same for readers          ┘
//! ```
//!
//! It decides nothing and scripts nothing: the kernel, the supervisors and the checkers are those of every other world.
mod setup;

mod sentence;
mod signal;
mod tree;

mod layout;

mod lab;
mod replay;

mod page;

pub use lab::{Act, Lab};
pub use page::{LabPage, ReplayPage, scenarios};
pub use replay::Replay;
pub use sentence::{Level, Sentence, Tone};
pub use setup::{OnCrash, Setup};
pub use tree::{Node, State, Tree};
