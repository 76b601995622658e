//! What nobody has is forgotten on both sides.
use super::kit::World;
use crate::VatId;

#[test]
fn a_ref_that_nobody_has_any_more_is_given_back_and_its_stand_in_goes() {
    let mut world = World::new(3);
    world.play("r1: spawn a; send v2 {keep a} a; send v2 {keep b} a\nr2: send v3 {keep a} a; send a hello");
    assert_eq!(world.vat(VatId(1)).links.exports.live(), 1);
    let with_it = world.vat(VatId(2)).tables.slots.keys().count();
    world.play("r2: drop a\nr2: drop b");
    assert_eq!(world.vat(VatId(2)).tables.slots.keys().count(), with_it - 1);
    world.play("r3: send a {still here}");
    assert_eq!(world.handled("a"), ["hello", "still here"]);
    assert_eq!(world.vat(VatId(1)).links.exports.live(), 1, "the third vat has it");
    world.play("r3: drop a");
    assert_eq!(world.vat(VatId(1)).links.exports.live(), 0);
}

#[test]
fn senders_callers_and_watchers_leave_nothing_behind() {
    let mut world = World::new(2);
    world.play("r1: spawn a; send v2 {keep a} a+");
    let before = world.in_use();
    world.play(
        "r2: spawn b; send b {keep a; send a hello; call a {reply yes}; watch a; link a; unlink a; unwatch; call a {drop x}; stop normal} a+
         +6000",
    );
    assert_eq!(world.in_use(), before);
}
