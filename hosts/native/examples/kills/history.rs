//! What the child writes: numbered messages to one actor, of which it handles the oldest when more than a few wait.
use peerd_journal::{Actor, Change, Code, Commit, Consumed, Hash, Id, Image, List, Message, Origin, Position, Record, Vat};
use peerd_native::{Failed, Journal};
use peerd_sim::Draw;
use std::collections::BTreeMap;

pub const VAT: Vat = Vat(1);

const ME: Actor = Actor(1);

/// Limit: so many wait, so that the image stays small however long it goes on.
const WAITING_MAX: u64 = 64;

/// Where each message that waits stands, by its number.
pub type Waiting = BTreeMap<u64, Position>;

/// # Errors
/// When the image is not what a prefix of the history comes to. The newest messages wait, with their bytes, none missing and none
/// twice, and all before them were handled.
pub fn waiting(image: &Image) -> Result<(u64, Waiting), String> {
    let Some(me) = image.actors.get(&ME) else { return Ok((0, Waiting::new())) };
    let handled = me.turn - 1;
    let mut waiting = Waiting::new();
    for (next, (id, message)) in (handled + 1..).zip(&me.waiting) {
        if message.body != body(next) {
            return Err(format!("at {:?} stands something else than message {next}", id.position));
        }
        waiting.insert(next, id.position);
    }
    let newest = handled + waiting.len() as u64;
    if handled != newest.saturating_sub(WAITING_MAX) {
        return Err(format!("{handled} of {newest} messages were handled: a part of a group"));
    }
    Ok((newest, waiting))
}

/// Appends the actor's birth.
pub fn begin(journal: &mut Journal) -> Result<(), Failed> {
    let mut list = List::default();
    list.push(Change::Born { actor: ME, code: Code { name: "counter", hash: Hash::of(b"1") }, options: b"" });
    journal.append(&commit(1, Consumed::Nothing, &list)).map(drop)
}

/// Appends message `n`, and the turn that handles the oldest one if too many wait now.
pub fn go_on(journal: &mut Journal, n: u64, waiting: &mut Waiting) -> Result<(), Failed> {
    let body = body(n);
    let message = Message { to: ME, from: Actor(0), life: 0, kind: 0, envelope: b"", body: &body };
    let position = journal.append(&Record::Admit { origin: Origin::Host, message })?;
    waiting.insert(n, position);
    if n > WAITING_MAX
        && let Some((oldest, position)) = waiting.pop_first()
    {
        let list = List::default();
        journal.append(&commit(oldest + 1, Consumed::Waiting(Id { position, index: 0 }), &list))?;
    }
    Ok(())
}

fn commit<'a>(turn: u64, consumed: Consumed<'a>, list: &'a List) -> Record<'a> {
    let changes = list.changes();
    Record::Commit(Commit { actor: ME, life: 1, turn, now: turn, seed: turn, is_confirmed: true, consumed, changes })
}

/// Of message `n`. A few are large: a kill within their write leaves a part of it.
fn body(n: u64) -> Vec<u8> {
    let mut draw = Draw::new(n);
    let length = if draw.one_in(30) { draw.below(64 << 10) } else { draw.below(300) };
    n.to_le_bytes().into_iter().chain((0..length).map(|_| draw.number() as u8)).collect()
}
