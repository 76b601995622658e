//! Process groups (P19, pg_SUITE).
use crate::kit::{Order, Play, Read, ask, exit, say, start};
use expect_test::expect;
use peerd_otp::{
    Server, behaviour,
    groups::{self, Change, Request},
    message::decode,
};
use peerd_vat::{Crash, Cx, Event, Reason, Ref};

/// Says what changes, if it monitors a scope.
struct Member;

impl Server for Member {
    const NAME: &'static str = "member";
    type State = ();

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }

    fn handle((): &mut (), event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body, refs, .. } = event
            && let Some(change) = decode::<Change>(body)
        {
            say(cx, format!("{change:?}: {}", refs.len()));
        }
        Ok(())
    }
}

fn of(scope: &str, request: Request, refs: &[&str]) -> Order {
    ask(scope, &request, refs, Read::Groups)
}

fn join(scope: &str, who: &[&str]) -> Order {
    of(scope, Request::Join("g".into()), who)
}

fn leave(scope: &str, who: &[&str]) -> Order {
    of(scope, Request::Leave("g".into()), who)
}

fn members(scope: &str) -> Order {
    of(scope, Request::Members("g".into()), &[])
}

fn play(scopes: &[&str]) -> Play {
    let mut play = Play::new(vec![groups::behaviour(), behaviour::<Member>()]);
    play.desk(scopes.iter().map(|name| start(name, groups::NAME)));
    play.desk(["a", "b", "c", "m"].map(|name| start(name, "member")));
    play.told.clear();
    play
}

#[test]
fn n_joins_need_n_leaves() {
    let mut play = play(&["s"]);
    play.desk([join("s", &["a"]), join("s", &["a", "a", "b"]), members("s"), leave("s", &["a", "b"]), members("s")]);
    play.desk([leave("s", &["a", "a", "a"]), members("s"), leave("s", &["a"]), of("s", Request::Which, &[]), join("s", &[])]);
    expect![[r#"
        0.000 desk  s: Ok
        0.000 desk  s: Ok
        0.000 desk  s: Members a a a b
        0.000 desk  s: Ok
        0.000 desk  s: Members a a
        0.000 desk  s: Ok
        0.000 desk  s: Members
        0.000 desk  s: NotJoined
        0.000 desk  s: Groups([])
        0.000 desk  s: Malformed
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn an_end_leaves_everything_and_monitors_see_joins_and_leaves() {
    let mut play = play(&["s"]);
    play.desk([of("s", Request::Monitor, &["m"]), join("s", &["a", "a", "b"]), of("s", Request::Join("h".into()), &["a"])]);
    play.desk([exit("a", Reason::Kill)]);
    play.desk([of("s", Request::Which, &[]), members("s"), leave("s", &["b"])]);
    play.desk([of("s", Request::Demonitor, &["m"]), join("s", &["c"]), of("s", Request::LocalMembers("g".into()), &[])]);
    expect![[r#"
        0.000 desk  s: Groups([])
        0.000 m     Joined("g"): 3
        0.000 desk  s: Ok
        0.000 m     Joined("h"): 1
        0.000 desk  s: Ok
        0.000 a     = report: killed
        0.000 desk  a ended: killed
        0.000 m     Left("g"): 2
        0.000 m     Left("h"): 1
        0.000 desk  s: Groups(["g"])
        0.000 desk  s: Members b
        0.000 m     Left("g"): 1
        0.000 desk  s: Ok
        0.000 desk  s: Ok
        0.000 desk  s: Ok
        0.000 desk  s: Members c
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn scopes_that_have_met_know_each_others_members() {
    let mut play = play(&["s", "t", "u"]);
    play.desk([join("s", &["a"]), join("t", &["b", "b"]), of("t", Request::Monitor, &["m"])]);
    play.desk([of("s", Request::Meet, &["t"]), of("s", Request::Meet, &["u"]), of("t", Request::Meet, &["u"])]);
    play.desk([members("s"), members("t"), members("u"), of("u", Request::LocalMembers("g".into()), &[])]);
    play.desk([join("u", &["c"]), leave("t", &["b"])]);
    play.desk([members("s"), members("t"), members("u")]);
    play.desk([exit("a", Reason::Kill), exit("c", Reason::Kill)]);
    play.desk([members("s"), members("t"), members("u")]);
    expect![[r#"
        0.000 desk  s: Ok
        0.000 desk  t: Ok
        0.000 desk  t: Groups(["g"])
        0.000 desk  s: Ok
        0.000 desk  t: Ok
        0.000 m     Joined("g"): 1
        0.000 desk  s: Ok
        0.000 desk  s: Members a b b
        0.000 desk  t: Members b b a
        0.000 desk  u: Members b b a
        0.000 desk  u: Members
        0.000 desk  u: Ok
        0.000 m     Left("g"): 1
        0.000 desk  t: Ok
        0.000 m     Joined("g"): 1
        0.000 desk  s: Members a b c
        0.000 desk  t: Members b a c
        0.000 desk  u: Members c b a
        0.000 a     = report: killed
        0.000 c     = report: killed
        0.000 desk  a ended: killed
        0.000 desk  c ended: killed
        0.000 m     Left("g"): 1
        0.000 m     Left("g"): 1
        0.000 desk  s: Members b
        0.000 desk  t: Members b
        0.000 desk  u: Members b
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn a_lost_scopes_members_are_gone_and_its_successor_brings_the_union_back_without_ghosts() {
    let mut play = play(&["s", "t"]);
    play.desk([of("s", Request::Meet, &["t"]), join("s", &["a"]), join("t", &["b"])]);
    play.desk([exit("t", Reason::Kill)]);
    play.desk([members("s"), exit("b", Reason::Kill)]);
    play.desk([start("t", groups::NAME), join("t", &["c"]), of("t", Request::Meet, &["s"])]);
    play.desk([members("s"), members("t")]);
    // Saying hello again changes nothing.
    play.desk([of("t", Request::Meet, &["s"]), of("s", Request::Meet, &["t"])]);
    play.desk([members("s"), members("t")]);
    expect![[r#"
        0.000 desk  s: Ok
        0.000 desk  t: Ok
        0.000 desk  s: Ok
        0.000 t     = report: killed
        0.000 desk  t ended: killed
        0.000 b     = report: killed
        0.000 desk  b ended: killed
        0.000 desk  s: Members a
        0.000 desk  start t: up
        0.000 desk  t: Ok
        0.000 desk  t: Ok
        0.000 desk  s: Members a c
        0.000 desk  t: Members c a
        0.000 desk  t: Ok
        0.000 desk  s: Ok
        0.000 desk  s: Members a c
        0.000 desk  t: Members c a
    "#]]
    .assert_eq(&play.told);
}
