//! Bytes are a value in the one way that a writer has of it, or none; whatever breaks a promise is a crash of this program.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(why) = peerd_hostile::syrup(bytes) {
        panic!("{why}");
    }
});
