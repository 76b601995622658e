//! The programs on actix.
use crate::rival::{CREDIT, Rival, State, Tally};
use actix::prelude::*;

pub struct Actix;

#[derive(Message)]
#[rtype(result = "()")]
struct Number(u64);

#[derive(Message)]
#[rtype(result = "()")]
pub struct Next(Addr<Hop>);

#[derive(Message)]
#[rtype(result = "()")]
struct Asking(Addr<Sender>);

struct Link {
    last: Tally,
}

impl Actor for Link {
    type Context = Context<Self>;
}

impl Handler<Number> for Link {
    type Result = ();
    fn handle(&mut self, Number(left): Number, cx: &mut Context<Self>) {
        match left {
            0 => self.last.one(),
            left => Link { last: self.last.clone() }.start().do_send(Number(left - 1)),
        }
        cx.stop();
    }
}

pub struct Hop {
    next: Option<Addr<Hop>>,
    home: Tally,
}

impl Actor for Hop {
    type Context = Context<Self>;
}

impl Handler<Number> for Hop {
    type Result = ();
    fn handle(&mut self, Number(left): Number, _: &mut Context<Self>) {
        match (left, &self.next) {
            (1.., Some(next)) => next.do_send(Number(left - 1)),
            _ => self.home.one(),
        }
    }
}

impl Handler<Next> for Hop {
    type Result = ();
    fn handle(&mut self, Next(next): Next, _: &mut Context<Self>) {
        self.next = Some(next);
    }
}

struct Counter {
    handled: Tally,
}

impl Actor for Counter {
    type Context = Context<Self>;
}

impl Handler<Number> for Counter {
    type Result = ();
    fn handle(&mut self, _: Number, _: &mut Context<Self>) {
        self.handled.one();
    }
}

impl Handler<Asking> for Counter {
    type Result = ();
    fn handle(&mut self, Asking(sender): Asking, _: &mut Context<Self>) {
        self.handled.one();
        sender.do_send(Number(0));
    }
}

pub struct Sender {
    counter: Addr<Counter>,
    left: u64,
}

impl Actor for Sender {
    type Context = Context<Self>;
}

impl Handler<Number> for Sender {
    type Result = ();
    fn handle(&mut self, _: Number, cx: &mut Context<Self>) {
        for n in (1..=CREDIT.min(self.left)).rev() {
            self.left -= 1;
            match n {
                1 => self.counter.do_send(Asking(cx.address())),
                _ => self.counter.do_send(Number(self.left)),
            }
        }
    }
}

pub struct Being {
    state: State,
    handled: Tally,
}

impl Actor for Being {
    type Context = Context<Self>;
}

impl Handler<Number> for Being {
    type Result = ();
    fn handle(&mut self, _: Number, _: &mut Context<Self>) {
        self.state.change();
        self.handled.one();
    }
}

impl Rival for Actix {
    const VERSION: &'static str = "actix 0.13.5";
    type Hop = Addr<Hop>;
    type Sender = Addr<Sender>;
    type Being = Addr<Being>;

    async fn chain(length: u64, last: Tally) {
        Link { last }.start().do_send(Number(length));
    }

    async fn hop(next: Option<&Addr<Hop>>, home: &Tally) -> Addr<Hop> {
        Hop { next: next.cloned(), home: home.clone() }.start()
    }

    async fn close(first: &Addr<Hop>, next: &Addr<Hop>) {
        first.do_send(Next(next.clone()));
    }

    async fn token(first: &Addr<Hop>, hops: u64) {
        first.do_send(Number(hops));
    }

    async fn fan(senders: u64, each: u64, handled: &Tally) -> Vec<Addr<Sender>> {
        let counter = Counter { handled: handled.clone() }.start();
        (0..senders).map(|_| Sender { counter: counter.clone(), left: each }.start()).collect()
    }

    async fn credit(sender: &Addr<Sender>) {
        sender.do_send(Number(0));
    }

    async fn being(handled: &Tally) -> Addr<Being> {
        Being { state: State::new(), handled: handled.clone() }.start()
    }

    async fn tell(being: &Addr<Being>) {
        being.do_send(Number(1));
    }
}
