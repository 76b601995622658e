//! Where an actor's objects are: each is an entry of its map, so that a turn writes down only those that it changed, and a value here
//! from the first turn that looks at it.
use super::{Actor, Context, near::Kind};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    format,
    vec::Vec,
};
use core::{any::Any, cell::OnceCell};
use peerd_caps::Letter;
use peerd_vat::{Crash, NotPut, Ref, Settle, append};
use serde::Serialize;

/// The table that they lie in.
const TABLE: u8 = 253;
/// So many are made or let go of before the rest is looked through, or as many as the last look left.
const SWEEP_MIN: usize = 16;

/// Any object, whatever its type.
pub trait Thing: Any + Send {
    /// # Errors
    /// `encode`, in the words of its type.
    fn encode(&self, to: &mut Vec<u8>) -> Result<(), Crash>;
}

impl<T: Serialize + Send + 'static> Thing for T {
    fn encode(&self, to: &mut Vec<u8>) -> Result<(), Crash> {
        append(self, to)
    }
}

/// Of one actor, in one life.
#[derive(Default)]
pub(super) struct Objects {
    is_open: bool,
    slots: BTreeMap<u32, Slot>,
    /// Looked at to be changed, in this turn.
    touched: Vec<u32>,
    /// Since the last sweep, which left so many.
    made: usize,
    left: usize,
}

struct Slot {
    /// In the actor's `OBJECTS`.
    kind: usize,
    value: OnceCell<Box<dyn Thing>>,
    is_touched: bool,
    /// The refs in it whose holders the kernel counts.
    counted: Vec<Ref>,
}

impl Objects {
    pub fn counted(&self) -> Vec<Ref> {
        self.slots.values().flat_map(|slot| slot.counted.iter().copied()).collect()
    }
}

impl<A: Actor> Context<'_, '_, A> {
    fn objects(&self) -> &Objects {
        self.own.objects().expect("opened before the turn")
    }

    /// Before a turn. The first of a life finds out which there are.
    pub(super) fn open_objects(&mut self, actor: &A) -> Result<(), Crash> {
        if A::OBJECTS.is_empty() {
            return Ok(());
        }
        let objects = &mut self.own.desk().objects;
        if !objects.is_open {
            objects.is_open = true;
            for (key, value) in self.cx.map().prefixed(&[TABLE]) {
                let (number, kind, _) = read::<A>(key, value)?;
                objects
                    .slots
                    .insert(number, Slot { kind, value: OnceCell::new(), is_touched: false, counted: Ref::counted_in(value).collect() });
            }
            if let Some((last, _)) = objects.slots.last_key_value() {
                self.cx.has_object(*last);
            }
        }
        let changed = objects.made + self.cx.let_go();
        if changed >= objects.left.max(SWEEP_MIN) { self.sweep_objects(actor) } else { Ok(()) }
    }

    /// After a turn that went well: what it changed is written.
    pub(super) fn keep_objects(&mut self) -> Result<(), Crash> {
        let Some(desk) = self.own.0.as_deref_mut().filter(|_| !A::OBJECTS.is_empty()) else { return Ok(()) };
        for number in desk.objects.touched.drain(..) {
            let Some(slot) = desk.objects.slots.get_mut(&number) else { continue };
            let name = A::OBJECTS[slot.kind].name;
            let mut bytes = Vec::from([name.len() as u8]);
            bytes.extend_from_slice(name.as_bytes());
            slot.value.get().expect("it was looked at").encode(&mut bytes)?;
            slot.is_touched = false;
            slot.counted = Ref::counted_in(&bytes).collect();
            self.cx.put(&key(number), &bytes).map_err(NotPut::crash)?;
        }
        Ok(())
    }

    pub(super) fn put_thing(&mut self, kind: usize, value: Box<dyn Thing>) -> Ref {
        let number = self.cx.fresh_object();
        let objects = &mut self.own.desk().objects;
        objects.made += 1;
        objects.touched.push(number);
        objects.slots.insert(number, Slot { kind, value: OnceCell::from(value), is_touched: true, counted: Vec::new() });
        self.cx.object(number)
    }

    pub(super) fn is_of_kind(&self, number: u32, name: &str) -> bool {
        self.objects().slots.get(&number).is_some_and(|slot| A::OBJECTS[slot.kind].name == name)
    }

    pub(super) fn thing(&self, object: Ref) -> &dyn Thing {
        let number = self.cx.own_object(object).expect("a near is of the actor that it is in");
        let slot = self.objects().slots.get(&number).expect("what is known inside is kept");
        let value = slot.value.get_or_init(|| {
            let bytes = self.cx.map().get(&key(number)).expect("it is written in the turn that made it");
            let (_, kind, rest) = read::<A>(&key(number), bytes).expect("it was read when this life began");
            (A::OBJECTS[kind].decode)(rest).expect("code of the schema that wrote it")
        });
        &**value
    }

    pub(super) fn thing_mut(&mut self, object: Ref) -> &mut dyn Thing {
        self.thing(object);
        let number = self.cx.own_object(object).expect("looked at above");
        let objects = &mut self.own.desk().objects;
        let slot = objects.slots.get_mut(&number).expect("looked at above");
        if !slot.is_touched {
            slot.is_touched = true;
            objects.touched.push(number);
        }
        &mut **slot.value.get_mut().expect("looked at above")
    }

    /// A message to an object.
    pub(super) fn handle_for(&mut self, number: u32, letter: Letter<'_>) -> Result<(), Crash> {
        let Some(kind) = self.objects().slots.get(&number).map(|slot| slot.kind) else {
            letter.refuse(&Settle::Noproc, self.cx);
            return Ok(());
        };
        let me = self.cx.object(number);
        (A::OBJECTS[kind].handle)(me, letter, self)
    }

    /// Forgets what neither others know, nor the actor itself, nor an object that stays.
    fn sweep_objects(&mut self, actor: &A) -> Result<(), Crash> {
        let mut state = Vec::new();
        append(actor, &mut state)?;
        let desk = self.own.desk();
        let waiting = desk.asks.iter().filter_map(|ask| ask.by);
        let held = desk.objects.slots.keys().copied().filter(|number| self.cx.is_held(*number));
        let mut found: Vec<u32> = held.chain(waiting).chain(self.cx.own_objects_in(&state)).collect();
        let mut stays = BTreeSet::new();
        while let Some(number) = found.pop() {
            if stays.insert(number) {
                let bytes = self.cx.map().get(&key(number)).unwrap_or_default();
                found.extend(self.cx.own_objects_in(bytes));
            }
        }
        for (number, _) in desk.objects.slots.extract_if(.., |number, _| !stays.contains(number)) {
            self.cx.delete(&key(number));
        }
        (desk.objects.made, desk.objects.left) = (0, stays.len());
        self.cx.forget_let_go();
        Ok(())
    }
}

fn key(number: u32) -> [u8; 5] {
    let [a, b, c, d] = number.to_be_bytes();
    [TABLE, a, b, c, d]
}

/// Number, kind and state of an entry.
fn read<'a, A: Actor>(key: &[u8], value: &'a [u8]) -> Result<(u32, usize, &'a [u8]), Crash> {
    let number = key.get(1..).and_then(|number| number.try_into().ok()).map(u32::from_be_bytes);
    let named = value.split_first().and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)));
    let kind = |name: &[u8]| A::OBJECTS.iter().position(|kind: &Kind<A>| kind.name.as_bytes() == name);
    let read = number.zip(named).and_then(|(number, (name, rest))| Some((number, kind(name)?, rest)));
    read.ok_or_else(|| Crash::new("decode", format!("an object that {} does not know", A::NAME)))
}
