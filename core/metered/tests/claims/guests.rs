//! Actors of these tests, as an author of guests writes them.
use peerd_actor::prelude::*;

#[derive(Message)]
pub enum Count {
    Add(u64),
    Get(Reply<u64>),
    Crash,
}

#[derive(Message)]
pub struct Counter {
    total: u64,
}

#[actor]
impl Actor for Counter {
    const NAME: &'static str = "counter";
    type Args = u64;
    type Message = Count;

    fn init(total: u64, _: &mut Context<'_, Counter>) -> Result<Counter, Crash> {
        Ok(Counter { total })
    }

    fn handle(&mut self, message: Count, cx: &mut Context<'_, Counter>) -> Result<(), Crash> {
        match message {
            Count::Add(more) => self.total += more,
            Count::Get(reply) => cx.reply(reply, &self.total),
            Count::Crash => {
                self.total = 0;
                cx.report("never", "said");
                return Err(Crash::new("told", "to crash"));
            }
        }
        Ok(())
    }
}

/// Of the next version: it counts double, in two numbers.
#[derive(Message)]
pub struct Counter2 {
    total: u64,
    lives: u64,
}

#[actor]
impl Actor for Counter2 {
    const NAME: &'static str = "counter";
    type Args = u64;
    type Message = Count;

    fn init(total: u64, _: &mut Context<'_, Counter2>) -> Result<Counter2, Crash> {
        Ok(Counter2 { total, lives: 1 })
    }

    fn handle(&mut self, message: Count, cx: &mut Context<'_, Counter2>) -> Result<(), Crash> {
        match message {
            Count::Add(more) => self.total += 2 * more,
            Count::Get(reply) => cx.reply(reply, &(self.total + 1_000 * self.lives)),
            Count::Crash => return Err(Crash::new("told", "to crash")),
        }
        Ok(())
    }

    fn recovered(&mut self, _: &mut Context<'_, Counter2>) -> Result<(), Crash> {
        self.lives += 1;
        Ok(())
    }

    fn migrate(old: Old<'_>, _: &mut Context<'_, Counter2>) -> Result<Counter2, Crash> {
        let Counter { total } = old.read().ok_or_else(|| Crash::new("no_migration", "no counter"))?;
        if old.extra == b"fail" { Err(Crash::new("no_migration", "told to fail")) } else { Ok(Counter2 { total, lives: 0 }) }
    }
}

/// What everybody in these tests does beside counting. Answers, downs and ticks go to who is watching.
#[derive(Message)]
pub enum Order {
    /// Whom it tells what it hears.
    Tell(Addr<String>),
    Say(String),
    Keep(Vec<Addr<Order>>),
    /// Sends `Say` to the one kept at that place.
    Pass(u32, String),
    Ask(Addr<Count>, u32),
    AskWithin(Addr<Count>, u64),
    /// Keeps the caller, whom `Answer` answers.
    Hold(Reply<String>),
    Answer(String),
    Refuse,
    Spawn(String),
    Watch(Addr<Order>, u32),
    Timer(u64, u64),
    Alarm(u64, u64),
    Defer(u32),
    Become(u32),
    Stop(String),
    Random(Reply<u64>),
}

#[derive(Message, Default)]
pub struct Clerk {
    tells: Option<Addr<String>>,
    kept: Vec<Addr<Order>>,
    waiting: Vec<Reply<String>>,
    heard: Vec<String>,
    tag: u32,
}

impl Clerk {
    fn tell(&self, text: String, cx: &mut Context<'_, Clerk>) {
        if let Some(to) = self.tells {
            cx.send(to, &text);
        }
    }
}

#[actor]
impl Actor for Clerk {
    const NAME: &'static str = "clerk";
    const STATE_MAX: usize = 256;
    const MESSAGE_MAX: usize = 512;
    type Args = Option<Addr<String>>;
    type Message = Order;

    fn init(tells: Option<Addr<String>>, _: &mut Context<'_, Clerk>) -> Result<Clerk, Crash> {
        Ok(Clerk { tells, ..Clerk::default() })
    }

    fn handle(&mut self, message: Order, cx: &mut Context<'_, Clerk>) -> Result<(), Crash> {
        match message {
            Order::Tell(to) => self.tells = Some(to),
            Order::Say(text) => {
                self.tell(format!("say {text}"), cx);
                self.heard.push(text);
            }
            Order::Keep(refs) => self.kept = refs,
            Order::Pass(place, text) => {
                let to = self.kept.get(place as usize).ok_or_else(|| Crash::new("place", "nobody"))?;
                cx.send(*to, &Order::Say(text));
            }
            Order::Ask(counter, mark) => cx.ask(counter, Count::Get, mark),
            Order::AskWithin(counter, ms) => cx.ask_within(ms, counter, Count::Get, 1),
            Order::Hold(reply) => self.waiting.push(reply),
            Order::Answer(text) => self.waiting.drain(..).for_each(|reply| cx.reply(reply, &text)),
            Order::Refuse => self.waiting.drain(..).for_each(|reply| cx.refuse(reply, &Settle::Revoked)),
            Order::Spawn(text) => {
                let child = cx.spawn::<Clerk>(&self.tells);
                cx.send(child, &Order::Say(text));
                self.kept.push(child);
            }
            Order::Watch(target, mark) => cx.watch(target, mark),
            Order::Timer(key, ms) => cx.timer(key, ms),
            Order::Alarm(key, ms) => cx.alarm(key, ms),
            Order::Defer(until) if self.tag != until => cx.defer(),
            Order::Defer(until) => self.tell(format!("undeferred {until}"), cx),
            Order::Become(tag) => {
                self.tag = tag;
                cx.become_tag(tag);
            }
            Order::Stop(why) => cx.stop(&Reason::Other(why)),
            Order::Random(reply) => {
                let drawn = cx.random();
                cx.reply(reply, &drawn);
            }
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal<'_>, cx: &mut Context<'_, Clerk>) -> Result<(), Crash> {
        let text = match signal {
            Signal::Answer { mark, result: Ok(answer) } => format!("answer {mark} {:?}", answer.read::<u64>()),
            Signal::Answer { mark, result: Err(settle) } => format!("no answer {mark} {settle:?}"),
            Signal::Down { mark, reason } => format!("down {mark} {reason:?}"),
            Signal::Exit { reason } => format!("exit {reason:?}"),
            Signal::Timer { key } => format!("tick {key} at {}", cx.now_ms()),
            Signal::Alarm { key, .. } => format!("alarm {key}"),
        };
        self.tell(text, cx);
        Ok(())
    }

    fn recovered(&mut self, cx: &mut Context<'_, Clerk>) -> Result<(), Crash> {
        self.tell("recovered".into(), cx);
        Ok(())
    }

    fn terminate(&mut self, reason: &Reason, cx: &mut Context<'_, Clerk>) {
        self.tell(format!("last {reason:?}"), cx);
    }
}
