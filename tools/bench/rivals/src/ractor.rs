//! The programs on ractor.
use crate::rival::{CREDIT, Rival, State, Tally};
use ractor::{Actor, ActorProcessingErr, ActorRef};

pub struct Ractor;

pub struct Link;
pub struct Hop;
pub struct Counter;
pub struct Sender;
pub struct Being;

pub enum Step {
    Token(u64),
    Next(ActorRef<Step>),
}

pub enum Count {
    Number,
    /// The last of a burst: its sender wants a credit.
    Asking(ActorRef<u64>),
}

async fn spawn<A: Actor>(actor: A, state: A::Arguments) -> ActorRef<A::Msg> {
    Actor::spawn(None, actor, state).await.map(|(born, _)| born).map_err(drop).expect("nothing keeps it from starting")
}

impl Actor for Link {
    type Msg = u64;
    type State = Tally;
    type Arguments = Tally;

    async fn pre_start(&self, _: ActorRef<u64>, last: Tally) -> Result<Tally, ActorProcessingErr> {
        Ok(last)
    }

    async fn handle(&self, me: ActorRef<u64>, left: u64, last: &mut Tally) -> Result<(), ActorProcessingErr> {
        match left {
            0 => last.one(),
            left => spawn(Link, last.clone()).await.cast(left - 1)?,
        }
        me.stop(None);
        Ok(())
    }
}

impl Actor for Hop {
    type Msg = Step;
    type State = (Option<ActorRef<Step>>, Tally);
    type Arguments = Self::State;

    async fn pre_start(&self, _: ActorRef<Step>, state: Self::State) -> Result<Self::State, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(&self, _: ActorRef<Step>, step: Step, (next, home): &mut Self::State) -> Result<(), ActorProcessingErr> {
        match (step, &next) {
            (Step::Token(left @ 1..), Some(next)) => next.cast(Step::Token(left - 1))?,
            (Step::Token(_), _) => home.one(),
            (Step::Next(closing), _) => *next = Some(closing),
        }
        Ok(())
    }
}

impl Actor for Counter {
    type Msg = Count;
    type State = Tally;
    type Arguments = Tally;

    async fn pre_start(&self, _: ActorRef<Count>, handled: Tally) -> Result<Tally, ActorProcessingErr> {
        Ok(handled)
    }

    async fn handle(&self, _: ActorRef<Count>, count: Count, handled: &mut Tally) -> Result<(), ActorProcessingErr> {
        handled.one();
        if let Count::Asking(sender) = count {
            sender.cast(0)?;
        }
        Ok(())
    }
}

impl Actor for Sender {
    type Msg = u64;
    type State = (ActorRef<Count>, u64);
    type Arguments = Self::State;

    async fn pre_start(&self, _: ActorRef<u64>, state: Self::State) -> Result<Self::State, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(&self, me: ActorRef<u64>, _: u64, (counter, left): &mut Self::State) -> Result<(), ActorProcessingErr> {
        for n in (1..=CREDIT.min(*left)).rev() {
            *left -= 1;
            counter.cast(if n == 1 { Count::Asking(me.clone()) } else { Count::Number })?;
        }
        Ok(())
    }
}

impl Actor for Being {
    type Msg = u64;
    type State = (State, Tally);
    type Arguments = Self::State;

    async fn pre_start(&self, _: ActorRef<u64>, state: Self::State) -> Result<Self::State, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(&self, _: ActorRef<u64>, _: u64, (state, handled): &mut Self::State) -> Result<(), ActorProcessingErr> {
        state.change();
        handled.one();
        Ok(())
    }
}

/// To an actor that lives as long as the program.
fn tell<M: ractor::Message>(to: &ActorRef<M>, message: M) {
    assert!(to.cast(message).is_ok(), "the receiver lives");
}

impl Rival for Ractor {
    const VERSION: &'static str = "ractor 0.16.5";
    type Hop = ActorRef<Step>;
    type Sender = ActorRef<u64>;
    type Being = ActorRef<u64>;

    async fn chain(length: u64, last: Tally) {
        tell(&spawn(Link, last).await, length);
    }

    async fn hop(next: Option<&ActorRef<Step>>, home: &Tally) -> ActorRef<Step> {
        spawn(Hop, (next.cloned(), home.clone())).await
    }

    async fn close(first: &ActorRef<Step>, next: &ActorRef<Step>) {
        tell(first, Step::Next(next.clone()));
    }

    async fn token(first: &ActorRef<Step>, hops: u64) {
        tell(first, Step::Token(hops));
    }

    async fn fan(senders: u64, each: u64, handled: &Tally) -> Vec<ActorRef<u64>> {
        let counter = spawn(Counter, handled.clone()).await;
        let mut all = Vec::new();
        for _ in 0..senders {
            all.push(spawn(Sender, (counter.clone(), each)).await);
        }
        all
    }

    async fn credit(sender: &ActorRef<u64>) {
        tell(sender, 0);
    }

    async fn being(handled: &Tally) -> ActorRef<u64> {
        spawn(Being, (State::new(), handled.clone())).await
    }

    async fn tell(being: &ActorRef<u64>) {
        tell(being, 1);
    }
}
