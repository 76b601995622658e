//! metering-overhead: one of the six kernels, as a turn of its guest.
use crate::classes::find;
use peerd_metered::{Engine, Input, Outcome, Product};
use peerd_webassembly::Quick;

/// From nobody, with no refs: which kernel, and how often.
pub fn message(which: u32, times: u32) -> [u8; 48] {
    let mut message = [0; 48];
    message[..2].copy_from_slice(&1u16.to_le_bytes());
    message[40..44].copy_from_slice(&which.to_le_bytes());
    message[44..].copy_from_slice(&times.to_le_bytes());
    message
}

/// In one go.
pub fn run(which: u32, times: u32) -> (Outcome, Product) {
    let (_, compiled) = find("kernels").expect("it is loaded with the others");
    let mut product = Product::default();
    let input = Input { state: &[0; 8], message: &message(which, times), fuel: i32::MAX as u64 };
    (Quick::new(compiled).turn(&input, &mut product), product)
}

/// Its fuel, or below 0 how it failed.
#[unsafe(no_mangle)]
extern "C" fn kernel(which: u32, times: u32) -> f64 {
    match run(which, times) {
        (Outcome::Done, product) => product.fuel as f64,
        (Outcome::Failed, _) => -2.0,
        (Outcome::Trapped(_), _) => -3.0,
        (Outcome::Exhausted, _) => -4.0,
        (Outcome::HostFault(_), _) => -5.0,
    }
}
