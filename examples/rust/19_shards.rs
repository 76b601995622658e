//! 19. Shards: more actors than one vat holds, on hosts that come and go. Whoever asks need not know where an actor is.
use peerd_native::{Cluster, Shards, Terms, prelude::*};
use std::{env, fs, process};

#[derive(Message)]
enum Purse {
    Add(u64, Reply<u64>),
}

/// What somebody has.
#[derive(Serialize, Deserialize)]
struct Coins {
    whose: String,
    coins: u64,
}

impl Actor for Coins {
    const NAME: &'static str = "purse";
    /// Its key.
    type Args = String;
    type Message = Purse;

    fn init(whose: String, _: &mut Context<'_, '_, Coins>) -> Result<Coins, Crash> {
        Ok(Coins { whose, coins: 0 })
    }

    fn handle(&mut self, Purse::Add(more, reply): Purse, cx: &mut Context<'_, '_, Coins>) -> Result<(), Crash> {
        self.coins += more;
        cx.reply(reply, &self.coins);
        Ok(())
    }
}

/// Each gets so many more; what each has then.
fn all_add(cluster: &Cluster, more: u64) -> Vec<u64> {
    let add = |n| cluster.ask::<Coins, u64>(&format!("owner {n}"), 10_000, |reply| Purse::Add(more, reply));
    (0..20).map(|n| add(n).expect("somebody has it in time")).collect()
}

pub fn main() {
    let folder = env::temp_dir().join(format!("peerd-shards-{}", process::id()));
    // The usual 15 s are for machines that are far apart; here nobody waits so long for a host that is gone.
    let terms = Terms { term_ms: 1_000, renew_ms: 300, margin_ms: 200, seal_ms: 2_000 };
    let shards = || Shards::new(4, || vec![behaviour::<Coins>()]).of::<Coins>().terms(terms);

    let cluster = Cluster::open(&folder, shards().hosts(2)).expect("nobody else has it open, and it is well");
    assert_eq!(all_add(&cluster, 1), [1; 20]);

    // A host more takes its share, one that leaves gives up its own, one that dies is waited for: whoever asks notices nothing else.
    let third = cluster.add_host().expect("it is open");
    assert_eq!(all_add(&cluster, 1), [2; 20]);
    cluster.kill_host(third);
    assert_eq!(all_add(&cluster, 1), [3; 20]);
    let first = cluster.hosts()[0].0;
    cluster.remove_host(first);
    assert_eq!(all_add(&cluster, 1), [4; 20]);

    // Given up in order, the shards are there for the next process at once.
    assert!(cluster.shutdown(10_000));
    let cluster = Cluster::open(&folder, shards()).expect("it was given up");
    assert_eq!(all_add(&cluster, 1), [5; 20]);
    drop(cluster);
    fs::remove_dir_all(&folder).expect("it was made");
}
