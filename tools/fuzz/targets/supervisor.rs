//! Bytes become a small tree and what is done to its supervisors; whatever breaks a promise is a crash of this program.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(why) = peerd_sim::fuzz::supervisor(bytes) {
        panic!("{why}");
    }
});
