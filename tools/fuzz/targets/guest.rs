//! Bytes become a wasm guest: rewritten it does what it did, whole and in slices; whatever breaks a promise is a crash of this program.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(why) = peerd_guestlab::generated::check(bytes) {
        panic!("{why}");
    }
});
