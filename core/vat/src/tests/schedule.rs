//! Who runs how often, and how long a hog can keep others waiting (semantics 8).
use crate::{Behaviour, Class, Config, Crash, Cx, Event, Input, Outputs, PortId, Ran, Ref, SpawnOptions, Time, Vat};
use alloc::{boxed::Box, format, vec, vec::Vec};

/// Sends itself a message in every turn, for ever.
struct Endless;

impl Behaviour for Endless {
    fn name(&self) -> &'static str {
        "endless"
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(args);
        cx.send(cx.me(), b"");
        Ok(())
    }

    fn turn(&mut self, _: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.charge(u32::from(cx.state()[0]));
        cx.send(cx.me(), b"");
        Ok(())
    }
}

/// Says on its port that it was asked.
struct Echo;

impl Behaviour for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let port = postcard::to_allocvec(&cx.refs()[0]).expect("a ref encodes");
        cx.become_state(&port);
        Ok(())
    }

    fn turn(&mut self, _: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let port: Ref = postcard::from_bytes(cx.state()).expect("the state of init");
        cx.send(port, b"here");
        Ok(())
    }
}

/// Starts the others: as many of each as its args say, with what their turns cost.
struct Cast;

impl Behaviour for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let cast: Vec<(u8, u32, u8)> = postcard::from_bytes(args).expect("the test's cast");
        for (class, count, cost) in cast {
            let class = [Class::Low, Class::Normal, Class::High, Class::Max][usize::from(class)];
            for _ in 0..count {
                cx.spawn(SpawnOptions::new("endless", &[cost]).label(&format!("{class:?}")).class(class));
            }
        }
        cx.spawn(SpawnOptions::new("echo", b"").label("echo").refs(&[cx.refs()[0]]).class(Class::Normal));
        Ok(())
    }

    fn turn(&mut self, _: Event<'_>, _: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }
}

fn vat(cast: &[(Class, u32, u8)]) -> Vat {
    let mut vat = Vat::new(Config::default(), vec![Box::new(Endless), Box::new(Echo), Box::new(Cast)]);
    let cast: Vec<(u8, u32, u8)> = cast.iter().map(|(class, count, cost)| (*class as u8, *count, *cost)).collect();
    let args = postcard::to_allocvec(&cast).expect("plain data encodes");
    let refs = vec![vat.port(PortId(1))];
    vat.handle(Time(0), Input::Boot { behaviour: "cast".into(), args, refs }, &mut Outputs::new()).expect("cast is in the table");
    // The cast, and everybody's init.
    let total: u32 = cast.iter().map(|(_, count, _)| count).sum();
    run(&mut vat, u64::from(total) + 2);
    vat
}

fn run(vat: &mut Vat, fuel: u64) -> (Ran, Outputs) {
    let mut out = Outputs::new();
    (vat.run(Time(0), fuel, &mut out), out)
}

fn turns(vat: &Vat, label: Class) -> Vec<u64> {
    vat.rows().iter().filter(|row| row.label == format!("{label:?}")).map(|row| row.turns).collect()
}

/// The largest difference from the mean, as a part of it.
fn spread(turns: &[u64]) -> f64 {
    let mean = turns.iter().sum::<u64>() as f64 / turns.len() as f64;
    turns.iter().map(|n| (*n as f64 - mean).abs()).fold(0.0, f64::max) / mean
}

#[test]
fn endless_actors_of_two_classes_share_one_to_eight_and_evenly_within() {
    let mut vat = vat(&[(Class::Low, 500, 0), (Class::Normal, 500, 0)]);
    run(&mut vat, 200_000);
    let (low, normal) = (turns(&vat, Class::Low), turns(&vat, Class::Normal));
    let ratio = low.iter().sum::<u64>() as f64 / normal.iter().sum::<u64>() as f64;
    assert!((0.05..0.5).contains(&ratio) && (ratio - 0.125).abs() < 0.01, "{ratio}");
    assert!(spread(&low) <= 0.5 && spread(&normal) <= 0.5, "{} {}", spread(&low), spread(&normal));
}

#[test]
fn high_and_max_run_strictly_first() {
    let mut vat = vat(&[(Class::Low, 5, 0), (Class::Normal, 5, 0), (Class::High, 5, 0)]);
    let before = turns(&vat, Class::Normal);
    run(&mut vat, 1_000);
    assert_eq!(turns(&vat, Class::Normal), before);
    assert!(spread(&turns(&vat, Class::High)) <= 0.5);
}

#[test]
fn what_turns_charge_counts_in_the_run() {
    let mut vat = vat(&[(Class::Normal, 1, 9)]);
    let (ran, _) = run(&mut vat, 1_000);
    assert_eq!((ran.turns, ran.reductions, ran.idle), (100, 1_000, false));
}

#[test]
fn a_hog_delays_others_by_one_turn_each() {
    for hogs in [8, 64] {
        let mut vat = vat(&[(Class::Normal, hogs, 200)]);
        run(&mut vat, 10_000);
        let rows = vat.rows();
        let echo = rows.iter().find(|row| row.label == "echo").expect("it was spawned").id;
        let before = vat.counters().turns;
        vat.handle(
            Time(0),
            Input::Message { to: Ref::actor(echo.0, 0, crate::Rights::ALL), body: vec![], refs: Vec::new() },
            &mut Outputs::new(),
        )
        .expect("it lives");
        while run(&mut vat, 1).1.is_empty() {}
        let waited = vat.counters().turns - before - 1;
        assert!(waited <= u64::from(hogs), "{waited} turns of {hogs} hogs came first");
    }
}

#[test]
fn who_is_sent_much_leaves_the_place_after_one_slice() {
    let mut vat = vat(&[]);
    let echo = vat.rows()[1].id;
    for _ in 0..200 {
        vat.handle(
            Time(0),
            Input::Message { to: Ref::actor(echo.0, 0, crate::Rights::ALL), body: vec![], refs: Vec::new() },
            &mut Outputs::new(),
        )
        .expect("there is room");
    }
    let quantum = u64::from(Config::default().reductions_per_slice);
    assert_eq!(run(&mut vat, quantum).0, Ran { turns: quantum, reductions: quantum, idle: false });
    assert_eq!(run(&mut vat, 1_000).0, Ran { turns: 200 - quantum, reductions: 200 - quantum, idle: true });
}
