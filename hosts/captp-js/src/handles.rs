//! References of the machine under numbers, which is what JavaScript holds.
use peerd_captp::{Ref, Resolver};
use std::collections::BTreeMap;

/// A number is given out again when its reference was let go.
#[derive(Default)]
pub struct Handles {
    slots: Vec<Option<Ref>>,
    free: Vec<u32>,
    numbers: BTreeMap<Ref, u32>,
    resolvers: Resolvers,
}

#[derive(Default)]
struct Resolvers {
    slots: Vec<Option<Resolver>>,
    free: Vec<u32>,
}

impl Handles {
    /// Its number, and whether it has it from now on.
    pub fn number(&mut self, reference: Ref) -> (u32, bool) {
        if let Some(number) = self.numbers.get(&reference) {
            return (*number, false);
        }
        let number = place(&mut self.slots, &mut self.free, reference);
        self.numbers.insert(reference, number);
        (number, true)
    }

    pub fn get(&self, number: u32) -> Option<Ref> {
        *self.slots.get(number as usize)?
    }

    pub fn remove(&mut self, number: u32) -> Option<Ref> {
        let reference = self.slots.get_mut(number as usize)?.take()?;
        self.numbers.remove(&reference);
        self.free.push(number);
        Some(reference)
    }

    pub fn keep_resolver(&mut self, resolver: Resolver) -> u32 {
        place(&mut self.resolvers.slots, &mut self.resolvers.free, resolver)
    }

    /// It is good for one time.
    pub fn take_resolver(&mut self, number: u32) -> Option<Resolver> {
        let resolver = self.resolvers.slots.get_mut(number as usize)?.take()?;
        self.resolvers.free.push(number);
        Some(resolver)
    }
}

fn place<T>(slots: &mut Vec<Option<T>>, free: &mut Vec<u32>, what: T) -> u32 {
    if let Some(number) = free.pop() {
        slots[number as usize] = Some(what);
        return number;
    }
    slots.push(Some(what));
    slots.len() as u32 - 1
}
