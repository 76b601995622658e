//! What comes from outside for an actor that can't be given it yet: it stands in a line of that actor's, in order.
//!
//! Either the mailbox is full, or something that was said before is still on its way through the root's mailbox.
use peerd_vat::{Input, Outputs, Ref, Refused, Time, Vat};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Limit: only what was in the inbox when the line began; senders to an actor whose mailbox is full are refused from then on.
pub(crate) struct Lines {
    root: Ref,
    // Invariant: no line is empty.
    lines: BTreeMap<Ref, Line>,
    transit: Transit,
}

struct Line {
    inputs: VecDeque<Input>,
    is_full: bool,
}

/// Whether an actor's mailbox has begun to be full for what comes from outside, or has room again.
pub(crate) type Change = (Ref, bool);

impl Lines {
    /// `handled` counts the orders that the root has handled.
    pub fn new(root: Ref, handled: Arc<AtomicU64>) -> Lines {
        Lines { root, lines: BTreeMap::new(), transit: Transit { handled, seen: 0, orders: VecDeque::new(), about: BTreeMap::new() } }
    }

    /// Admits it, or lets it stand in the line of whom it is about.
    pub fn admit(&mut self, vat: &mut Vat, now: Time, about: Ref, input: Input, out: &mut Outputs) -> Option<Change> {
        if let Some(line) = self.lines.get_mut(&about) {
            // An exit is for actors that are stuck, too.
            if !(line.is_full && matches!(input, Input::Exit { .. })) {
                line.inputs.push_back(input);
                return None;
            }
        } else if self.must_wait(about, &input) {
            self.lines.insert(about, Line { inputs: VecDeque::from([input]), is_full: false });
            return None;
        }
        let back = self.pass(vat, now, about, input, out).err()?;
        self.lines.insert(about, Line { inputs: VecDeque::from([back]), is_full: true });
        Some((about, true))
    }

    /// After turns.
    pub fn advance(&mut self, vat: &mut Vat, now: Time, out: &mut Outputs) -> Vec<Change> {
        self.transit.look();
        let mut changes = Vec::new();
        for about in self.lines.keys().copied().collect::<Vec<_>>() {
            let Some(mut line) = self.lines.remove(&about) else { continue };
            let was_full = line.is_full;
            line.is_full = false;
            while let Some(input) = line.inputs.pop_front() {
                if self.must_wait(about, &input) {
                    line.inputs.push_front(input);
                    break;
                }
                if let Err(back) = self.pass(vat, now, about, input, out) {
                    line.inputs.push_front(back);
                    line.is_full = true;
                    break;
                }
            }
            if line.is_full != was_full {
                changes.push((about, line.is_full));
            }
            if !line.inputs.is_empty() {
                self.lines.insert(about, line);
            }
        }
        changes
    }

    /// Behind an order about the same actor that the root has not handled.
    fn must_wait(&self, about: Ref, input: &Input) -> bool {
        !self.is_order(input) && self.transit.has(about)
    }

    fn is_order(&self, input: &Input) -> bool {
        matches!(input, Input::Message { to, .. } if *to == self.root)
    }

    fn pass(&mut self, vat: &mut Vat, now: Time, about: Ref, input: Input, out: &mut Outputs) -> Result<(), Input> {
        let is_order = self.is_order(&input);
        match vat.handle(now, input, out) {
            Err(Refused::Full(back)) => Err(back),
            // It ends with its journal, and was booted with a root it has.
            Ok(()) | Err(Refused::Broken(_) | Refused::NoBehaviour(_)) => {
                if is_order {
                    self.transit.begin(about);
                }
                Ok(())
            }
        }
    }
}

/// Orders in the root's mailbox. What is told an actor directly must not overtake what the root was told to ask it.
struct Transit {
    handled: Arc<AtomicU64>,
    seen: u64,
    orders: VecDeque<Ref>,
    about: BTreeMap<Ref, usize>,
}

impl Transit {
    fn begin(&mut self, about: Ref) {
        self.orders.push_back(about);
        *self.about.entry(about).or_default() += 1;
    }

    /// The root handles its orders in order.
    fn look(&mut self) {
        let handled = self.handled.load(Relaxed);
        for _ in self.seen..handled {
            let Some(about) = self.orders.pop_front() else { break };
            if let Some(count) = self.about.get_mut(&about) {
                *count -= 1;
                if *count == 0 {
                    self.about.remove(&about);
                }
            }
        }
        self.seen = handled;
    }

    fn has(&self, about: Ref) -> bool {
        self.about.contains_key(&about)
    }
}
