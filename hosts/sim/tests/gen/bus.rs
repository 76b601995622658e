//! The event bus: who hears what in which order, and what becomes of handlers that fail or whose owners end.
use crate::kit::{Order, Play, Read, ask, call, cast, exit, say, start};
use expect_test::expect;
use peerd_otp::{
    Server, behaviour,
    event::{self, Bus, Gone, Removal, Request, Verdict},
    message::{Caller, decode, encode},
};
use peerd_vat::{Crash, Cx, Event, Reason, Ref};

/// Handlers are named by their arguments, and do what the event says to them: `NAME VERB`.
struct News;

impl Bus for News {
    const NAME: &'static str = "news";
    type Event = String;
    type Handler = String;
    type Ask = String;

    fn add(args: &[u8], before: Option<Vec<u8>>, _refs: &[Ref], cx: &mut Cx<'_>) -> Result<String, Crash> {
        let name = String::from_utf8_lossy(args).into_owned();
        let before = before.map(|left| String::from_utf8_lossy(&left).into_owned());
        say(cx, format!("add {name} after {before:?}"));
        if name == "bad" { Err(Crash::new("bad", "no such handler")) } else { Ok(name) }
    }

    fn handle(name: &mut String, event: &String, cx: &mut Cx<'_>) -> Result<Verdict, Crash> {
        say(cx, format!("{name} hears {event}"));
        match event.split_once(' ') {
            Some((to, "remove")) if to == name => Ok(Verdict::Remove),
            Some((to, "fail")) if to == name => Err(Crash::new("told", "as told")),
            Some((to, "swap")) if to == name => Ok(Verdict::Swap(format!("{name}2").into_bytes())),
            _ => Ok(Verdict::Keep),
        }
    }

    fn ask(name: &mut String, request: String, caller: Caller, cx: &mut Cx<'_>) -> Result<Verdict, Crash> {
        caller.answer(&format!("{name} is asked {request}"), cx);
        Ok(if request == "go" { Verdict::Remove } else { Verdict::Keep })
    }

    fn remove(name: String, why: &Removal, cx: &mut Cx<'_>) -> Vec<u8> {
        say(cx, format!("{name} goes: {why:?}"));
        format!("{name}'s").into_bytes()
    }
}

/// Says what it is told.
struct Reader;

impl Server for Reader {
    const NAME: &'static str = "reader";
    type State = ();

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }

    fn handle((): &mut (), event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body, .. } = event {
            match decode::<Gone>(body) {
                Some(gone) => say(cx, format!("told that {} is gone: {}", gone.id, gone.why)),
                None => say(cx, format!("reads {:?}", decode::<String>(body))),
            }
        }
        Ok(())
    }
}

fn request(request: Request<News>, refs: &[&str]) -> Order {
    ask("bus", &request, refs, Read::Bus)
}

fn add(id: &str) -> Order {
    request(Request::Add { id: id.into(), args: id.into(), supervised: false }, &[])
}

fn supervised(id: &str, owner: &str) -> Order {
    request(Request::Add { id: id.into(), args: id.into(), supervised: true }, &[owner])
}

fn publish(event: &str) -> Order {
    cast("bus", &Request::<News>::Publish(event.into()))
}

fn subscribe(who: &str) -> Order {
    Order::Cast { to: "bus".into(), body: encode(&Request::<News>::Subscribe), refs: vec![who.into()] }
}

fn play() -> Play {
    let mut play = Play::new(vec![event::behaviour::<News>(), behaviour::<Reader>()]);
    play.desk([start("bus", "news"), start("r1", "reader"), start("r2", "reader")]);
    play.told.clear();
    play
}

#[test]
fn handlers_hear_first_the_newest_before_the_older_and_subscribers_after_them() {
    let mut play = play();
    play.desk([add("a"), add("b"), add("a"), add("bad"), subscribe("r1"), subscribe("r2"), subscribe("r1"), publish("one")]);
    play.desk([request(Request::Which, &[]), request(Request::Publish("two".into()), &[])]);
    play.desk([request(Request::Unsubscribe, &["r1"]), publish("three")]);
    expect![[r#"
        0.000 bus   add a after None
        0.000 desk  bus: Ok
        0.000 bus   add b after None
        0.000 desk  bus: Ok
        0.000 desk  bus: Failed(AlreadyPresent)
        0.000 bus   add bad after None
        0.000 desk  bus: Failed(NotAdded("no such handler"))
        0.000 bus   b hears one
        0.000 bus   a hears one
        0.000 r1    reads Some("one")
        0.000 r2    reads Some("one")
        0.000 desk  bus: Handlers(["b", "a"])
        0.000 bus   b hears two
        0.000 bus   a hears two
        0.000 r1    reads Some("two")
        0.000 r2    reads Some("two")
        0.000 desk  bus: Ok
        0.000 desk  bus: Ok
        0.000 bus   b hears three
        0.000 bus   a hears three
        0.000 r2    reads Some("three")
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn handlers_are_deleted_and_swapped_with_what_they_leave_behind() {
    let mut play = play();
    let delete = |id: &str| request(Request::Delete { id: id.into(), args: b"x".to_vec() }, &[]);
    let swap = |old: &str, new: &str| {
        let (old_args, new_args) = (b"y".to_vec(), new.into());
        request(Request::Swap { old: old.into(), old_args, new: new.into(), new_args }, &[])
    };
    play.desk([add("a"), delete("a"), delete("a"), add("b"), swap("b", "c"), swap("nobody", "d"), swap("d", "bad")]);
    play.desk([request(Request::Which, &[]), publish("c swap"), request(Request::Which, &[]), publish("c2 remove")]);
    let ask = |id: &str, what: &str| call("bus", &Request::<News>::Ask { id: id.into(), request: what.into() });
    play.desk([add("e"), ask("e", "hello"), ask("e", "go")]);
    play.desk([request(Request::Which, &[])]);
    expect![[r#"
        0.000 bus   add a after None
        0.000 desk  bus: Ok
        0.000 bus   a goes: Told([120])
        0.000 desk  bus: Left([97, 39, 115])
        0.000 desk  bus: Failed(NotFound)
        0.000 bus   add b after None
        0.000 desk  bus: Ok
        0.000 bus   b goes: Told([121])
        0.000 bus   add c after Some("b's")
        0.000 desk  bus: Ok
        0.000 bus   add d after None
        0.000 desk  bus: Ok
        0.000 bus   d goes: Told([121])
        0.000 bus   add bad after Some("d's")
        0.000 desk  bus: Failed(NotAdded("no such handler"))
        0.000 desk  bus: Handlers(["c"])
        0.000 bus   c hears c swap
        0.000 bus   c goes: Done
        0.000 bus   add c2 after Some("c's")
        0.000 desk  bus: Handlers(["c"])
        0.000 bus   c2 hears c2 remove
        0.000 bus   c2 goes: Done
        0.000 bus   add e after None
        0.000 desk  bus: Ok
        0.000 desk  bus: e is asked hello
        0.000 bus   e goes: Done
        0.000 desk  bus: e is asked go
        0.000 desk  bus: Handlers([])
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn a_handler_that_fails_is_removed_and_the_rest_goes_on() {
    let mut play = play();
    play.desk([add("a"), supervised("b", "r1"), add("c"), subscribe("r2"), publish("b fail"), publish("next")]);
    expect![[r#"
        0.000 bus   add a after None
        0.000 desk  bus: Ok
        0.000 bus   add b after None
        0.000 desk  bus: Ok
        0.000 bus   add c after None
        0.000 desk  bus: Ok
        0.000 bus   c hears b fail
        0.000 bus   b hears b fail
        0.000 bus   b goes: Failed(Crash { kind: "told", message: "as told" })
        0.000 bus   = handler_failed: b: crashed "as told"
        0.000 bus   a hears b fail
        0.000 r1    told that b is gone: crashed "as told"
        0.000 r2    reads Some("b fail")
        0.000 bus   c hears next
        0.000 bus   a hears next
        0.000 r2    reads Some("next")
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn whoever_ends_is_removed() {
    let mut play = play();
    play.desk([supervised("a", "r1"), supervised("b", "r2"), subscribe("r1"), subscribe("r2")]);
    play.desk([exit("r1", Reason::Kill)]);
    play.desk([publish("one"), request(Request::Which, &[])]);
    play.desk([exit("bus", Reason::Shutdown)]);
    expect![[r#"
        0.000 bus   add a after None
        0.000 desk  bus: Ok
        0.000 bus   add b after None
        0.000 desk  bus: Ok
        0.000 r1    = report: killed
        0.000 bus   a goes: OwnerEnded(Killed)
        0.000 desk  r1 ended: killed
        0.000 bus   b hears one
        0.000 r2    reads Some("one")
        0.000 desk  bus: Handlers(["b"])
        0.000 bus   b goes: Stop(Shutdown)
        0.000 desk  bus ended: shutdown
    "#]]
    .assert_eq(&play.told);
}
