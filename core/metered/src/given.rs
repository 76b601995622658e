//! What a guest may name in one turn, by index: the one way from a number of its own to a ref.
use alloc::vec::Vec;
use peerd_actor::wire::{FIRST, INDEX, REPLY, RIGHTS_SHIFT, SELF};
use peerd_vat::{Crash, Ref, Rights};

/// The table of one turn.
pub(crate) struct Given<'a> {
    pub me: Ref,
    pub reply: Option<Ref>,
    pub state: &'a [Ref],
    pub message: &'a [Ref],
    /// Spawned so far.
    pub born: Vec<Ref>,
    /// Callers that were answered in this turn.
    used: Vec<Ref>,
}

impl<'a> Given<'a> {
    pub fn new(me: Ref, reply: Option<Ref>, state: &'a [Ref], message: &'a [Ref]) -> Given<'a> {
        Given { me, reply, state, message, born: Vec::new(), used: Vec::new() }
    }

    /// Of an operation that names one.
    pub fn find(&self, index: u64) -> Result<Ref, Crash> {
        let found = u32::try_from(index).ok().and_then(|index| self.get(index));
        let found = found.ok_or_else(|| Crash::new("ref", "the guest named a ref that is not of this turn"))?;
        self.check(found).map(|()| found)
    }

    /// Not of a caller that was answered.
    pub fn check(&self, item: Ref) -> Result<(), Crash> {
        if self.used.contains(&item) { Err(Crash::new("reply", "the guest named a caller that it has answered")) } else { Ok(()) }
    }

    /// Of a list: with what it keeps of its rights.
    pub fn find_lent(&self, item: u32) -> Result<Ref, Crash> {
        let found = self.find(u64::from(item & INDEX))?;
        let rights = item >> RIGHTS_SHIFT;
        if rights == 0 {
            return Ok(found);
        }
        let named = [(1, Rights::SEND), (2, Rights::WATCH), (4, Rights::LINK), (8, Rights::CONTROL)];
        Ok(found.lending(named.iter().filter(|(bit, _)| rights & bit != 0).fold(Rights::NONE, |all, (_, right)| all.and(*right))))
    }

    /// A list of `u32`s.
    pub fn find_all(&self, items: &[u8]) -> Result<Vec<Ref>, Crash> {
        let (items, rest) = items.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(Crash::new("entry", "a list of refs that is none"));
        }
        items.iter().map(|item| self.find_lent(u32::from_le_bytes(*item))).collect()
    }

    /// A caller that is answered: of no use any more in this turn.
    pub fn find_caller(&mut self, index: u64) -> Result<Ref, Crash> {
        let found = self.find(index)?;
        if !found.is_one_shot() {
            return Err(Crash::new("reply", "the guest answered who asked nothing"));
        }
        self.used.push(found);
        Ok(found)
    }

    /// Whoever is sent to: an answer by another name if it is a caller.
    pub fn find_target(&mut self, index: u64) -> Result<Ref, Crash> {
        let found = self.find(index)?;
        if found.is_one_shot() {
            self.used.push(found);
        }
        Ok(found)
    }

    fn get(&self, index: u32) -> Option<Ref> {
        match index {
            SELF => return Some(self.me),
            REPLY => return self.reply,
            _ => {}
        }
        let mut at = (index - FIRST) as usize;
        for part in [self.state, self.message, &self.born] {
            match part.get(at) {
                Some(found) => return Some(*found),
                None => at -= part.len(),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_vat::{PortId, Vat};

    #[test]
    fn an_index_leads_to_what_was_given_and_no_other_to_anything() {
        let port = |number| Vat::port_of(PortId(number));
        let (state, message) = ([port(1), port(2)], [port(3)]);
        let mut given = Given::new(port(9), None, &state, &message);
        given.born.push(port(4));
        let found: Vec<Option<Ref>> = (0..8).map(|index| given.find(index).ok()).collect();
        assert_eq!(found, [Some(port(9)), None, Some(port(1)), Some(port(2)), Some(port(3)), Some(port(4)), None, None]);
        for index in [1 << 32, u64::MAX, u64::from(u32::MAX), 1 << 28] {
            assert!(given.find(index).is_err());
        }
        assert!(given.find_lent(INDEX).is_err());
        assert_eq!(given.find_lent(2 | 0xF << RIGHTS_SHIFT), Ok(port(1)));
        assert!(given.find_all(&[2, 0, 0, 0, 3]).is_err());
        assert!(given.find_caller(2).is_err(), "a port asks nothing");
    }
}
