//! Refs on their way to JavaScript and back. There they are bytes in a private field; nobody but the kernel makes them.
use peerd_vat::{Ref, Rights};

const REF: usize = 16;

/// The refs of a turn or of a message, each once.
#[derive(Default)]
pub struct Table {
    refs: Vec<Ref>,
}

impl Table {
    pub fn place(&mut self, item: Ref) -> u32 {
        self.refs.push(item);
        self.refs.len() as u32 - 1
    }

    pub fn places(&mut self, items: &[Ref]) -> Vec<u32> {
        items.iter().map(|item| self.place(*item)).collect()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.refs.iter().flat_map(|item| postcard::to_allocvec(item).expect("a ref encodes")).collect()
    }
}

/// What JavaScript gives back: a head of one byte, then a ref, or the number of an actor that this turn spawns.
pub struct Given(Vec<Item>);

#[derive(Clone, Copy)]
enum Item {
    /// And what it keeps in a message.
    Ref(Ref, Rights),
    Born(usize, Rights),
}

/// In the low half of the head. The high half: the rights it keeps in a message.
const BORN: u8 = 1;

impl Given {
    /// None: not what the module writes.
    pub fn read(bytes: &[u8]) -> Option<Given> {
        let (items, rest) = bytes.as_chunks::<{ 1 + REF }>();
        rest.is_empty().then_some(())?;
        items.iter().map(Item::read).collect::<Option<Vec<Item>>>().map(Given)
    }

    /// `born` are those spawned so far.
    pub fn find(&self, place: u32, born: &[Ref]) -> Option<Ref> {
        match *self.0.get(place as usize)? {
            Item::Ref(item, lends) => Some(item.lending(lends)),
            Item::Born(number, lends) => born.get(number).map(|item| item.lending(lends)),
        }
    }

    /// All, with no more rights than they were lent with: for a message from outside.
    pub fn lent(&self) -> Vec<Ref> {
        let lent = |item: &Item| match *item {
            Item::Ref(item, lends) => Some(item.attenuated(lends)),
            Item::Born(..) => None,
        };
        self.0.iter().filter_map(lent).collect()
    }

    pub fn find_all(&self, places: &[u32], born: &[Ref]) -> Option<Vec<Ref>> {
        places.iter().map(|place| self.find(*place, born)).collect()
    }
}

impl Item {
    fn read(bytes: &[u8; 1 + REF]) -> Option<Item> {
        let (head, rest) = (bytes[0], &bytes[1..]);
        let lends = rights(head >> 4);
        if head & BORN != 0 {
            return Some(Item::Born(u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize, lends));
        }
        postcard::from_bytes::<Ref>(rest).ok().map(|item| Item::Ref(item, lends))
    }
}

/// Send and watch, and what else is named by a bit.
fn rights(bits: u8) -> Rights {
    [(1, Rights::LINK), (2, Rights::CONTROL)]
        .iter()
        .fold(Rights::LENT, |all, (bit, right)| if bits & bit != 0 { all.and(*right) } else { all })
}
