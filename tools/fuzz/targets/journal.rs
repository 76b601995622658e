//! Bytes become files of a journal with the right sums and any meaning; whatever breaks a promise is a crash of this program.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(why) = peerd_crash::fuzz::journal(bytes) {
        panic!("{why}");
    }
});
