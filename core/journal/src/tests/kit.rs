//! Files in memory, and a turn that counts.
use crate::{
    Actor, Change, Codec, Commit, Consumed, File, Hash, Identity, List, Opening, Position, Record, Recovered, Recovery, Refusal, Until,
    Vat, Witness, Writer, change::Code,
};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};

pub const IDENTITY: Identity = Identity([7; 16]);
pub const VAT: Vat = Vat(1);

#[derive(Clone, Default)]
pub struct Files(pub BTreeMap<File, Vec<u8>>);

impl Files {
    /// Writes what has gathered, and says that it was flushed.
    pub fn land(&mut self, writer: &mut Writer) -> Position {
        if let Some(flight) = writer.flight() {
            let file = self.0.entry(flight.file).or_default();
            assert_eq!(file.len() as u64, flight.at, "a log is only appended to");
            file.extend_from_slice(flight.bytes);
        }
        writer.landed()
    }

    pub fn recover(&self, until: Until) -> Result<Recovered, Refusal> {
        self.recover_with(until, None)
    }

    pub fn recover_with(&self, until: Until, codec: Option<Box<dyn Codec>>) -> Result<Recovered, Refusal> {
        self.read(self.recovery(until, codec), &mut ())
    }

    pub fn recovery(&self, until: Until, codec: Option<Box<dyn Codec>>) -> Recovery {
        let listing = self.0.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
        Recovery::new(None, VAT, listing, until, codec)
    }

    pub fn read(&self, mut recovery: Recovery, witness: &mut impl Witness) -> Result<Recovered, Refusal> {
        while let Some(read) = recovery.read() {
            let bytes = &self.0[&read.file];
            let from = bytes.len().min(read.at as usize);
            recovery.give_to(witness, &bytes[from..bytes.len().min(from + read.length)]);
        }
        recovery.finish()
    }
}

/// Opened, with one counter that has counted to 1.
pub fn begun(codec: Option<Box<dyn Codec>>) -> (Files, Writer) {
    let (mut files, mut writer) = (Files::default(), Writer::open(Opening::first(IDENTITY, VAT), codec));
    files.land(&mut writer);
    count(&mut writer, 1);
    files.land(&mut writer);
    (files, writer)
}

/// The counter's turn; at 1 it is born.
pub fn count(writer: &mut Writer, to: u64) -> Position {
    let born = Change::Born { actor: Actor(1), code: Code { name: "counter", hash: Hash([1; 32]) }, options: &[] };
    let state = to.to_le_bytes();
    let list: List = (to == 1).then_some(born).into_iter().chain([Change::State(&state)]).collect();
    let commit = Commit {
        actor: Actor(1),
        life: 1,
        turn: to,
        now: to * 100,
        seed: 0,
        is_confirmed: true,
        consumed: Consumed::Nothing,
        changes: list.changes(),
    };
    writer.append(&Record::Commit(commit)).expect("nothing stopped it")
}

pub fn counted(found: &Recovered) -> u64 {
    let state = &found.image.actors[&Actor(1)].state;
    u64::from_le_bytes(state.as_slice().try_into().expect("eight bytes"))
}
