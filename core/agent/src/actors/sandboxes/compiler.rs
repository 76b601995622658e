//! One file of AssemblyScript, compiled in a Worker of an opaque origin: a compiler that is fed anybody's text is trusted no more than the text.
//!
//! ```text
//! opening ─▶ the guest: "here", with its runner ─▶ compile(name, text) ─▶ {"wasm": base64} or {"wrong": [lines]} ─▶ whoever asked
//! ```
//! It compiles once and ends, and whatever goes wrong, the frame is taken away: no text sees what another one left in the compiler.
use super::{
    opening::{Opening, Progress, Wanted},
    pace::{MESSAGE_MS, Pace, TOO_MUCH},
};
use crate::{
    actors::{Actor, body, reply_json, send_json},
    web::words::line,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_captp::Value;
use peerd_gateway::portable;
use peerd_vat::{Answer, CallId, Crash, Cx, Event, INFINITY_MS, Reason, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The object that the guest is given.
const HOST: u32 = 1;
/// The compiler has megabytes to read before it says that it is there.
const START_MS: u64 = 25_000;
/// Limit: for a file, when the machine is busy; an ordinary one takes a second or two.
const RUN_MS: u64 = 30_000;
/// What whoever asks should wait.
pub(crate) const COMPILE_MS: u64 = START_MS + RUN_MS + 5_000;
/// Limit: bytes of what comes of it.
const PRODUCT_MAX: usize = 1 << 20;
/// Limits: lines of what is wrong, and characters of each. The compiler keeps to fewer, unless a file took it over.
const WRONG_MAX: usize = 20;
const LINE_MAX: usize = 500;

const OPENING: u64 = 1;
const RUNNING: u64 = 2;

/// Of an actor under the supervisor of frames, with the refs boxes, wires.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Args {
    /// Of its frame: no other one's.
    pub number: u64,
}

impl Args {
    /// In the tree.
    pub fn name(&self) -> String {
        format!("assembly {}", self.number)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToCompiler {
    /// Call, once: answered with a [`Product`].
    Compile { name: String, text: String },
    /// From the host: the frame is no more, and why.
    Gone(String),
}

/// What came of a file. The module is in base64; lines say what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Product {
    Wasm(String),
    Wrong(Vec<String>),
    /// Nothing is known of the file.
    Failed(String),
}

#[derive(Serialize, Deserialize)]
pub struct Compiler {
    args: Args,
    boxes: Ref,
    opening: Opening,
    runner: Option<Ref>,
    /// The file, and who waits.
    asked: Option<(String, String, Ref)>,
    run: Option<CallId>,
    pace: Pace,
}

impl Actor for Compiler {
    const NAME: &'static str = "assembly";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let args: Args = body(args)?;
        let &[boxes, wires] = cx.refs() else {
            return Err(Crash::new("bad_args", "a compiler needs two refs: boxes, wires"));
        };
        cx.timer(OPENING, START_MS);
        let wanted = Wanted { number: args.number, kind: "assembly".into(), name: args.name(), page: None, host: HOST };
        Ok(Compiler {
            opening: Opening::begin(wanted, boxes, wires, cx),
            args,
            boxes,
            runner: None,
            asked: None,
            run: None,
            pace: Pace::default(),
        })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, refs, reply } if cx.addressed() == Some(HOST) => {
                if !self.pace.allows(cx.now().0, MESSAGE_MS) {
                    self.finish(&Product::Failed(format!("the compiler failed: {TOO_MUCH}")), cx);
                    return Ok(());
                }
                // Hostile until it is read; it may come before the host has said that all is open.
                let is_here = portable::invoked(bytes).is_some_and(|(method, args)| method == "here" && matches!(*args, [Value::Ref(_)]));
                if is_here && self.runner.is_none() {
                    self.runner = refs.first().copied();
                    cx.cancel_timer(OPENING);
                    self.go_on(cx);
                }
                if let Some(reply) = reply {
                    cx.reply(reply, &portable::write(&Value::Void), &[]);
                }
            }
            Event::User { body: bytes, reply, .. } => match (body(bytes)?, reply) {
                (ToCompiler::Compile { name, text }, Some(reply)) => {
                    self.asked = Some((name, text, reply));
                    self.go_on(cx);
                }
                (ToCompiler::Compile { .. }, None) => {}
                (ToCompiler::Gone(why), _) => self.finish(&Product::Failed(line(&why, LINE_MAX)), cx),
            },
            Event::Reply { call, result } if self.run == Some(call) => self.finish(&product(result), cx),
            Event::Reply { call, result } => match self.opening.settled(call, result, cx)? {
                Progress::Going | Progress::Opened => {}
                Progress::Offered => self.opening.open(cx),
                Progress::Failed(why) => self.finish(&Product::Failed(format!("the compiler did not start: {why}")), cx),
            },
            Event::Timer { key: OPENING } => self.finish(&Product::Failed("the compiler did not start in time".into()), cx),
            Event::Timer { key: RUNNING } => {
                let why = format!("the compiler had not ended after {} s and was killed", RUN_MS / 1_000);
                self.finish(&Product::Failed(why), cx);
            }
            Event::Timer { .. } | Event::Down { .. } | Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }

    fn terminate(&mut self, _reason: &Reason, cx: &mut Cx<'_>) {
        send_json(cx, self.boxes, &json!({"op": "close", "box": self.args.number}));
    }
}

impl Compiler {
    /// When both are there: the compiler, and something to compile.
    fn go_on(&mut self, cx: &mut Cx<'_>) {
        let (Some(runner), Some((name, text, _)), None) = (self.runner, &self.asked, self.run) else { return };
        cx.timer(RUNNING, RUN_MS);
        let args = [Value::text(name), Value::text(text)].into();
        self.run = Some(cx.call(runner, &portable::invoke("compile", args), &[], INFINITY_MS));
    }

    fn finish(&mut self, product: &Product, cx: &mut Cx<'_>) {
        if let Some((.., reply)) = self.asked.take() {
            reply_json(cx, reply, product);
        }
        // Its frame and its gateway go with it.
        cx.stop(Reason::Shutdown);
    }
}

fn product(result: Result<Answer<'_>, Settle>) -> Product {
    let answer = match result {
        Ok(answer) => answer,
        Err(settle) => return Product::Failed(format!("the compiler gave no answer: {settle}")),
    };
    let read = match portable::read(answer.body) {
        Some(Value::Text(text)) if text.len() <= PRODUCT_MAX => serde_json::from_str(&text).ok(),
        Some(Value::Error(why)) => Some(Product::Failed(format!("the compiler failed: {}", line(&why, LINE_MAX)))),
        _ => None,
    };
    let read = read.map(|product| match product {
        Product::Wrong(lines) => Product::Wrong(lines.iter().take(WRONG_MAX).map(|text| line(text, LINE_MAX)).collect()),
        Product::Failed(why) => Product::Failed(line(&why, LINE_MAX)),
        Product::Wasm(_) => product,
    });
    read.unwrap_or_else(|| Product::Failed("what the compiler gave is too large, or nothing of its kind".to_string()))
}
