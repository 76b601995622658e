//! What the fuzzers do with bytes: commands, played against a model or under all checkers. `Err` is a broken promise.
mod bytes;
mod mailbox;
mod queue;
mod supervisor;

pub use mailbox::mailbox;
pub use supervisor::supervisor;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Draw;

    fn holds(what: fn(&[u8]) -> Result<(), String>) {
        for seed in 0..300 {
            let mut draw = Draw::new(seed);
            let bytes: Vec<u8> = (0..draw.between(4, 120)).map(|_| draw.number() as u8).collect();
            what(&bytes).unwrap_or_else(|why| panic!("{bytes:?}: {why}"));
        }
    }

    #[test]
    fn any_bytes_are_commands_to_a_mailbox_and_it_keeps_its_promises() {
        holds(mailbox);
    }

    #[test]
    fn any_bytes_are_commands_to_supervisors_and_they_keep_their_promises() {
        holds(supervisor);
    }
}
