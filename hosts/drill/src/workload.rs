//! Durable messages, numbered: each consumes 256 bytes and changes 200 bytes of state and one key of a map. From the number alone
//! follows all that must be found after it, so nothing has to be remembered to check it.
use peerd_journal::{Actor, Change, Code, Commit, Consumed, Epoch, Hash, Image, List, Message, Origin, Record, Vat};

const ME: Actor = Actor(1);
const PEER: Vat = Vat(2);
const CONSUMED: usize = 256;
const STATE: usize = 200;
/// The map holds the newest so many messages. That none is missing before them the fold itself sees: positions have no gap.
const KEYS: u64 = 512;

/// What is written next.
pub struct Workload {
    /// Messages handled so far.
    count: u64,
    sum: u64,
    life: u32,
    list: List,
    state: Vec<u8>,
}

impl Workload {
    /// Goes on after `image`, in a new life.
    ///
    /// # Errors
    /// When that is not what so many messages come to: one is lost, or there twice.
    pub fn after(image: &Image, epoch: Epoch) -> Result<Workload, String> {
        let count = image.actors.get(&ME).map_or(0, |actor| actor.turn);
        let sum = (1..=count).fold(0, add);
        let life = u32::try_from(epoch.0).map_err(|_| "more lives than can be counted")?;
        let work = Workload { count, sum, life, list: List::default(), state: Vec::new() };
        work.check(image)?;
        Ok(work)
    }

    fn check(&self, image: &Image) -> Result<(), String> {
        let Some(actor) = image.actors.get(&ME) else { return Ok(()) };
        let mut state = Vec::new();
        put_state(&mut state, self.count, self.sum);
        if actor.state != state {
            return Err(format!("the state is not that of {} messages", self.count));
        }
        if image.inbox.get(&PEER) != Some(&(Epoch(1), self.count)) {
            return Err(format!("{} messages were handled, and {:?} came in", self.count, image.inbox.get(&PEER)));
        }
        let newest = self.count.saturating_sub(KEYS) + 1..=self.count;
        let is_there = |n: u64| actor.map.get(&key(n)[..]).is_some_and(|value| **value == n.to_le_bytes());
        match newest.clone().find(|n| !is_there(*n)) {
            Some(lost) => Err(format!("message {lost} of {} left nothing", self.count)),
            None if actor.map.len() as u64 != newest.count() as u64 => Err("there is more than was written".into()),
            None => Ok(()),
        }
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// One more message, as a record.
    ///
    /// # Errors
    /// What `append` says. Then there was none.
    pub fn next<E>(&mut self, append: impl FnOnce(&Record<'_>) -> Result<(), E>) -> Result<(), E> {
        let Workload { list, state, .. } = self;
        let (count, sum) = (self.count + 1, add(self.sum, self.count + 1));
        let mut body = [0; CONSUMED];
        body[..8].copy_from_slice(&count.to_le_bytes());
        list.clear();
        if count == 1 {
            list.push(Change::Born { actor: ME, code: Code { name: "counter", hash: Hash::of(b"counter 1") }, options: &[] });
        }
        put_state(state, count, sum);
        list.push(Change::State(state));
        list.push(Change::Put { key: &key(count), value: &count.to_le_bytes() });
        let message = Message { to: ME, from: Actor(0), life: 1, kind: 0, envelope: &[], body: &body };
        append(&Record::Commit(Commit {
            actor: ME,
            life: self.life,
            turn: count,
            now: count,
            seed: mix(count),
            is_confirmed: true,
            consumed: Consumed::Inline { origin: Origin::Far { peer: PEER, epoch: Epoch(1), seq: count }, message },
            changes: list.changes(),
        }))?;
        (self.count, self.sum) = (count, sum);
        Ok(())
    }
}

fn key(n: u64) -> [u8; 2] {
    ((n % KEYS) as u16).to_be_bytes()
}

fn put_state(to: &mut Vec<u8>, count: u64, sum: u64) {
    to.clear();
    to.extend(count.to_le_bytes());
    to.extend(sum.to_le_bytes());
    to.extend((to.len()..STATE).map(|n| mix(count) as u8 ^ n as u8));
}

fn add(sum: u64, n: u64) -> u64 {
    sum.wrapping_add(mix(n))
}

/// Spreads a number over all bits.
fn mix(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_journal::{Open, Position};

    fn image_of(count: u64, skips: impl Fn(u64) -> bool) -> Image {
        let (mut image, mut position) = (Image::default(), Position(1));
        image.apply(Epoch(1), position, Record::Open(Open { before: None })).expect("the first record");
        let mut work = Workload::after(&image, Epoch(1)).expect("nothing yet");
        for n in 1..=count {
            let apply = |record: &Record<'_>| {
                if skips(n) {
                    return Ok(());
                }
                position = position.after(1);
                image.apply(Epoch(1), position, *record)
            };
            work.next(apply).expect("it follows");
        }
        image
    }

    #[test]
    fn what_was_written_is_what_must_be_found() {
        for count in [0, 1, 7, KEYS, KEYS + 1, 3 * KEYS] {
            let work = Workload::after(&image_of(count, |_| false), Epoch(2)).expect("all there");
            assert_eq!(work.count(), count);
        }
    }

    #[test]
    fn a_message_left_out_is_noticed() {
        for lost in [489, 700, 999] {
            assert!(Workload::after(&image_of(1_000, |n| n == lost), Epoch(2)).is_err(), "{lost}");
        }
    }
}
