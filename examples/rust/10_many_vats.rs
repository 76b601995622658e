//! 10. Many vats: each has a thread, and an address leads to its actor from any of them. One actor hands out work to all cores.
use peerd_native::prelude::*;
use std::thread;

#[derive(Message)]
enum Work {
    /// How many primes there are from a number on, among so many.
    Count { from: u64, numbers: u64, reply: Reply<u64> },
}

#[derive(Serialize, Deserialize)]
struct Worker;

impl Actor for Worker {
    const NAME: &'static str = "worker";
    type Args = ();
    type Message = Work;

    fn init((): (), _: &mut Context<'_, '_, Worker>) -> Result<Worker, Crash> {
        Ok(Worker)
    }

    fn handle(&mut self, Work::Count { from, numbers, reply }: Work, cx: &mut Context<'_, '_, Worker>) -> Result<(), Crash> {
        let is_prime = |number: u64| number > 1 && (2..).take_while(|n| n * n <= number).all(|n| !number.is_multiple_of(n));
        cx.reply(reply, &((from..from + numbers).filter(|number| is_prime(*number)).count() as u64));
        Ok(())
    }
}

#[derive(Message)]
enum Job {
    Join(Addr<Work>),
    Below { number: u64, reply: Reply<u64> },
    /// A worker has counted, or was lost.
    Counted { worker: Addr<Work>, counted: Result<u64, Settle> },
}

const PIECE: u64 = 1_000;

/// Gives every worker a piece, and another when that is done.
#[derive(Serialize, Deserialize)]
struct Foreman {
    workers: Vec<Addr<Work>>,
    next: u64,
    below: u64,
    under_way: u32,
    found: u64,
    reply: Option<Reply<u64>>,
}

impl Foreman {
    fn hand_out(&mut self, worker: Addr<Work>, cx: &mut Context<'_, '_, Foreman>) {
        let (from, numbers) = (self.next, PIECE.min(self.below - self.next));
        if numbers > 0 {
            self.next += numbers;
            self.under_way += 1;
            cx.ask(worker, |reply| Work::Count { from, numbers, reply }, move |counted| Job::Counted { worker, counted });
        }
    }
}

impl Actor for Foreman {
    const NAME: &'static str = "foreman";
    type Args = ();
    type Message = Job;

    fn init((): (), _: &mut Context<'_, '_, Foreman>) -> Result<Foreman, Crash> {
        Ok(Foreman { workers: Vec::new(), next: 0, below: 0, under_way: 0, found: 0, reply: None })
    }

    fn handle(&mut self, job: Job, cx: &mut Context<'_, '_, Foreman>) -> Result<(), Crash> {
        match job {
            Job::Join(worker) => self.workers.push(worker),
            Job::Below { number, reply } => {
                (self.next, self.below, self.found, self.reply) = (0, number, 0, Some(reply));
                for worker in self.workers.clone() {
                    self.hand_out(worker, cx);
                }
            }
            Job::Counted { worker, counted } => {
                self.under_way -= 1;
                self.found += counted.map_err(|why| crash("lost", why.to_string()))?;
                self.hand_out(worker, cx);
                if self.under_way == 0
                    && let Some(reply) = self.reply.take()
                {
                    cx.reply(reply, &self.found);
                }
            }
        }
        Ok(())
    }
}

pub fn main() -> Result<(), Settle> {
    let cores = thread::available_parallelism().map_or(2, |cores| cores.get() as u32);
    let vats = Vats::new(cores, || vec![behaviour::<Worker>(), behaviour::<Foreman>()]);
    let handles = vats.handles();
    let first = &handles[0];
    let foreman = first.spawn::<Foreman>(&()).wait()?;
    for handle in &handles {
        let worker = handle.spawn::<Worker>(&()).wait()?;
        // An address is good in its own vat. This is the same worker's in the foreman's.
        let worker = handle.introduce(worker, first).wait()?;
        first.send(foreman, Job::Join(worker)).expect("there is room");
    }
    let primes = first.ask(foreman, |reply| Job::Below { number: 50_000, reply }).wait()?;
    assert_eq!(primes, 5_133);
    assert!(vats.shutdown(1_000).iter().all(|end| *end == End::Stopped));
    Ok(())
}
