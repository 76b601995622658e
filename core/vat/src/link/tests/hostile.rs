//! Bytes from the other side: whatever they are, the vat lives, and the connection is cut with a reason.
use super::kit::World;
use crate::{
    Input, Outputs, VatId,
    link::{
        stream::frame,
        wire::{Above, Call, Frame, Hello, LetterId, Name, Piece, Sent, VERSION, Word},
    },
    refs::Key,
};
use alloc::{vec, vec::Vec};
use proptest::prelude::*;

const PEER: VatId = VatId(7);

/// A vat that has been greeted by a peer of our making.
fn greeted(epoch: u64) -> World {
    let mut world = World::new(1);
    world.play("r1: spawn a");
    world.input(VatId(1), Input::LinkUp { vat: PEER });
    say(&mut world, 1, &hello(epoch));
    world
}

fn hello(epoch: u64) -> Frame<'static> {
    Frame::Hello(Hello { version: VERSION, vat: PEER, epoch, to: VatId(1), met: None, said: 0, root: None })
}

fn say(world: &mut World, number: u64, what: &Frame<'_>) {
    let mut bytes = Vec::new();
    frame(&mut bytes, |to| postcard::to_extend(&(number, what), to).expect("plain data encodes"));
    world.input(VatId(1), Input::Link { vat: PEER, bytes });
    world.run();
}

fn word(key: Key, to: Key, word: Word<'_>) -> Frame<'_> {
    Frame::Word { from: Name { key, incarnation: 1 }, to: Name { key: to, incarnation: 0 }, rights: 15, word }
}

const THERE: Key = Key { index: 3, generation: 1 };

#[test]
fn an_actor_that_was_not_lent_is_noproc_for_whoever_guesses_its_key() {
    let mut world = greeted(1);
    let (_, a) = world.find("a");
    say(&mut world, 2, &word(THERE, a.key, Word::User { body: b"crash", refs: vec![], call: None, chain: vec![] }));
    say(&mut world, 3, &word(THERE, a.key, Word::Exit { reason: crate::Reason::Kill, linked: false }));
    say(&mut world, 4, &word(THERE, a.key, Word::Exit { reason: crate::Reason::Kill, linked: true }));
    say(&mut world, 5, &word(THERE, a.key, Word::Link));
    assert!(world.cut.is_empty() && world.vat(VatId(1)).tables.slots.is_live(a.key), "{:?}", world.transcript);
    assert!(world.handled("a").is_empty());
}

#[test]
fn an_answer_to_a_call_that_was_not_lent_is_nothing() {
    let mut world = greeted(1);
    world.play("a: call p1 x");
    say(&mut world, 2, &word(THERE, THERE, Word::Answer { shot: Key { index: 0, generation: 1 }, body: b"forged", refs: vec![] }));
    assert!(world.handled("a").is_empty(), "{:?}", world.handled("a"));
}

#[test]
fn a_stale_epoch_a_frame_twice_and_one_left_out_are_refused() {
    let mut world = greeted(5);
    world.input(VatId(1), Input::LinkDown { vat: PEER });
    world.input(VatId(1), Input::LinkUp { vat: PEER });
    say(&mut world, 1, &hello(4));
    assert_eq!(world.cut, ["1 from 7: a stale epoch"]);
    for number in [1, 3] {
        let mut world = greeted(5);
        say(&mut world, number, &Frame::Credit { to: THERE, entries: 1, bytes: 1 });
        assert_eq!(world.cut, ["1 from 7: a frame out of order"]);
    }
    let mut world = greeted(5);
    world.input(VatId(1), Input::LinkDown { vat: PEER });
    world.input(VatId(1), Input::LinkUp { vat: PEER });
    say(&mut world, 1, &hello(5));
    assert_eq!(world.cut, ["1 from 7: a frame heard before"]);
}

#[test]
fn a_frame_before_hello_a_second_hello_and_one_for_another_are_refused() {
    let mut world = greeted(1);
    say(&mut world, 2, &hello(1));
    assert_eq!(world.cut, ["1 from 7: a second hello"]);
    let mut world = World::new(1);
    world.input(VatId(1), Input::LinkUp { vat: PEER });
    say(&mut world, 1, &Frame::Returned { actor: THERE, copies: 1 });
    assert_eq!(world.cut, ["1 from 7: a frame before hello"]);
}

/// Frames of every form, with keys that may name anything.
fn any_frame() -> impl Strategy<Value = (u8, Key, Key, Key, u8)> {
    let key = || (0u32..6, 0u32..4).prop_map(|(index, generation)| Key { index, generation });
    (0u8..25, key(), key(), key(), any::<u8>())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut world = greeted(1);
        world.vat(VatId(1)).handle(crate::Time(0), Input::Link { vat: PEER, bytes }, &mut Outputs::new()).expect("taken");
    }

    #[test]
    fn no_frames_make_it_panic(frames in proptest::collection::vec(any_frame(), 0..30)) {
        let mut world = greeted(1);
        world.play("a: watch v7; spawn b linked");
        for (n, (which, from, to, other, byte)) in frames.into_iter().enumerate() {
            let name = Name { key: other, incarnation: 0 };
            let refs = vec![
                Sent::Mine { actor: name, rights: byte },
                Sent::Yours { actor: name, rights: byte },
                Sent::Theirs { vat: VatId(u32::from(byte) % 9), epoch: 1, actor: name, rights: byte },
                Sent::Reply { call: Call { shot: other, left_ms: u64::from(byte) }, caller: to },
                Sent::Dead,
            ];
            let call = (byte % 2 == 0).then_some(Call { shot: other, left_ms: u64::MAX - u64::from(byte) });
            let (reason, asked) = (crate::Reason::Kill, [byte, byte, 0]);
            let frame = match which {
                0 => Frame::Credit { to, entries: i32::MAX, bytes: i64::MAX },
                1 => Frame::Credit { to, entries: i32::MIN, bytes: i64::MIN },
                2 => Frame::Returned { actor: to, copies: u32::MAX },
                3 => Frame::Shared { actor: to, with: VatId(1), rights: byte },
                4 => word(from, to, Word::User { body: b"spawn c; send c x", refs, call, chain: vec![Above { vat: VatId(1), epoch: 1, shot: other }] }),
                5 => word(from, to, Word::Answer { shot: other, body: b"x", refs }),
                6 => word(from, to, Word::Failed { shot: other, settle: crate::Settle::Noproc }),
                7 => word(from, to, Word::Link),
                8 => word(from, to, Word::Unlink { id: 1 }),
                9 => word(from, to, Word::Unlinked { id: 1 }),
                10 => word(from, to, Word::Monitor { watch: other, identity: byte % 2 == 0 }),
                11 => word(from, to, Word::Demonitor { watch: other }),
                12 => word(from, to, Word::Exit { reason, linked: true }),
                13 => word(from, to, Word::Exit { reason, linked: false }),
                14 => word(from, to, Word::Down { watch: other, reason }),
                15 => word(from, to, Word::System { body: &asked, call: Call { shot: other, left_ms: 5 } }),
                16 => Frame::Carry { to: VatId(u32::from(byte) % 3), piece: Piece::Begin },
                17 => Frame::Carry { to: VatId(u32::from(byte) % 3), piece: Piece::End },
                18 => Frame::Carried { from: VatId(u32::from(byte) % 3), piece: Piece::Begin },
                19 => Frame::Carried { from: VatId(u32::from(byte) % 3), piece: Piece::Bytes(b"no frame of any kind") },
                20 => Frame::Carried { from: VatId(u32::from(byte) % 3), piece: Piece::End },
                21 => {
                    let id = LetterId { epoch: u64::from(byte) % 3, seq: u64::from(other.index) };
                    let after = (byte % 2 == 0).then_some(LetterId { seq: u64::from(byte), ..id });
                    Frame::Letter { id, after, from: name, to, rights: byte, body: b"spawn c", refs }
                }
                22 => Frame::Received { upto: LetterId { epoch: u64::from(byte) % 2, seq: u64::MAX } },
                23 => Frame::Again,
                _ => hello(1),
            };
            say(&mut world, n as u64 + 2, &frame);
            if !world.cut.is_empty() {
                break;
            }
        }
        world.advance(1_000);
        world.input(VatId(1), Input::LinkDown { vat: PEER });
        world.advance(10_000);
    }
}
