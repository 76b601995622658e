//! Bytes become what hostile peers say to a machine, and what its user does; whatever breaks a promise is a crash of this program.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(why) = peerd_hostile::captp(bytes) {
        panic!("{why}");
    }
});
