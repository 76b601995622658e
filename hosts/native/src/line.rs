//! Messages from outside whose actor's mailbox is full: they stand in line before it, each actor's in a line of its own.
use peerd_vat::{Input, Outputs, Ref, Refused, Time, Vat};
use std::collections::{BTreeMap, VecDeque};

/// Limit: only what was in the inbox when a mailbox was found full; from then on senders are refused.
#[derive(Default)]
pub(crate) struct Lines {
    // Invariant: no line is empty.
    lines: BTreeMap<Ref, VecDeque<Input>>,
}

impl Lines {
    /// Admits it, unless it has to wait behind others. Some: before that actor's mailbox a line has begun.
    pub fn admit(&mut self, vat: &mut Vat, now: Time, input: Input, out: &mut Outputs) -> Option<Ref> {
        if let Input::Message { to, .. } = &input
            && let Some(line) = self.lines.get_mut(to)
        {
            line.push_back(input);
            return None;
        }
        match vat.handle(now, input, out) {
            Err(Refused::Full(input)) => {
                let Input::Message { to, .. } = &input else { unreachable!("only a mailbox is full") };
                let to = *to;
                self.lines.insert(to, VecDeque::from([input]));
                Some(to)
            }
            // The host ends with its journal, and boots with a root it has.
            Ok(()) | Err(Refused::Broken(_) | Refused::NoBehaviour(_)) => None,
        }
    }

    /// After turns. Those before whose mailboxes nothing stands any more.
    pub fn advance(&mut self, vat: &mut Vat, now: Time, out: &mut Outputs) -> Vec<Ref> {
        let mut done = Vec::new();
        for (to, line) in &mut self.lines {
            while let Some(input) = line.pop_front() {
                if let Err(Refused::Full(input)) = vat.handle(now, input, out) {
                    line.push_front(input);
                    break;
                }
            }
            if line.is_empty() {
                done.push(*to);
            }
        }
        for to in &done {
            self.lines.remove(to);
        }
        done
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}
