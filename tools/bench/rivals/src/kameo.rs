//! The programs on kameo: bounded mailboxes as it ships them, `tell().await`.
use crate::rival::{CREDIT, Rival, State, Tally};
use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::message::{Context, Message};

pub struct Kameo;

struct Number(u64);
pub struct Next(ActorRef<Hop>);
struct Asking(ActorRef<Sender>);

pub struct Link {
    last: Tally,
}

pub struct Hop {
    next: Option<ActorRef<Hop>>,
    home: Tally,
}

pub struct Counter {
    handled: Tally,
}

pub struct Sender {
    counter: ActorRef<Counter>,
    left: u64,
}

pub struct Being {
    state: State,
    handled: Tally,
}

macro_rules! actors {
    ($($name:ident),*) => {$(
        impl Actor for $name {
            type Args = Self;
            type Error = Infallible;

            async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
                Ok(state)
            }
        }
    )*};
}

actors!(Link, Hop, Counter, Sender, Being);

/// To an actor that lives as long as the program.
async fn tell<A: Message<M>, M: Send + 'static>(to: &ActorRef<A>, message: M) {
    assert!(to.tell(message).await.is_ok(), "the receiver lives");
}

impl Message<Number> for Link {
    type Reply = ();
    async fn handle(&mut self, Number(left): Number, cx: &mut Context<Self, ()>) {
        match left {
            0 => self.last.one(),
            left => tell(&Link::spawn(Link { last: self.last.clone() }), Number(left - 1)).await,
        }
        cx.stop();
    }
}

impl Message<Number> for Hop {
    type Reply = ();
    async fn handle(&mut self, Number(left): Number, _: &mut Context<Self, ()>) {
        match (left, &self.next) {
            (1.., Some(next)) => tell(next, Number(left - 1)).await,
            _ => self.home.one(),
        }
    }
}

impl Message<Next> for Hop {
    type Reply = ();
    async fn handle(&mut self, Next(next): Next, _: &mut Context<Self, ()>) {
        self.next = Some(next);
    }
}

impl Message<Number> for Counter {
    type Reply = ();
    async fn handle(&mut self, _: Number, _: &mut Context<Self, ()>) {
        self.handled.one();
    }
}

impl Message<Asking> for Counter {
    type Reply = ();
    async fn handle(&mut self, Asking(sender): Asking, _: &mut Context<Self, ()>) {
        self.handled.one();
        tell(&sender, Number(0)).await;
    }
}

impl Message<Number> for Sender {
    type Reply = ();
    async fn handle(&mut self, _: Number, cx: &mut Context<Self, ()>) {
        for n in (1..=CREDIT.min(self.left)).rev() {
            self.left -= 1;
            match n {
                1 => tell(&self.counter, Asking(cx.actor_ref().clone())).await,
                _ => tell(&self.counter, Number(self.left)).await,
            }
        }
    }
}

impl Message<Number> for Being {
    type Reply = ();
    async fn handle(&mut self, _: Number, _: &mut Context<Self, ()>) {
        self.state.change();
        self.handled.one();
    }
}

impl Rival for Kameo {
    const VERSION: &'static str = "kameo 0.22.2";
    type Hop = ActorRef<Hop>;
    type Sender = ActorRef<Sender>;
    type Being = ActorRef<Being>;

    async fn chain(length: u64, last: Tally) {
        tell(&Link::spawn(Link { last }), Number(length)).await;
    }

    async fn hop(next: Option<&ActorRef<Hop>>, home: &Tally) -> ActorRef<Hop> {
        Hop::spawn(Hop { next: next.cloned(), home: home.clone() })
    }

    async fn close(first: &ActorRef<Hop>, next: &ActorRef<Hop>) {
        tell(first, Next(next.clone())).await;
    }

    async fn token(first: &ActorRef<Hop>, hops: u64) {
        tell(first, Number(hops)).await;
    }

    async fn fan(senders: u64, each: u64, handled: &Tally) -> Vec<ActorRef<Sender>> {
        let counter = Counter::spawn(Counter { handled: handled.clone() });
        (0..senders).map(|_| Sender::spawn(Sender { counter: counter.clone(), left: each })).collect()
    }

    async fn credit(sender: &ActorRef<Sender>) {
        tell(sender, Number(0)).await;
    }

    async fn being(handled: &Tally) -> ActorRef<Being> {
        Being::spawn(Being { state: State::new(), handled: handled.clone() })
    }

    async fn tell(being: &ActorRef<Being>) {
        tell(being, Number(1)).await;
    }
}
