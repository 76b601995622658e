//! A reference to a third party's object, given on: the gifter's part.
use alloc::vec::Vec;

use peerd_syrup::Writer;

use super::Peer;
use super::write::write_descriptor;
use crate::cell::refs_of_all;
use crate::give::write_give;
use crate::keys::Id;
use crate::session::Sid;
use crate::value::{Far, Ref, Value};

/// Signed gives that stand for references in a message that is being written.
#[derive(Default)]
pub(crate) struct Gives(Vec<(Ref, Vec<u8>)>);

impl Gives {
    pub fn take(&mut self, reference: Ref) -> Option<Vec<u8>> {
        let at = self.0.iter().position(|(known, _)| *known == reference)?;
        Some(self.0.swap_remove(at).1)
    }
}

impl Peer {
    /// Deposits with their exporters what a message is about to mention and can be handed off; each mention is a gift of its own.
    pub(super) fn deposit(&mut self, to: Sid, args: &[Value]) -> Gives {
        let mut found = Vec::new();
        refs_of_all(args, &mut |reference| found.push(reference));
        let mut gives = Gives::default();
        for reference in found {
            let reference = self.shortest(reference);
            if let Ref::Far(Far(id)) = reference
                && let Some((exporter, position)) = self.fars.get(id).map(|far| (far.sid, far.position))
                && exporter != to
                && self.may_hand_off(exporter, to)
            {
                let give = self.give(exporter, position, to);
                gives.0.push((reference, give));
            }
        }
        gives
    }

    /// Whether the receiver could reach the exporter, and we know who that is. If not, what is given is a forwarder of ours.
    fn may_hand_off(&self, exporter: Sid, receiver: Sid) -> bool {
        let them = |sid: Sid| self.sessions.get(sid).and_then(|session| session.them());
        let (Some(exporter), Some(receiver)) = (them(exporter), them(receiver)) else { return false };
        exporter.found
            && exporter.location.is_reachable()
            && exporter.location.transport == receiver.location.transport
            && !exporter.location.same_peer(&receiver.location)
    }

    fn give(&mut self, exporter: Sid, position: u64, receiver: Sid) -> Vec<u8> {
        let gift: Id = self.entropy.draw();
        let receiver_key = self.sessions.get(receiver).and_then(|session| session.them()).expect("may_hand_off saw it").key;
        let mut message = core::mem::take(&mut self.scratch);
        message.extend_from_slice(b"<10'op:deliver<11'desc:export0+>[12'deposit-gift");
        Writer(&mut message).bytes(&gift);
        write_descriptor("desc:export", position, &mut message);
        message.extend_from_slice(b"]ff>");
        self.send_frame(exporter, message);
        let session = self.sessions.get(exporter).expect("may_hand_off saw it");
        let them = session.them().expect("may_hand_off saw it");
        write_give(session.dialect, &session.keys, &receiver_key, &them.location, &them.id, &them.our_side, &gift)
    }
}
