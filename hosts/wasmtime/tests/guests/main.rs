//! The example guests as modules, in a vat: what they do they do natively and on two engines alike, and what a rogue does it does to itself.
mod json;
#[path = "../../../../core/metered/tests/claims/kit.rs"]
mod kit;
mod modules;
mod wasmi_engine;

mod assembly;
mod durable;
mod hogs;
mod rogue;
mod same;
mod script;
