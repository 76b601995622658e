//! The cases: each from top to bottom, and what is not as it should be is said in words.
use std::{future::Future, pin::Pin};

use peerd_captp::{Integer, Location, Sizes, Sturdyref, Value};

use crate::cx::{Cx, Held};

/// Who is where. Peers that others wrote offer `echo`, `chain`, `tally` and `hub`.
pub struct Places {
    pub first: Location,
    pub second: Location,
    /// Another peer of ours, if others can dial one.
    pub own: Option<Location>,
}

pub struct Case {
    pub name: &'static str,
    /// It needs a peer of ours that others can dial.
    pub is_dialled: bool,
    pub play: fn(Cx) -> Played,
}

macro_rules! cases {
    ($($name:ident $(($dialled:ident))?),* $(,)?) => {
        &[$(Case { name: stringify!($name), is_dialled: cases!(@ $($dialled)?), play: |cx| Box::pin($name(cx)) }),*]
    };
    (@) => { false };
    (@ dialled) => { true };
}

pub const CASES: &[Case] = cases![
    fetch,
    call_with_every_portable_value,
    pipelined_chain,
    broken_promise,
    promise_of_theirs_settles,
    order_of_calls,
    call_of_ours,
    pipelined_chain_on_ours,
    broken_promise_of_ours,
    fetch_of_ours(dialled),
    handoff_as_gifter,
    handoff_as_receiver,
    handoff_as_exporter,
    collection_back_to_baseline,
];

/// What was seen, or what was not as it should be.
pub type Seen = Result<String, String>;
/// A case under way.
pub type Played = Pin<Box<dyn Future<Output = Seen>>>;

fn at(place: &Location, name: &str) -> Sturdyref {
    Sturdyref { location: place.clone(), swiss: name.as_bytes().to_vec() }
}

impl Cx {
    fn first(&self, name: &str) -> Result<Held, String> {
        self.enliven(&at(&self.places.first, name))
    }

    fn second(&self, name: &str) -> Result<Held, String> {
        self.enliven(&at(&self.places.second, name))
    }
}

fn check(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise()) }
}

fn same(value: &Value, expected: &Value) -> Result<(), String> {
    check(value == expected, || format!("{value:?}, not {expected:?}"))
}

async fn fetch(cx: Cx) -> Seen {
    let echo = cx.first("echo")?;
    cx.get(&echo).await?.to()?;
    let nobody = cx.first("nobody")?;
    check(cx.outcome(&nobody).await?.is_err(), || "a number that names nothing gave something".into())?;
    Ok(String::new())
}

async fn call_with_every_portable_value(cx: Cx) -> Seen {
    let large = "123456789012345678901234567890";
    let large = |sign| Integer::parse(&format!("{sign}{large}")).expect("digits");
    let args = vec![
        Value::Bool(true),
        Value::Bool(false),
        Value::integer(0),
        Value::integer(-42),
        Value::Integer(large("")),
        Value::Integer(large("-")),
        Value::Float(1.5),
        Value::Bytes(vec![0, 255, 60]),
        Value::text("text, Zürich, 東京"),
        Value::symbol("symbol"),
        Value::List(vec![Value::List(vec![]), Value::text("")]),
        Value::Struct(vec![("a".into(), Value::integer(1)), ("b".into(), Value::List(vec![]))]),
    ];
    let answer = cx.call(&cx.first("echo")?, args.clone())?;
    same(&*cx.get(&answer).await?, &Value::List(args.clone()))?;
    Ok(format!("{} values", args.len()))
}

/// Nothing is waited for until the last call is under way.
async fn deep(cx: &Cx, mut link: Held, depth: i64) -> Result<(), String> {
    for _ in 0..depth {
        link = cx.ask(&link, "next", vec![])?;
    }
    let answer = cx.ask(&link, "depth", vec![])?;
    same(&*cx.get(&answer).await?, &Value::integer(depth))
}

async fn pipelined_chain(cx: Cx) -> Seen {
    deep(&cx, cx.first("chain")?, 64).await?;
    Ok("64 deep, nothing waited for".into())
}

async fn broken_promise(cx: Cx) -> Seen {
    let failed = cx.ask(&cx.first("hub")?, "fail", vec![])?;
    let behind = cx.ask(&failed, "anything", vec![])?;
    let reason = cx.outcome(&failed).await?.err().ok_or("it gave something")?;
    check(cx.outcome(&behind).await?.is_err(), || "a call of a broken promise gave something".into())?;
    Ok(format!("{reason:?}"))
}

async fn promise_of_theirs_settles(cx: Cx) -> Seen {
    let hub = cx.first("hub")?;
    for (how, is_kept) in [("fulfill", true), ("break", false)] {
        let pair = cx.get(&cx.ask(&hub, "promise", vec![])?).await?;
        let Value::List(parts) = &*pair else { return Err(format!("no pair: {pair:?}", pair = *pair)) };
        let [promise, resolver] = &parts[..] else { return Err("no pair".into()) };
        let (promise, resolver) = (cx.again(promise), cx.again(resolver));
        drop(pair);
        cx.ask(&resolver, how, vec![Value::text("settled")])?;
        match (cx.outcome(&promise).await?, is_kept) {
            (Ok(value), true) => same(&value, &Value::text("settled"))?,
            (Err(_), false) => {}
            (outcome, _) => return Err(format!("after {how}: kept {}", outcome.is_ok())),
        }
    }
    Ok(String::new())
}

async fn order_of_calls(cx: Cx) -> Seen {
    const CALLS: i64 = 200;
    let tally = cx.ask(&cx.first("hub")?, "new-tally", vec![])?;
    for item in 0..CALLS {
        cx.ask(&tally, "note", vec![Value::integer(item)])?;
    }
    let all = cx.ask(&tally, "all", vec![])?;
    same(&*cx.get(&all).await?, &Value::List((0..CALLS).map(Value::integer).collect()))?;
    Ok(format!("{CALLS} calls"))
}

async fn call_of_ours(cx: Cx) -> Seen {
    let args = vec![Value::text("from there"), Value::integer(7)];
    let answer = cx.ask(&cx.first("hub")?, "call", [vec![cx.own("echo")], args.clone()].concat())?;
    same(&*cx.get(&answer).await?, &Value::List(args))?;
    Ok(String::new())
}

async fn pipelined_chain_on_ours(cx: Cx) -> Seen {
    let answer = cx.ask(&cx.first("hub")?, "deepest", vec![cx.own("chain"), Value::integer(16)])?;
    same(&*cx.get(&answer).await?, &Value::integer(16))?;
    Ok("16 deep".into())
}

async fn broken_promise_of_ours(cx: Cx) -> Seen {
    let hub = cx.first("hub")?;
    let broken = cx.ask(&hub, "outcome", vec![cx.own("fail")])?;
    same(&*cx.get(&broken).await?, &Value::List(vec![Value::symbol("broken")]))?;
    let kept = cx.ask(&hub, "outcome", vec![cx.own("echo"), Value::integer(1)])?;
    let answer = Value::List(vec![Value::integer(1)]);
    same(&*cx.get(&kept).await?, &Value::List(vec![Value::symbol("fulfilled"), answer]))?;
    Ok(String::new())
}

/// They dial a peer of ours that has dialled nobody, and hand what they fetch there over to this one.
async fn fetch_of_ours(cx: Cx) -> Seen {
    let own = cx.places.own.as_ref().ok_or("nobody can dial us")?;
    let theirs = cx.ask(&cx.first("hub")?, "enliven", vec![Value::text(&at(own, "chain").to_uri())])?;
    let link = cx.get(&theirs).await?;
    deep(&cx, link, 4).await?;
    Ok("they dialled us".into())
}

/// What the first has goes from us to the second, which calls it.
async fn handoff_as_gifter(cx: Cx) -> Seen {
    let echo = cx.get(&cx.first("echo")?).await?;
    let hub = cx.get(&cx.second("hub")?).await?;
    let answer = cx.ask(&hub, "call", vec![echo.to()?.into(), Value::text("given")])?;
    same(&*cx.get(&answer).await?, &Value::List(vec![Value::text("given")]))?;
    Ok(String::new())
}

/// What the second has goes from the first to us, and we call it.
async fn handoff_as_receiver(cx: Cx) -> Seen {
    let uri = at(&cx.places.second, "echo").to_uri();
    let given = cx.ask(&cx.first("hub")?, "enliven", vec![Value::text(&uri)])?;
    let echo = cx.get(&given).await?;
    let answer = cx.call(&echo, vec![Value::text("received")])?;
    same(&*cx.get(&answer).await?, &Value::List(vec![Value::text("received")]))?;
    Ok(String::new())
}

/// What we have goes from the first to the second, which calls it.
async fn handoff_as_exporter(cx: Cx) -> Seen {
    let first = cx.get(&cx.first("hub")?).await?;
    let second = cx.get(&cx.second("hub")?).await?;
    let args = vec![second.to()?.into(), Value::symbol("call"), cx.own("echo"), Value::text("exported")];
    let answer = cx.ask(&first, "call", args)?;
    same(&*cx.get(&answer).await?, &Value::List(vec![Value::text("exported")]))?;
    Ok(String::new())
}

/// What the tables hold when nothing is under way: the one object that is in use.
const RESTING: Sizes = Sizes { exports: 0, imports: 1, questions: 0, answers: 0 };
/// Guile's collector takes for a reference what only looks like one: so many of ours it may keep for good.
const KEPT_MAX: usize = 2;

/// After many calls in both directions, with references in them, the tables hold what they held before.
async fn collection_back_to_baseline(cx: Cx) -> Seen {
    const ROUNDS: usize = 50;
    let hub = cx.get(&cx.first("hub")?).await?;
    rest(&cx, &hub).await?;
    let mut most = 0;
    for _ in 0..ROUNDS {
        let there = cx.ask(&hub, "call", vec![cx.own("echo"), cx.own("chain")])?;
        cx.get(&there).await?;
        deep(&cx, cx.get(&cx.first("chain")?).await?, 4).await?;
        most = most.max(cx.sizes().exports);
    }
    rest(&cx, &hub).await?;
    Ok(format!("{ROUNDS} rounds, {most} exports at most, then {:?}", cx.sizes()))
}

/// Until the tables are at rest, or, when there was time enough for that, all but at rest. Whoever plays the case ends it if they never are.
async fn rest(cx: &Cx, hub: &Held) -> Result<(), String> {
    const TURNS: usize = 50;
    for asked in 0.. {
        let sizes = cx.sizes();
        let is_close = sizes.exports <= KEPT_MAX && Sizes { exports: 0, ..sizes } == RESTING;
        if sizes == RESTING || is_close && asked > 150 {
            break;
        }
        // What the last message left on a stack there goes with the next one, which asks for nothing back.
        cx.send(hub, "idle")?;
        for _ in 0..TURNS {
            cx.turn().await;
        }
    }
    Ok(())
}
