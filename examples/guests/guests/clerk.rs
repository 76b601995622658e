//! 5. A bit of everything: it asks, watches, waits, keeps callers, draws numbers, and writes down what came of it.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
pub enum Order {
    /// Asks that counter, as `Count::Get` of the counter's.
    Ask(Addr<Count>, u32),
    /// Keeps the caller, whom `Answer` answers.
    Hold(Reply<String>),
    Answer(String),
    Watch(Addr<Order>, u32),
    Timer(u64, u64),
    Defer(u32),
    Become(u32),
    /// A child, that is told this.
    Spawn(u32),
    /// Adds so many numbers that it draws.
    Draw(u32),
    Float(f64),
    Stop(String),
    /// The first free index of a text in which this one is, or a crash.
    Find(String),
}

/// What a counter takes.
#[derive(Message)]
pub enum Count {
    Add(u64),
    Get(Reply<u64>),
}

#[derive(Message)]
pub struct Clerk {
    ear: Addr<String>,
    waiting: Vec<Reply<String>>,
    children: Vec<Addr<Order>>,
    seen: BTreeMap<String, u32>,
    tag: u32,
    drawn: u64,
    mean: f64,
}

impl Clerk {
    fn note(&mut self, text: String, cx: &mut Context<'_, Clerk>) {
        cx.send(self.ear, &text);
        *self.seen.entry(text).or_default() += 1;
    }
}

#[actor]
impl Actor for Clerk {
    const NAME: &'static str = "clerk";
    const STATE_MAX: usize = 1_024;
    const MESSAGE_MAX: usize = 512;
    type Args = Addr<String>;
    type Message = Order;

    fn init(ear: Addr<String>, _: &mut Context<'_, Clerk>) -> Result<Clerk, Crash> {
        Ok(Clerk { ear, waiting: Vec::new(), children: Vec::new(), seen: BTreeMap::new(), tag: 0, drawn: 0, mean: 0.0 })
    }

    fn handle(&mut self, message: Order, cx: &mut Context<'_, Clerk>) -> Result<(), Crash> {
        match message {
            Order::Ask(counter, mark) => cx.ask_within(50, counter, Count::Get, mark),
            Order::Hold(reply) => self.waiting.push(reply),
            Order::Answer(text) => self.waiting.drain(..).for_each(|reply| cx.reply(reply, &text)),
            Order::Watch(target, mark) => cx.watch(target, mark),
            Order::Timer(key, ms) => cx.timer(key, ms % 100),
            Order::Defer(until) if self.tag != until => cx.defer(),
            Order::Defer(_) => self.note("undeferred".into(), cx),
            Order::Become(tag) => {
                self.tag = tag;
                cx.become_tag(tag);
            }
            Order::Spawn(key) => {
                let child = cx.spawn_with::<Clerk>(&self.ear, SpawnOptions::default().label("child"));
                cx.send(child, &Order::Timer(key.into(), 5));
                cx.watch(child, key);
                if self.children.len() < 4 {
                    self.children.push(child);
                }
            }
            Order::Draw(count) => (0..count % 1_000).for_each(|_| self.drawn = self.drawn.rotate_left(5) ^ cx.random()),
            Order::Float(value) => {
                self.mean = (self.mean + value) / 2.0;
                let text = format!("mean {}", self.mean.to_bits());
                self.note(text, cx);
            }
            Order::Stop(why) => cx.stop(&Reason::Other(why)),
            Order::Find(text) => {
                let at = self.seen.keys().position(|seen| seen.contains(&*text));
                at.ok_or_else(|| Crash::new("find", text))?;
            }
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal<'_>, cx: &mut Context<'_, Clerk>) -> Result<(), Crash> {
        let text = match signal {
            Signal::Answer { mark, result: Ok(answer) } => format!("answer {mark} {:?}", answer.read::<u64>()),
            Signal::Answer { mark, result: Err(_) } => format!("no answer {mark}"),
            Signal::Down { mark, .. } => format!("down {mark}"),
            Signal::Exit { .. } => "exit".into(),
            Signal::Timer { key } => format!("tick {key} {}", self.drawn),
            Signal::Alarm { key, .. } => format!("alarm {key}"),
        };
        self.note(text, cx);
        Ok(())
    }

    fn terminate(&mut self, _: &Reason, cx: &mut Context<'_, Clerk>) {
        cx.send(self.ear, &String::from("last"));
    }
}
