//! Where things lie in the memory of the exchange during a turn.
use peerd_guest::{Report, abi};
use peerd_metered::{ENTRY, HEADER, OUTBOX_MAX};

/// Addresses. What is below the first is nobody's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub image: usize,
    pub state: usize,
    pub message: usize,
    pub out: usize,
    pub out_end: usize,
    pub new: usize,
    /// What a turn tells when it returns: where the outbox ends, what fuel is left.
    pub told: usize,
    pub pages: u64,
}

const PAGE: usize = 64 * 1024;

// What is injected into a module writes entries; what a guest is compiled with reads headers.
const _: () = assert!(abi::header::BYTES as usize == HEADER && abi::entry::BYTES as usize == ENTRY);

impl Exchange {
    pub fn of(report: &Report) -> Exchange {
        let mut at = 64;
        let mut take = |bytes: usize| {
            let start = at;
            at = (at + bytes).next_multiple_of(64);
            start
        };
        let image = take(report.image_bytes as usize);
        let (state, message) = (take(report.state_max as usize), take(report.message_max as usize));
        let told = take(abi::told::BYTES as usize);
        let out = take(OUTBOX_MAX);
        let new = take(report.state_max as usize);
        Exchange { image, state, message, out, out_end: out + OUTBOX_MAX, new, told, pages: at.div_ceil(PAGE) as u64 }
    }
}
