//! Which of the gateway's objects stands for what of a peer, and which actor of this vat is known to peers by which number.
use alloc::{collections::BTreeMap, vec::Vec};
use peerd_captp::{Object, Peer, Ref as Reference, Value};
use peerd_vat::{Cx, Ref};

#[derive(Default)]
pub(crate) struct Presences {
    /// Objects of the gateway, each a peer's object or promise. The machine is owed one release for each.
    far: BTreeMap<u32, Reference>,
    numbers: BTreeMap<Reference, u32>,
    /// Actors that peers have, or can fetch.
    near: BTreeMap<u64, Ref>,
    exported: BTreeMap<Ref, u64>,
    last: u64,
}

/// The refs of a message in the making, each once.
///
/// Limit: a message of 1 MiB names fewer than 65,535, which is as many as the kernel's carry.
#[derive(Default)]
pub(crate) struct Table {
    pub refs: Vec<Ref>,
    // Why a map: a peer chooses how many there are.
    places: BTreeMap<Ref, usize>,
}

impl Table {
    fn place(&mut self, item: Ref) -> usize {
        *self.places.entry(item).or_insert_with(|| {
            self.refs.push(item);
            self.refs.len() - 1
        })
    }
}

impl Presences {
    pub fn far(&self, number: u32) -> Option<Reference> {
        self.far.get(&number).copied()
    }

    pub fn near(&self, object: Object) -> Option<Ref> {
        self.near.get(&object.0).copied()
    }

    pub fn nears(&self) -> impl Iterator<Item = Ref> + '_ {
        self.near.values().copied()
    }

    /// How many are had, and how many are given.
    pub fn counts(&self) -> (u32, u32) {
        (self.far.len() as u32, self.near.len() as u32)
    }

    pub fn has_far(&self) -> bool {
        !self.far.is_empty()
    }

    /// The ref for something of a peer's that the machine has just handed over, once more or for the first time.
    pub fn bring(&mut self, reference: Reference, peer: &mut Peer, cx: &mut Cx<'_>) -> Ref {
        if let Some(number) = self.numbers.get(&reference) {
            peer.release(reference);
            return cx.object(*number);
        }
        let number = cx.fresh_object();
        self.numbers.insert(reference, number);
        self.far.insert(number, reference);
        cx.object(number)
    }

    /// What of a peer's nobody here has any more goes back.
    pub fn sweep(&mut self, peer: &mut Peer, cx: &mut Cx<'_>) {
        if cx.let_go() == 0 {
            return;
        }
        let gone: Vec<u32> = self.far.keys().copied().filter(|number| !cx.is_held(*number)).collect();
        for number in gone {
            let reference = self.far.remove(&number).expect("it was just found");
            self.numbers.remove(&reference);
            peer.release(reference);
        }
        cx.forget_let_go();
    }

    /// What a peer is given for a ref of ours: its own object, or the actor with the right to send.
    pub fn give(&mut self, to_give: Ref, cx: &Cx<'_>) -> Reference {
        if let Some(reference) = cx.own_object(to_give).and_then(|number| self.far(number)) {
            return reference;
        }
        let last = &mut self.last;
        let number = *self.exported.entry(to_give).or_insert_with(|| {
            *last += 1;
            *last
        });
        self.near.insert(number, to_give);
        Reference::Local(Object(number))
    }

    pub fn drop(&mut self, object: Object) {
        if let Some(near) = self.near.remove(&object.0) {
            self.exported.remove(&near);
        }
    }

    /// A value as peers see it. None: it names a place that the table has not.
    pub fn outward(&mut self, value: Value, table: &[Ref], cx: &Cx<'_>) -> Option<Value> {
        Some(match value {
            Value::Ref(Reference::Local(place)) => Value::Ref(self.give(*table.get(place.0 as usize)?, cx)),
            Value::List(items) => Value::List(items.into_iter().map(|item| self.outward(item, table, cx)).collect::<Option<_>>()?),
            Value::Struct(fields) => {
                let mut outward = |(key, item)| Some((key, self.outward(item, table, cx)?));
                Value::Struct(fields.into_iter().map(&mut outward).collect::<Option<_>>()?)
            }
            Value::Tagged(tag, mut content) => {
                *content = self.outward(*content, table, cx)?;
                Value::Tagged(tag, content)
            }
            plain => plain,
        })
    }

    /// A value as actors see it, its references in the table.
    pub fn inward(&mut self, value: Value, table: &mut Table, peer: &mut Peer, cx: &mut Cx<'_>) -> Value {
        match value {
            Value::Ref(reference) => {
                let here = match reference {
                    Reference::Local(object) => self.near(object).unwrap_or_else(Ref::nobody),
                    far => self.bring(far, peer, cx),
                };
                crate::portable::nth(table.place(here))
            }
            Value::List(items) => Value::List(items.into_iter().map(|item| self.inward(item, table, peer, cx)).collect()),
            Value::Struct(fields) => {
                Value::Struct(fields.into_iter().map(|(key, item)| (key, self.inward(item, table, peer, cx))).collect())
            }
            Value::Tagged(tag, mut content) => {
                *content = self.inward(*content, table, peer, cx);
                Value::Tagged(tag, content)
            }
            plain => plain,
        }
    }
}
