//! The writer's half of docs/journal.md once more, by hand and without manners: any bytes as bodies, with the sums that they need.
use crc::{CRC_32_ISCSI, Crc};
use peerd_journal::{File, Identity, Place, Position, Role, Vat};

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

const OPEN: u8 = 1;

pub struct Forge {
    pub file: File,
    pub bytes: Vec<u8>,
    mark: [u8; 8],
    link: [u8; 32],
    /// The newest position in a closed group.
    newest: u64,
    payload: Vec<u8>,
    count: u32,
}

impl Forge {
    pub fn open(identity: Identity, vat: Vat, file: File, before: Option<Place>) -> Forge {
        let newest = before.map_or(0, |before| before.position.0);
        let mut header = b"peerdjnl".to_vec();
        header.extend(1_u16.to_le_bytes());
        header.extend([if file.role == Role::Log { 1 } else { 2 }, 0]);
        header.extend(vat.0.to_le_bytes());
        header.extend(identity.0);
        [file.epoch.0, file.number, newest.wrapping_add(1)].iter().for_each(|number| header.extend(number.to_le_bytes()));
        header.extend([0; 4]);
        header.extend(CRC.checksum(&header).to_le_bytes());
        let link = *blake3::hash(&header).as_bytes();
        let mark = *link.first_chunk().expect("a hash is longer");
        let mut forge = Forge { file, bytes: header, mark, link, newest, payload: Vec::new(), count: 0 };
        let mut body = vec![u8::from(before.is_some())];
        let place = before.unwrap_or_default();
        [place.epoch.0, place.number, place.length, place.position.0].iter().for_each(|number| body.extend(number.to_le_bytes()));
        body.extend(place.link.0);
        forge.record(OPEN, &body);
        forge.close();
        forge
    }

    pub fn record(&mut self, kind: u8, body: &[u8]) -> Position {
        self.count += 1;
        let position = self.newest.wrapping_add(u64::from(self.count));
        let mut summed = self.file.epoch.0.to_le_bytes().to_vec();
        summed.extend(position.to_le_bytes());
        summed.push(kind);
        summed.extend_from_slice(body);
        self.payload.extend((body.len() as u32).to_le_bytes());
        self.payload.extend(CRC.checksum(&summed).to_le_bytes());
        self.payload.push(kind);
        self.payload.extend_from_slice(body);
        Position(position)
    }

    pub fn close(&mut self) {
        if self.count == 0 {
            return;
        }
        let mut group = self.mark.to_vec();
        [self.file.epoch.0, self.newest.wrapping_add(1)].iter().for_each(|number| group.extend(number.to_le_bytes()));
        group.extend((self.payload.len() as u32).to_le_bytes());
        group.extend(self.count.to_le_bytes());
        group.extend(CRC.checksum(&group).to_le_bytes());
        group.append(&mut self.payload);
        self.link = *blake3::Hasher::new().update(&self.link).update(&group).finalize().as_bytes();
        self.bytes.extend(group);
        self.bytes.extend(self.link);
        self.newest = self.newest.wrapping_add(u64::from(self.count));
        self.count = 0;
    }

    /// Where it ends, with everything closed.
    pub fn place(&mut self) -> Place {
        self.close();
        let (length, link) = (self.bytes.len() as u64, peerd_journal::Hash(self.link));
        Place { epoch: self.file.epoch, number: self.file.number, length, link, position: Position(self.newest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fate, Size, VAT, play};
    use peerd_journal::{Epoch, Record};

    #[test]
    fn what_a_second_implementation_writes_is_the_same() {
        for seed in 0..20 {
            let tape = play(seed, Size { owners: 1, groups: 9, rolls: 0 }, None).expect("a run without faults");
            let file = File::log(Epoch(1), 0);
            let mut forge = Forge::open(tape.identity, VAT, file, None);
            for (_, position, record) in tape.model.records() {
                let mut body = Vec::new();
                record.put(&mut body);
                if !matches!(record, Record::Open(_)) {
                    forge.record(record.kind() as u8, &body);
                }
                if tape.images.contains_key(&position) {
                    forge.close();
                }
            }
            assert!(forge.bytes == tape.disk.crash(Fate::All).0[&file], "seed {seed}");
        }
    }
}
