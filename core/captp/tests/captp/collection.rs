//! What is released on one side is released on the other.
use peerd_captp::*;

use crate::script::{Heard, Script};
use crate::world::*;

#[test]
fn a_hundred_thousand_calls_leave_every_table_at_its_starting_size() {
    let mut world = World::new(2);
    let (here, there) = world.connect(0, 1);
    let echo = world.echo(1);
    let far = world.give(1, echo, 0);
    let mine = world.echo(0);
    world.pass(1_000);
    let sizes = |world: &World| {
        let of = |peer: usize, conn| (world.peers[peer].sizes(conn), world.peers[peer].totals());
        (of(0, here), of(1, there))
    };
    let before = sizes(&world);
    for _ in 0..100 {
        let promises: Vec<Promise> =
            (0..1_000).map(|at| world.peers[0].call(far, vec![Value::integer(at), Value::Ref(mine)]).expect("a call")).collect();
        for promise in promises {
            world.peers[0].release(Ref::Promise(promise));
        }
        world.run();
        world.delivered(1);
    }
    // What was released here is told, and then what that released there.
    world.pass(1_000);
    world.pass(1_000);
    assert_eq!(sizes(&world), before);
}

#[test]
fn each_occurrence_is_counted_and_reported_once() {
    let (mut script, conn) = Script::ready(Flavour::Goblins, Limits::default());
    script.fetched(conn, Object(7));
    script.says(conn, b"<13'op:gc-exports[1+][1+]>");
    script.pass(conn, 1_000);
    script.fetched_again(conn);
    script
        .says(conn, b"<10'op:deliver<11'desc:export2+>[<18'desc:import-object4+><18'desc:import-object4+>[<18'desc:import-object4+>]]ff>");
    let (_, args, _) = script.delivered.pop().expect("delivered");
    let [Value::Ref(first), Value::Ref(second), Value::List(inner)] = args.as_slice() else { panic!("three of them") };
    assert!(first == second && inner[0] == Value::Ref(*first));
    // Two handles back, the third keeps it.
    script.peer.release(*first);
    script.peer.release(*first);
    assert_eq!(script.pass(conn, 1_000).messages, ["<13'op:gc-exports[9+][1+]>"]);
    script.peer.release(*first);
    // More than was lent is not taken back.
    script.peer.release(*first);
    assert_eq!(script.pass(conn, 199), Heard::default());
    assert_eq!(script.pass(conn, 1).messages, ["<13'op:gc-exports[4+][3+]>"]);
}

#[test]
fn a_copy_sent_while_the_report_travels_keeps_the_object() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let echo = world.echo(1);
    let keeper = world.object(0, |_, _, _| {});
    let back = world.give(0, keeper, 1);
    let far = world.give(1, echo, 0);
    world.pass(1_000);
    world.latency = 50 * MS;
    // The last handle goes here, and a copy sets out there.
    world.peers[0].release(far);
    world.peers[1].send(back, vec![Value::Ref(echo)]).expect("a call");
    world.pass(300);
    world.pass(300);
    assert_eq!(world.dropped(1), []);
    let again = world.delivered(0).pop().expect("delivered").1.remove(0);
    let Value::Ref(again) = again else { panic!("a reference") };
    assert_eq!(world.ask(0, again, &[]), fulfilled(Value::List(Vec::new())));
    world.peers[0].release(again);
    world.pass(300);
    world.pass(300);
    let Ref::Local(object) = echo else { panic!("a local object") };
    assert_eq!(world.dropped(1), [object]);
}

#[test]
fn a_question_whose_result_nobody_wants_is_released_when_it_is_answered() {
    let (mut script, conn) = Script::ready(Flavour::Goblins, Limits::default());
    script.fetched(conn, Object(7));
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[<18'desc:import-object4+>]ff>");
    let (_, args, _) = script.delivered.pop().expect("delivered");
    let Value::Ref(greeted) = args[0] else { panic!("a reference") };
    let promise = script.peer.call(greeted, vec![Value::text("Hello")]).expect("a call");
    script.peer.release(Ref::Promise(promise));
    script.peer.release(greeted);
    assert_eq!(
        script.pass(conn, 1_000).messages,
        ["<10'op:deliver<11'desc:export4+>[5\"Hello]1+<18'desc:import-object2+>>", "<13'op:gc-exports[0+4+][1+1+]>"]
    );
    script.says(conn, b"<10'op:deliver<11'desc:export2+>[7'fulfill1+]ff>");
    assert_eq!(script.pass(conn, 1_000).messages, ["<13'op:gc-answers[1+]>"]);
}

#[test]
fn a_thousand_released_are_told_at_once() {
    let (mut script, conn) = Script::ready(Flavour::Goblins, Limits::default());
    script.fetched(conn, Object(7));
    script.pass(conn, 1_000);
    let heard: Vec<String> = (0..1_024)
        .flat_map(|at| {
            script.says(conn, format!("<10'op:deliver<11'desc:export1+>[<6'absent<18'desc:import-object{at}+>>]ff>").as_bytes()).messages
        })
        .collect();
    assert_eq!(heard.len(), 1);
    assert!(heard[0].starts_with("<13'op:gc-exports[0+1+2+"), "{}", &heard[0][..40]);
    assert_eq!(script.pass(conn, 1_000), Heard::default());
}

#[test]
fn a_session_that_ends_lets_go_of_what_it_held() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let echo = world.echo(1);
    let _far = world.give(1, echo, 0);
    assert_eq!(world.dropped(1), []);
    world.cut(0, 1);
    let Ref::Local(object) = echo else { panic!("a local object") };
    assert_eq!(world.dropped(1), [object]);
    assert_eq!(world.peers[1].totals(), Totals::default());
}

#[test]
fn a_handle_is_held_as_often_as_it_was_taken() {
    let mut world = World::new(2);
    let (here, _) = world.connect(0, 1);
    let echo = world.echo(1);
    let far = world.give(1, echo, 0);
    world.peers[0].hold(far);
    world.peers[0].release(far);
    assert_eq!(world.peers[0].sizes(here).map(|sizes| sizes.imports), Some(1));
    world.peers[0].release(far);
    assert_eq!(world.peers[0].sizes(here).map(|sizes| sizes.imports), Some(0));
    assert_eq!(world.peers[0].call(far, Vec::new()), Err(Refused::Unknown));
}
