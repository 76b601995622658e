//! javascript: classes of JavaScript actors that share an engine's code; short turns, and long ones that are suspended. assembly: the same short
//! turns of the same counter in AssemblyScript, which has a module of its own.
use crate::{LINE, classes::find, say};
use peerd_metered::{
    Engine, Input, Outcome, Product,
    slow::{Answer, Request},
};
use peerd_script::{Json, handles, limits};
use peerd_vat::{PortId, Vat};
use peerd_webassembly::{Compiled, Quick, Slow, compile};
use std::{borrow::Cow, cell::RefCell, rc::Rc};

const COUNTER: &str = include_str!("../../../../examples/scripts/counter.js");
const WORKER: &str = "export default { handle: {
  work(state, n) { let sum = 0; for (let i = 0; i < n; i++) sum = (sum * 31 + i) | 0; state.push(sum) },
  deep() { let n = 0; const down = () => { n++; down() }; try { down() } catch (error) { return `${n} ${error.message}` } },
  sort() { let n = 0; const down = () => { n++; [2, 1].sort(down) }; try { down() } catch (error) { return `${n} ${error.message}` } },
  nest: () => JSON.parse('['.repeat(50000)),
  regex: () => /^(a+)+$/.test('a'.repeat(40) + 'b'),
} }";
/// Of a long turn: hundreds of slices.
const FUEL_MAX: u64 = 500_000_000;

#[derive(Default)]
struct Scripts {
    engine: Option<Compiled>,
    counter: Option<Quick>,
    worker: Option<Rc<Compiled>>,
    slow: Slow,
    wrong: Option<String>,
    right: u32,
}

thread_local! {
    static SCRIPTS: RefCell<Scripts> = RefCell::default();
}

fn told(done: Result<(), String>) -> usize {
    say(done.map_or_else(|why| format!("failed {why}"), |()| "ok".into()))
}

/// The line is the engine's module.
#[unsafe(no_mangle)]
extern "C" fn script_load() -> usize {
    told(SCRIPTS.with_borrow_mut(|all| {
        all.engine = Some(compile(&LINE.take(), &limits()).map_err(|why| why.to_string())?);
        Ok(())
    }))
}

/// A class of each kind.
#[unsafe(no_mangle)]
extern "C" fn script_prepare() -> usize {
    told(SCRIPTS.with_borrow_mut(|all| {
        let engine = all.engine.as_ref().ok_or("no engine")?;
        let class = |name, text| {
            let message = peerd_script::text(name, text).map_err(|why| why.to_string())?;
            match engine.prepared(&message) {
                Ok((class, product)) => handles(Outcome::Done, &product).map(|_| Rc::new(class)),
                Err((outcome, product)) => Err(handles(outcome, &product).expect_err("it is no behaviour")),
            }
            .map_err(|why| why.to_string())
        };
        all.counter = Some(Quick::new(class("counter", COUNTER)?));
        all.worker = Some(class("worker", WORKER)?);
        match class("odd", "export default {\n  init(\n}") {
            Err(why) if why.contains("odd.js:3:1") => Ok(()),
            other => Err(format!("what is no behaviour is {:?}", other.map(drop))),
        }
    }))
}

fn message(text: &str) -> Vec<u8> {
    let mut header = [0; peerd_metered::HEADER];
    header[0] = 1;
    [&header[..], &Json::bytes(text, 0)].concat()
}

/// So many short turns. The fuel of one, or below 0.
#[unsafe(no_mangle)]
extern "C" fn script_turns(turns: u32) -> i32 {
    SCRIPTS.with_borrow_mut(|all| all.counter.as_mut().map_or(-1, |counter| counted(counter, turns)))
}

/// The same of `count`, a module that was loaded. The first makes its instance.
#[unsafe(no_mangle)]
extern "C" fn assembly_turns(turns: u32) -> i32 {
    find("counter").map_or(-1, |(_, compiled)| counted(&mut Quick::new(compiled), turns))
}

fn counted(counter: &mut Quick, turns: u32) -> i32 {
    let of = |total: u32| format!(r#"[{{"total":{total}}}]"#).into_bytes();
    let (message, mut state, mut product) = (message(r#"["add",2]"#), of(0), Product::default());
    for _ in 0..turns {
        product.clear();
        if counter.turn(&Input { state: &state, message: &message, fuel: peerd_script::FUEL }, &mut product) != Outcome::Done {
            return -1;
        }
        state.clone_from(&product.state);
    }
    if state == of(turns * 2) { product.fuel as i32 } else { -2 }
}

/// Behind the long turns that differ in how long they are: as deep as a turn gets, in three ways, and one that does not end. A stack of the
/// browser's that is full before the guest's depth is would be its fault, and no outcome of the turn's.
const ODD: [&str; 4] = [r#"["deep"]"#, r#"["sort"]"#, r#"["nest"]"#, r#"["regex"]"#];

/// What the turn of this number is told.
fn order(number: u16, turns: u16) -> Vec<u8> {
    match number.checked_sub(turns) {
        Some(odd) => message(ODD[usize::from(odd)]),
        None => message(&format!(r#"["work",{}]"#, 10_000 + 10 * number)),
    }
}

/// So many long turns, and the odd ones.
#[unsafe(no_mangle)]
extern "C" fn script_begin(turns: u16) {
    SCRIPTS.with_borrow_mut(|all| {
        let Some(worker) = all.worker.clone() else { return };
        all.slow = std::mem::take(&mut all.slow).fuel_max(FUEL_MAX);
        all.slow.add("worker", 1, worker);
        for number in 0..turns + ODD.len() as u16 {
            let (state, message) = (Cow::Borrowed(&b"[[]]"[..]), Cow::Owned(order(number, turns)));
            let request = Request { name: "worker".into(), version: 1, state, message };
            assert_eq!(all.slow.ask(&request.encode(), Vat::port_of(PortId(number))), None, "it can only be begun");
        }
    });
}

/// How many are not over.
#[unsafe(no_mangle)]
extern "C" fn script_step(turns: u16) -> usize {
    SCRIPTS.with_borrow_mut(|all| {
        let Some(worker) = all.worker.clone() else { return 0 };
        for (to, body) in all.slow.ended() {
            let answer = Answer::decode(&body).expect("its own");
            let last = turns + ODD.len() as u16 - 1;
            let number = (0..=last).find(|number| Vat::port_of(PortId(*number)) == to).expect("one was asked");
            let mut alone = Product::default();
            let input = Input { state: b"[[]]", message: &order(number, turns), fuel: i32::MAX as u64 };
            let expected = if number == last { Outcome::Exhausted } else { Quick::new(worker.clone()).turn(&input, &mut alone) };
            let is_equal = (answer.fuel, &*answer.state, &*answer.outbox) == (alone.fuel, &*alone.state, &*alone.outbox);
            let is_fault = matches!(expected, Outcome::HostFault(_));
            if answer.outcome == expected && !is_fault && (is_equal || number == last) {
                all.right += 1;
            } else {
                let (slices, once) = ((answer.outcome, answer.fuel), (expected, alone.fuel));
                all.wrong = Some(format!("turn {number}: {slices:?} in slices, {once:?} in one go"));
            }
        }
        all.slow.under_way()
    })
}

#[unsafe(no_mangle)]
extern "C" fn script_told() -> usize {
    let Scripts { wrong, right, .. } = SCRIPTS.take();
    say(wrong.map_or_else(|| format!("ok {right}"), |why| format!("failed {why}")))
}
