//! What a hostile peer says: operations with anything in them.
use peerd_syrup::Writer;

use crate::draw::Draw;
use crate::forge::{self, Forger};

/// Positions that are tried: few, so that they are likely to be in use.
const POSITIONS: usize = 8;
const DEPTH_MAX: usize = 4;

/// Those who conspire.
pub const NAMES: [&str; 3] = ["mallory", "trudy", "eve"];

/// Who talks, and what it knows.
pub struct Talk<'a> {
    pub parties: &'a [Forger; 3],
    pub me: usize,
    /// The victim's key in the session with each, if there is one.
    pub victim: [Option<[u8; 32]>; 3],
}

impl Talk<'_> {
    pub fn message(&self, draw: &mut Draw<'_>) -> Vec<u8> {
        let mut to = Vec::new();
        let label = [
            "op:deliver",
            "op:deliver",
            "op:deliver",
            "op:listen",
            "op:get",
            "op:index",
            "op:untag",
            "op:gc-exports",
            "op:gc-answers",
            "op:abort",
            "op:unknown",
        ][draw.below(11)];
        Writer(&mut to).open_record(label);
        match label {
            "op:deliver" => {
                // The bootstrap object is where most can be had.
                if draw.below(3) == 0 {
                    to.extend_from_slice(b"<11'desc:export0+>");
                    self.request(draw, &mut to);
                } else {
                    place(draw, &mut to);
                    self.arguments(draw, &mut to);
                }
                position_or_false(draw, &mut to);
                resolver(draw, &mut to);
            }
            "op:listen" => {
                place(draw, &mut to);
                resolver(draw, &mut to);
                Writer(&mut to).bool(draw.below(2) == 1);
            }
            "op:get" | "op:untag" => {
                place(draw, &mut to);
                Writer(&mut to).text(["a", "b"][draw.below(2)]);
                position(draw, &mut to);
            }
            "op:index" => {
                place(draw, &mut to);
                position(draw, &mut to);
                position(draw, &mut to);
            }
            "op:gc-exports" => {
                let count = 1 + draw.below(2);
                for _ in 0..2 {
                    Writer(&mut to).open_list();
                    (0..count).for_each(|_| position(draw, &mut to));
                    Writer(&mut to).close_list();
                }
            }
            "op:gc-answers" => {
                Writer(&mut to).open_list();
                position(draw, &mut to);
                Writer(&mut to).close_list();
            }
            _ => Writer(&mut to).text("bye"),
        }
        Writer(&mut to).close_record();
        to
    }

    /// What the bootstrap object is asked.
    fn request(&self, draw: &mut Draw<'_>, to: &mut Vec<u8>) {
        Writer(to).open_list();
        match draw.below(3) {
            0 => {
                Writer(to).symbol("fetch");
                Writer(to).bytes(b"swiss");
            }
            1 => {
                Writer(to).symbol("deposit-gift");
                Writer(to).u64(draw.below(3) as u64);
                self.value(draw, 0, to);
            }
            _ => {
                Writer(to).symbol("withdraw-gift");
                self.receive(draw, to);
            }
        }
        Writer(to).close_list();
    }

    fn arguments(&self, draw: &mut Draw<'_>, to: &mut Vec<u8>) {
        Writer(to).open_list();
        match draw.below(5) {
            0 => Writer(to).symbol("fulfill"),
            1 => Writer(to).symbol("break"),
            2 => return Writer(to).close_list(),
            _ => self.value(draw, DEPTH_MAX, to),
        }
        self.value(draw, DEPTH_MAX, to);
        Writer(to).close_list();
    }

    fn value(&self, draw: &mut Draw<'_>, depth: usize, to: &mut Vec<u8>) {
        let kinds = if depth == 0 { 11 } else { 16 };
        let mut writer = Writer(to);
        match draw.below(kinds) {
            0 => writer.bool(true),
            1 => writer.i64(i64::from(draw.byte()) - 100),
            2 => writer.bytes(b"swiss"),
            3 => writer.float(-0.0),
            4 => to.extend_from_slice(b"<4'void>"),
            5 => to.extend_from_slice(b"<16'exn:fail:mystery>"),
            6 | 7 => descriptor(["desc:import-object", "desc:import-promise"][draw.below(2)], draw, to),
            8 => descriptor("desc:export", draw, to),
            9 => descriptor("desc:answer", draw, to),
            10 => self.give(draw, to),
            11 | 12 => {
                writer.open_list();
                for _ in 0..draw.below(3) {
                    self.value(draw, depth - 1, to);
                }
                Writer(to).close_list();
            }
            13 => {
                writer.open_struct();
                for key in ["a", "b"] {
                    Writer(to).text(key);
                    self.value(draw, depth - 1, to);
                }
                Writer(to).close_struct();
            }
            14 => {
                writer.open_record("desc:tagged");
                writer.symbol("a");
                self.value(draw, depth - 1, to);
                Writer(to).close_record();
            }
            _ => {
                writer.open_record("unheard-of");
                self.value(draw, depth - 1, to);
                Writer(to).close_record();
            }
        }
    }

    /// A key of the victim's in a session with one of us, or of nobody.
    fn victims(&self, party: usize) -> [u8; 32] {
        self.victim[party].unwrap_or([7; 32])
    }

    /// A give that may be good: by any of us, of the victim's or of another's, to be withdrawn by whoever.
    fn give(&self, draw: &mut Draw<'_>, to: &mut Vec<u8>) {
        let party = draw.below(3);
        let gifter = &self.parties[party];
        let receiver = match draw.below(4) {
            3 => self.victims(self.me),
            other => self.parties[other].public(),
        };
        let exporter = ["victim", "victim", NAMES[0], NAMES[1], "nobody"][draw.below(5)];
        let session = forge::session(&gifter.public(), &self.victims(party));
        let gift = [b'0' + draw.below(3) as u8, b'+'];
        to.extend_from_slice(&gifter.give(&receiver, exporter, &session, &gifter.side(), &gift));
    }

    fn receive(&self, draw: &mut Draw<'_>, to: &mut Vec<u8>) {
        let mut give = Vec::new();
        self.give(draw, &mut give);
        let (me, signer) = (&self.parties[self.me], &self.parties[draw.below(3)]);
        let session = forge::session(&me.public(), &self.victims(self.me));
        let mut record = signer.receive(&session, &me.side(), draw.below(3) as u64, &give);
        if draw.below(8) == 7 {
            // Signed, and then changed.
            let last = record.len() - 5;
            record[last] ^= 1;
        }
        to.extend_from_slice(&record);
    }
}

fn position(draw: &mut Draw<'_>, to: &mut Vec<u8>) {
    Writer(to).u64(draw.below(POSITIONS) as u64);
}

fn position_or_false(draw: &mut Draw<'_>, to: &mut Vec<u8>) {
    match draw.below(POSITIONS + 4) {
        at if at < POSITIONS => Writer(to).u64(at as u64),
        _ => Writer(to).bool(false),
    }
}

fn descriptor(label: &str, draw: &mut Draw<'_>, to: &mut Vec<u8>) {
    Writer(to).open_record(label);
    position(draw, to);
    Writer(to).close_record();
}

fn place(draw: &mut Draw<'_>, to: &mut Vec<u8>) {
    descriptor(["desc:export", "desc:export", "desc:answer"][draw.below(3)], draw, to);
}

fn resolver(draw: &mut Draw<'_>, to: &mut Vec<u8>) {
    match draw.below(4) {
        0 => Writer(to).bool(false),
        1 => descriptor("desc:import-promise", draw, to),
        _ => descriptor("desc:import-object", draw, to),
    }
}
