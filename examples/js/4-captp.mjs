//! Refs to objects on the other end of a port: a bank there, purses here, one round trip. Run: ./x js, then node examples/js/4-captp.mjs
import { E, Far, open } from "../../target/captp/captp.js";

/** Whoever has a purse can move money into it from another one of the same bank, and nobody can make money. */
function bank() {
  const sums = new WeakMap();
  const purse = (sum) => {
    const it = Far("purse", {
      balance: () => sums.get(it),
      sprout: () => purse(0n),
      async take(payer, sum) {
        const from = await payer;
        if (!(sums.get(from) >= sum && sum >= 0n)) throw new Error("no such sum in such a purse");
        sums.set(from, sums.get(from) - sum);
        sums.set(it, sums.get(it) + sum);
        return sums.get(it);
      },
    });
    sums.set(it, sum);
    return it;
  };
  return Far("bank", { open: purse });
}

const { port1, port2 } = new MessageChannel();

const there = await open();
const ticket = there.offer(bank());
there.connect(port2);

const here = await open();
const purse = E(here.connect(port1).fetch(ticket)).open(100n);
const friends = E(purse).sprout();
await E(friends).take(purse, 30n);
console.log(await E(purse).balance(), await E(friends).balance());

here.stop();
there.stop();
