//! The directory: names are taken once, and free when their owner's end is heard (P11, P16).
use crate::kit::{Order, Play, Read, ask, exit, say, start, start_with};
use expect_test::expect;
use peerd_otp::{
    Server, behaviour,
    registry::{self, Request},
};
use peerd_vat::{Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

/// Watches all but the first of its refs, and takes the crown in the first when one of them ends.
struct Heir;

#[derive(Serialize, Deserialize)]
struct Heritage {
    directory: Ref,
}

impl Server for Heir {
    const NAME: &'static str = "heir";
    type State = Heritage;

    fn init(_args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Heritage, Crash> {
        for of in &refs[1..] {
            cx.watch(*of);
        }
        Ok(Heritage { directory: refs[0] })
    }

    fn handle(state: &mut Heritage, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::Down { .. } => {
                registry::register(state.directory, "crown", cx.me(), cx);
            }
            Event::Reply { result, .. } => {
                let how = registry::registered(result);
                say(cx, format!("crown: {how:?}"));
            }
            _ => {}
        }
        Ok(())
    }
}

fn asks(request: Request, refs: &[&str]) -> Order {
    ask("names", &request, refs, Read::Registry)
}

fn play() -> Play {
    let mut play = Play::new(vec![registry::behaviour(), behaviour::<Heir>()]);
    play.desk([start("names", registry::NAME)]);
    play
}

/// P16 register_SUITE
#[test]
fn a_name_is_taken_until_it_is_given_back_or_its_owner_ends() {
    let mut play = play();
    play.desk([start_with("a", "heir", b"", &["names"]), start_with("b", "heir", b"", &["names"])]);
    let register = |of: &str| asks(Request::Register("x".into()), &[of]);
    play.desk([register("a"), register("a"), register("b")]);
    play.desk([asks(Request::Whereis("x".into()), &[]), asks(Request::Whereis("y".into()), &[]), asks(Request::Registered, &[])]);
    play.desk([asks(Request::Unregister("x".into()), &[]), asks(Request::Unregister("x".into()), &[]), register("b")]);
    play.desk([exit("b", Reason::Kill), asks(Request::Whereis("x".into()), &[]), register("b"), register("a")]);
    play.desk([asks(Request::Register("z".into()), &[]), asks(Request::Registered, &[])]);
    expect![[r#"
        0.000 desk  start names: up
        0.000 desk  start a: up
        0.000 desk  start b: up
        0.000 desk  names: Ok
        0.000 desk  names: Failed(Taken)
        0.000 desk  names: Failed(Taken)
        0.000 desk  names: Found a
        0.000 desk  names: Failed(NotFound)
        0.000 desk  names: Names(["x"]) a
        0.000 desk  names: Ok
        0.000 desk  names: Failed(NotFound)
        0.000 desk  names: Ok
        0.000 b     = report: killed
        0.000 desk  b ended: killed
        0.000 desk  names: Failed(NotFound)
        0.000 desk  names: Failed(Noproc)
        0.000 desk  names: Ok
        0.000 desk  names: Failed(Malformed)
        0.000 desk  names: Names(["x"]) a
    "#]]
    .assert_eq(&play.told);
}

/// P11 named_down
#[test]
fn a_watcher_that_takes_the_name_on_down_succeeds() {
    let mut play = play();
    play.desk([start_with("king", "heir", b"", &["names"])]);
    // One hears of the end before the directory does, the other after it.
    play.desk([start_with("first", "heir", b"", &["names", "king"])]);
    play.desk([asks(Request::Register("crown".into()), &["king"])]);
    play.desk([start_with("second", "heir", b"", &["names", "king"])]);
    play.desk([exit("king", Reason::Kill)]);
    play.desk([asks(Request::Whereis("crown".into()), &[])]);
    expect![[r#"
        0.000 desk  start names: up
        0.000 desk  start king: up
        0.000 desk  start first: up
        0.000 desk  names: Ok
        0.000 desk  start second: up
        0.000 king  = report: killed
        0.000 desk  king ended: killed
        0.000 first crown: Ok(())
        0.000 second crown: Err("already_started")
        0.000 desk  names: Found first
    "#]]
    .assert_eq(&play.told);
}
