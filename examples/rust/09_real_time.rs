//! 9. On the real clock, by another first line: the actors have a thread, other threads have handles, native code has ports.
use peerd_native::prelude::*;
use std::thread;

#[derive(Message)]
enum Auction {
    Bid { amount: u64, reply: Reply<bool> },
    Close,
    Written(Result<u64, Settle>),
}

/// Closes when nobody has bid for a while, and has the price written down.
#[derive(Serialize, Deserialize)]
struct Lot {
    best: u64,
    closing: u64,
    clerk: Addr<Entry>,
}

#[derive(Message)]
struct Entry {
    price: u64,
    line: Reply<u64>,
}

const QUIET_MS: u64 = 40;

impl Actor for Lot {
    const NAME: &'static str = "lot";
    type Args = Addr<Entry>;
    type Message = Auction;

    fn init(clerk: Addr<Entry>, cx: &mut Context<'_, '_, Lot>) -> Result<Lot, Crash> {
        Ok(Lot { best: 0, closing: cx.send_after(QUIET_MS, Auction::Close), clerk })
    }

    fn handle(&mut self, message: Auction, cx: &mut Context<'_, '_, Lot>) -> Result<(), Crash> {
        match message {
            Auction::Bid { amount, reply } => {
                let is_better = amount > self.best;
                self.best = self.best.max(amount);
                cx.cancel_timer(self.closing);
                self.closing = cx.send_after(QUIET_MS, Auction::Close);
                cx.reply(reply, &is_better);
            }
            Auction::Close => {
                let price = self.best;
                cx.ask(self.clerk, |line| Entry { price, line }, Auction::Written);
            }
            Auction::Written(Ok(_)) => cx.stop(Reason::Normal),
            Auction::Written(Err(why)) => return Err(crash("unwritten", why.to_string())),
        }
        Ok(())
    }
}

pub fn main() {
    let system = System::new(vec![behaviour::<Lot>()]);
    let handle = system.handle();
    let book = handle.port::<Entry>().expect("the system runs");
    let lot = handle.spawn::<Lot>(&book.addr()).wait().expect("started");
    let ended = handle.watch(lot);

    let bidder = |bidder: u64| {
        let bids = (0..10).map(|n| n * 10 + bidder);
        // What is asked is a future as well: async code awaits it.
        bids.filter(|amount| handle.ask(lot, |reply| Auction::Bid { amount: *amount, reply }).wait() == Ok(true)).max()
    };
    let best = thread::scope(|scope| {
        let bidders: Vec<_> = (1..=4).map(|number| scope.spawn(move || bidder(number))).collect();
        bidders.into_iter().filter_map(|bidder| bidder.join().expect("no bidder panics")).max()
    });

    let entry = book.take().expect("the lot closes when all is quiet");
    assert_eq!(Some(entry.price), best);
    handle.reply(entry.line, &1).expect("there is room");
    assert_eq!(ended.wait(), Reason::Normal);
    assert_eq!(system.shutdown(1_000), End::Stopped);
}
