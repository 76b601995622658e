//! What comes through a connection: whole frames in the order of their numbers, or the connection is cut.
use super::{
    letters::Came,
    peer::Phase,
    wire::{Frame, Hello, VERSION},
};
use crate::{Vat, VatId};
use core::mem;

/// Why a connection is cut.
type Why = &'static str;

impl Vat {
    pub(crate) fn hear(&mut self, vat: VatId, bytes: &[u8]) {
        if self.links.phase(vat) == Phase::Down {
            // The host brought it in after the end; nothing of it may count any more.
            return;
        }
        let Some(peer) = self.links.peers.get_mut(&vat) else { return };
        let mut stream = mem::take(&mut peer.stream);
        stream.push(bytes);
        loop {
            let heard = match stream.next() {
                Ok(Some(frame)) => self.hear_frame(vat, frame),
                Ok(None) => break,
                Err(why) => Err(why),
            };
            if let Err(why) = heard {
                return self.cut(vat, why);
            }
        }
        if let Some(peer) = self.links.peers.get_mut(&vat) {
            peer.stream = stream;
        }
    }

    fn hear_frame(&mut self, vat: VatId, bytes: &[u8]) -> Result<(), Why> {
        let ((number, frame), rest) = postcard::take_from_bytes::<(u64, Frame<'_>)>(bytes).map_err(|_| "a frame that can't be read")?;
        if !rest.is_empty() {
            return Err("a frame with something behind it");
        }
        match frame {
            Frame::Hello(hello) => self.greeted(vat, number, &hello),
            _ if self.links.phase(vat) != Phase::Open => Err("a frame before hello"),
            frame => {
                self.count(vat, number)?;
                match frame {
                    Frame::Hello(_) => unreachable!("handled above"),
                    Frame::Word { from, to, rights, word } => self.arrive(vat, from, to, rights, word)?,
                    Frame::Credit { to, entries, bytes } => {
                        let epoch = self.links.peers.get(&vat).and_then(|peer| peer.epoch).unwrap_or_default();
                        if let Some(far) = self.links.fars.find(vat, epoch, to) {
                            if let Some(far) = self.links.fars.get_mut(far) {
                                far.window.grant(entries, bytes);
                            }
                            self.resume(far);
                            self.links.fars.may_be_idle(far);
                        }
                    }
                    Frame::Letter { id, after, from, to, rights, body, refs } => {
                        self.letter_came(vat, &Came { id, after, from, to, rights, body, refs: &refs })?;
                    }
                    Frame::Received { upto } => self.received(vat, upto)?,
                    Frame::Again => self.send_again(vat),
                    Frame::Carry { to, piece } => self.carry_between(vat, to, piece),
                    Frame::Carried { from, piece } => self.carried(vat, from, piece),
                    Frame::Returned { actor, copies } => {
                        if self.links.exports.give_back(actor, copies, vat) {
                            self.end_export(actor);
                        }
                    }
                    Frame::Shared { actor, with, rights } => self.links.exports.share(actor, crate::Rights(rights), with),
                }
                Ok(())
            }
        }
    }

    fn count(&mut self, vat: VatId, number: u64) -> Result<(), Why> {
        let Some(peer) = self.links.peers.get_mut(&vat) else { return Err("an unknown vat") };
        if number != peer.heard.wrapping_add(1) {
            return Err("a frame out of order");
        }
        peer.heard = number;
        Ok(())
    }

    fn greeted(&mut self, vat: VatId, number: u64, hello: &Hello) -> Result<(), Why> {
        let me = self.config;
        let Some(peer) = self.links.peers.get_mut(&vat) else { return Err("an unknown vat") };
        if peer.phase != Phase::Greeting {
            return Err("a second hello");
        }
        if hello.version != VERSION || (hello.vat, hello.to) != (vat, me.vat) {
            return Err("a hello of another version, or for another");
        }
        if peer.epoch.is_some_and(|met| hello.epoch < met) {
            return Err("a stale epoch");
        }
        if hello.met.is_some_and(|met| met > me.epoch) {
            return Err("this epoch is stale");
        }
        if number != hello.said.wrapping_add(1) {
            return Err("a frame out of order");
        }
        let is_new_life = peer.epoch != Some(hello.epoch);
        if !is_new_life && number <= peer.heard {
            return Err("a frame heard before");
        }
        peer.phase = Phase::Open;
        peer.epoch = Some(hello.epoch);
        peer.heard = number;
        peer.root = hello.root;
        peer.intake.begin();
        if is_new_life {
            // What its earlier life was lent is nobody's.
            let gone = self.links.exports.forget_vat(vat);
            gone.into_iter().for_each(|name| self.end_export(name));
            self.links.fars.renew(vat, hello.epoch);
        }
        // Before all else that waits for them.
        self.send_letters(vat);
        for far in self.links.fars.of(vat) {
            self.resume(far);
            self.links.fars.may_be_idle(far);
        }
        Ok(())
    }
}
