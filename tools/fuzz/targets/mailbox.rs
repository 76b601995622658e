//! Bytes become what is done to one mailbox; whatever breaks a promise is a crash of this program.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(why) = peerd_sim::fuzz::mailbox(bytes) {
        panic!("{why}");
    }
});
