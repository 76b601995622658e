//! 14. What happened is what is kept: each event once, and the state is what they come to.
use peerd_native::prelude::*;
use std::{env, fs, path::Path, process};

#[derive(Message)]
enum Order {
    Take(String, u32),
    /// How many are there now, or why not.
    Give(String, u32, Reply<Result<u32, String>>),
    /// The newest so many events, the last one first.
    Newest(u32, Reply<Vec<String>>),
}

/// What happened. Its fields are what is on the disk.
#[derive(Debug, Serialize, Deserialize)]
enum Moved {
    In(String, u32),
    Out(String, u32),
}

/// What that comes to.
#[derive(Default, Serialize, Deserialize)]
struct Stock {
    boxes: std::collections::BTreeMap<String, u32>,
}

impl Fold for Stock {
    type Event = Moved;
    /// A later life begins with the last of these, and not with the first event there ever was.
    const SNAPSHOTS: Snapshots = Snapshots::every(100);

    /// Nothing but this changes the state: now, and when a later life makes it again.
    fn apply(&mut self, moved: Moved) -> Result<(), Crash> {
        match moved {
            Moved::In(what, count) => *self.boxes.entry(what).or_default() += count,
            Moved::Out(what, count) => *self.boxes.entry(what).or_default() -= count,
        }
        Ok(())
    }
}

impl EventSourced for Stock {
    const NAME: &'static str = "stock";
    type Args = ();
    type Message = Order;

    fn init((): (), _: &mut Context<'_, '_, Sourced<Stock>>) -> Result<Stock, Crash> {
        Ok(Stock::default())
    }

    /// Decides; `stock` can only be read here.
    fn handle(stock: &mut Sourced<Stock>, order: Order, cx: &mut Context<'_, '_, Sourced<Stock>>) -> Result<(), Crash> {
        match order {
            Order::Take(what, count) => drop(cx.persist(stock, Moved::In(what, count))?),
            Order::Give(what, count, reply) => {
                let there = stock.boxes.get(&what).copied().unwrap_or_default();
                if there < count {
                    cx.reply(reply, &Err(format!("{there} of {what} are there")));
                } else {
                    cx.persist(stock, Moved::Out(what.clone(), count))?;
                    // The state has the event in it; the answer leaves when the event is on the disk.
                    cx.reply(reply, &Ok(stock.boxes[&what]));
                }
            }
            Order::Newest(count, reply) => {
                let newest = stock.events(.., cx.kernel()).rev().take(count as usize);
                let told = newest.map(|event| event.map(|(number, moved)| format!("{number}: {moved:?}")));
                let told = told.collect::<Result<Vec<_>, Crash>>()?;
                cx.reply(reply, &told);
            }
        }
        Ok(())
    }
}

fn a_day(folder: &Path, taken: u32, given: u32) -> Result<u32, String> {
    let mut system = System::open(folder, vec![behaviour::<Sourced<Stock>>()]).expect("nobody else has it open, and it is well");
    let stock = system.keep::<Sourced<Stock>>("stock", &());
    system.send(stock, &Order::Take("tea".into(), taken));
    system.ask(stock, |reply| Order::Give("tea".into(), given, reply)).expect("the stock answers")
}

pub fn main() {
    let folder = env::temp_dir().join(format!("peerd-stock-{}", process::id()));
    assert_eq!(a_day(&folder, 10, 3), Ok(7));
    assert_eq!(a_day(&folder, 1, 9), Err("8 of tea are there".into()));
    assert_eq!(a_day(&folder, 1, 9), Ok(0));

    let mut system = System::open(&folder, vec![behaviour::<Sourced<Stock>>()]).expect("it is well");
    let stock = system.keep::<Sourced<Stock>>("stock", &());
    let newest = system.ask(stock, |reply| Order::Newest(2, reply)).expect("the stock answers");
    assert_eq!(newest, ["5: Out(\"tea\", 9)", "4: In(\"tea\", 1)"]);
    drop(system);
    fs::remove_dir_all(&folder).expect("it was made");
}
