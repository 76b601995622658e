//! An attenuator's rule is asked for each message, and what it says is what its target gets.
use super::kit::World;
use peerd_caps::{
    Letter,
    attenuator::{self, Attenuate},
};
use peerd_vat::{Ref, Settle};
use serde::{Deserialize, Serialize};

/// Passes so many messages, with a polite word behind them, and no refs.
#[derive(Serialize, Deserialize)]
pub struct Polite {
    left: u32,
}

impl Attenuate for Polite {
    const NAME: &'static str = "polite";

    fn pass(&mut self, letter: Letter<'_>) -> Result<(Vec<u8>, Vec<Ref>), Settle> {
        if letter.body == b"rude" {
            return Err(Settle::Revoked);
        }
        self.left = self.left.checked_sub(1).ok_or(Settle::Overloaded)?;
        Ok(([letter.body, b", please"].concat(), Vec::new()))
    }
}

#[test]
fn a_rule_changes_refuses_and_remembers() {
    let mut world = World::new();
    world.turn(|owner, cx| {
        let polite = attenuator::spawn(cx, owner.get("a"), &Polite { left: 3 });
        let b = owner.get("b");
        cx.send_with(polite, b"told", &[b]);
        for body in [b"tea".as_slice(), b"rude", b"cake", b"more"] {
            owner.ask("asked", polite, body, &[], cx);
        }
    });
    assert_eq!(world.heard(), ["a: told, please of 0 refs"]);
    assert_eq!(world.settled(), ["asked: revoked", "asked: overloaded", "asked: a tea, please", "asked: a cake, please"]);
}
