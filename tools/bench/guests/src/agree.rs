//! agree: long turns that share an instance, suspended again and again, leave what each leaves when it runs in one go.
use crate::{
    classes::{class, find},
    kernels, say,
};
use peerd_metered::slow::{Answer, Request};
use peerd_vat::{PortId, Ref, Vat};
use peerd_webassembly::Slow;
use std::{borrow::Cow, cell::RefCell, collections::BTreeMap};

/// Of each kernel as often as takes some slices.
const TIMES: [u32; 6] = [300, 2, 200, 2, 2, 3];

#[derive(Default)]
struct Turns {
    slow: Slow,
    asked: BTreeMap<PortId, (u32, u32)>,
    wrong: Vec<String>,
    right: usize,
}

thread_local! {
    static TURNS: RefCell<Turns> = RefCell::default();
}

/// Who waits for the answer of this number: only told apart by it.
fn asker(number: u16) -> Ref {
    Vat::port_of(PortId(number))
}

#[unsafe(no_mangle)]
extern "C" fn agree_begin(turns: u16) {
    let (name, compiled) = find("kernels").expect("it is loaded with the others");
    let version = class(name).version;
    TURNS.with_borrow_mut(|all| {
        all.slow.add(name, version, compiled);
        for number in 0..turns {
            let which = u32::from(number % 6);
            let times = TIMES[which as usize] + u32::from(number / 6);
            let message = Cow::Owned(kernels::message(which, times).to_vec());
            let request = Request { name: name.into(), version, state: Cow::Borrowed(&[0; 8]), message };
            assert_eq!(all.slow.ask(&request.encode(), asker(number)), None, "it can only be begun");
            if number % 7 == 3 {
                // Called off before its first slice.
                all.slow.dropped(asker(number));
            } else {
                all.asked.insert(PortId(number), (which, times));
            }
        }
    });
}

/// How many are not over.
#[unsafe(no_mangle)]
extern "C" fn agree_step() -> usize {
    TURNS.with_borrow_mut(|all| {
        for (to, body) in all.slow.ended() {
            let answer = Answer::decode(&body).expect("its own");
            let asked = all.asked.iter().find(|(port, _)| Vat::port_of(**port) == to).map(|(port, asked)| (*port, *asked));
            let Some((port, (which, times))) = asked else {
                all.wrong.push("somebody who had called off got an answer".into());
                continue;
            };
            all.asked.remove(&port);
            let (outcome, product) = kernels::run(which, times);
            let alone = Answer::of(answer.version, outcome, product);
            if answer == alone {
                all.right += 1;
            } else {
                all.wrong.push(format!("kernel {which}, {times} times: {answer:?} in slices and {alone:?} in one go"));
            }
        }
        all.asked.len()
    })
}

/// The answer's length: how many agreed, or the first that did not. The next ones begin at none.
#[unsafe(no_mangle)]
extern "C" fn agree_told() -> usize {
    let Turns { wrong, right, .. } = TURNS.take();
    match wrong.first() {
        None => say(format!("ok {right}")),
        Some(first) => say(format!("failed {} are wrong; {first}", wrong.len())),
    }
}
