//! What captp.js promises. Each case has two CapTPs, joined by a port: what `there` offers, `here` has fetched.
import { E, Far, Sturdyref, Tagged } from "captp";

function equal(got, wanted, what = "") {
  const show = (value) => JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item instanceof Uint8Array ? [...item] : Object.is(item, -0) ? "-0" : item));
  if (show(got) !== show(wanted)) throw new Error(`${what} ${show(got)} is not ${show(wanted)}`);
}

async function fails(promise, words) {
  const error = await promise.then(() => undefined, (error) => error);
  if (!error) throw new Error(`it did not fail: ${words}`);
  if (!words.test(`${error.kind ?? error.name}: ${error.message}`)) throw new Error(`${error.kind ?? error.name}: ${error.message} is not ${words}`);
  return error;
}

const soon = (ms = 0) => new Promise((done) => setTimeout(done, ms));

/** Until it holds, or for ever: the case's own time ends that. */
async function until(holds) {
  while (!holds()) await soon(5);
}

/** Nothing but the object that was fetched. What is given back is told of in batches. */
const atRest = (connection) => JSON.stringify(connection.sizes()) === '{"exports":0,"imports":1,"questions":0,"answers":0}';

/** The classic: a mint makes purses, and only they can move money between each other. */
function bank() {
  const sums = new WeakMap();
  const purse = (sum) => {
    const it = Far("purse", {
      balance: () => sums.get(it),
      sprout: () => purse(0n),
      async take(payer, sum) {
        const from = await payer;
        if (!sums.has(from)) throw new Error("not a purse of this bank");
        if (sum < 0n || sums.get(from) < sum) throw new Error("not so much is there");
        sums.set(from, sums.get(from) - sum);
        sums.set(it, sums.get(it) + sum);
        return sums.get(it);
      },
    });
    sums.set(it, sum);
    return it;
  };
  return Far("bank", { open: (sum) => purse(sum) });
}

const echo = Far("echo", { same: (value) => value, list: (...args) => args });

export const cases = {
  async values_come_back_as_they_went({ fetched }) {
    const remote = await fetched(echo);
    const values = [undefined, null, true, false, 0, -1.5, NaN, Infinity, 7n, -(2n ** 70n), "", "grün", Symbol.for("name"),
      new Uint8Array([0, 255]), [], [1, [2n]], {}, { "": { b: [] }, a: 1, bc: 2 }, JSON.parse('{"__proto__": 3}')];
    for (const value of values) {
      const back = await E(remote).same(value);
      if (typeof value === "symbol") {
        if (back !== value) throw new Error("another symbol");
      } else equal(back, value);
    }
    const tagged = await E(remote).same(new Tagged("point", [1, 2]));
    equal([tagged instanceof Tagged, tagged.tag, tagged.value], [true, "point", [1, 2]]);
    equal((await E(remote).same(new Error("so"))).message, "so");
    const uri = "ocapn://aaaa.websocket/s/AAAA?url=ws%3A%2F%2F127.0.0.1%3A1";
    equal((await E(remote).same(new Sturdyref(uri))).uri, uri);
  },

  async what_can_not_be_sent_says_so_and_harms_nothing({ fetched }) {
    const remote = await fetched(echo);
    const cycle = [];
    cycle.push(cycle);
    await fails(E(remote).same(new Map()), /TypeError: a Map can't be sent/);
    await fails(E(remote).same(() => 1), /TypeError: a Function can't be sent/);
    await fails(E(remote).same({ deep: [1, cycle] }), /cycle/);
    await fails(E(remote).same(Symbol("own")), /Symbol.for/);
    await fails(E(remote).same("\ud800"), /half a character/);
    equal(await E(remote).list(1, "two"), [1, "two"]);
  },

  async purses_move_money_in_one_round_trip({ fetched, inOneRound }) {
    const remote = await fetched(bank());
    let mine, yours;
    const moved = await inOneRound(() => {
      mine = E(remote).open(100n);
      yours = E(mine).sprout();
      return E(yours).take(mine, 30n);
    });
    equal([moved, await E(mine).balance()], [30n, 70n]);
    await fails(E(mine).take(yours, 31n), /told: not so much is there/);
    await fails(E(mine).take(Far("forged", {}), 1n), /told: not a purse/);
  },

  async a_chain_of_any_length_is_one_round_trip({ fetched, inOneRound }) {
    const node = (depth) => Far("node", { next: () => node(depth + 1), depth: () => depth });
    const remote = await fetched(node(0));
    for (const length of [1, 8, 64]) {
      const depth = await inOneRound(() => {
        let at = remote;
        for (let step = 0; step < length; step++) at = E(at).next();
        return E(at).depth();
      });
      equal(depth, length);
    }
  },

  async only_a_far_object_s_own_methods_can_be_called({ fetched }) {
    class Counter {
      #count = 0;
      step() {
        return ++this.#count;
      }
    }
    const remote = await fetched(Far("counter", new Counter()));
    equal([await E(remote).step(), await E(remote).step()], [1, 2]);
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", "__defineGetter__", "nothing"]) {
      await fails(E(remote)[name](), /told: counter has no method/);
    }
    await fails(E(remote)(1), /without a method/);
    const twice = await fetched(Far("twice", (number) => number * 2));
    equal(await E(twice)(21), 42);
    await fails(E(await E(remote).step()).more(), /number is not far/);
  },

  async a_ref_that_comes_home_is_the_object_itself({ fetched }) {
    const remote = await fetched(echo), mine = Far("mine", {});
    if ((await E(remote).same(mine)) !== mine) throw new Error("another object");
    const theirs = await fetched(bank());
    if ((await E(remote).same(theirs)) !== theirs) throw new Error("another presence of the same object");
    if ((await E(remote).list([theirs], theirs))[1] !== theirs) throw new Error("another presence in the same list");
  },

  async promises_are_passed_before_they_are_kept({ fetched }) {
    let keep;
    const remote = await fetched(Far("waiter", { sum: async (one, other) => (await one) + (await other), hold: (promise) => void (keep = promise), kept: async () => await keep }));
    let resolve;
    const late = new Promise((done) => (resolve = done));
    const sum = E(remote).sum(late, E(remote).sum(1, 2));
    resolve(4);
    equal(await sum, 7);
    const broken = Promise.reject(new Error("never"));
    broken.catch(() => {});
    await E(remote).hold(broken);
    await fails(E(remote).kept(), /told: never/);
  },

  async a_part_of_a_promise_can_be_had({ fetched, inOneRound }) {
    const remote = await fetched(Far("shop", { all: () => ({ purse: Far("purse", { sum: () => 5 }), prices: [1, 2] }) }));
    equal(await inOneRound(() => E(E.get(E(remote).all()).purse).sum()), 5);
    equal(await inOneRound(() => E.get(E.get(E(remote).all()).prices)[1]), 2);
    const all = E(remote).all();
    await fails(E.get(all).nothing, /no such part/);
    await all;
    equal(await E.get(E.get(all).prices)[1], 2);
    await fails(E.get(all).nothing, /nothing/);
  },

  async errors_tell_their_message_and_no_more({ fetched }) {
    const remote = await fetched(Far("faulty", { sync: () => { throw new RangeError("too far"); }, async: async () => { throw new Error("too late"); }, odd: () => { throw "a text"; } }));
    const error = await fails(E(remote).sync(), /told: too far/);
    if (/cases\.js/.test(error.message)) throw new Error("it tells of files");
    await fails(E(remote).async(), /told: too late/);
    await fails(E(remote).odd(), /told: a text/);
    await fails(E(E(remote).sync()).more(), /too far/);
  },

  async order_of_calls_is_kept({ fetched }) {
    const heard = [];
    const remote = await fetched(Far("log", { say: (word) => void heard.push(word), all: () => heard, later: () => Far("ear", { say: (word) => void heard.push(word) }) }));
    for (let number = 0; number < 200; number++) number % 3 ? E(remote).say(number) : E.sendOnly(remote).say(number);
    equal(await E(remote).all(), Array.from({ length: 200 }, (_, number) => number));
    heard.length = 0;
    const ear = E(remote).later();
    E(ear).say("before");
    await ear;
    E(ear).say("after");
    await E(await ear).say("last");
    equal(heard, ["before", "after", "last"]);
  },

  async a_closed_connection_breaks_what_waits({ fetched, connection }) {
    const remote = await fetched(Far("slow", { wait: () => new Promise(() => {}) }));
    const waits = E(remote).wait(), pipelined = E(waits).more();
    connection.close("enough");
    await fails(waits, /disconnected/);
    await fails(pipelined, /disconnected/);
    await fails(E(remote).wait(), /disconnected|refused/);
  },

  async a_ticket_that_was_withdrawn_gives_nothing({ there, connection }) {
    const ticket = there.offer(echo);
    const had = await connection.fetch(ticket);
    there.withdraw(ticket);
    await fails(connection.fetch(ticket), /told|refused/);
    await fails(connection.fetch(new Uint8Array(32)), /told|refused/);
    equal(await E(had).same(1), 1);
  },

  async what_is_given_back_is_dropped({ here, there, fetched, connection }) {
    const remote = await fetched(bank()), given = there.counts.given;
    const purses = await Promise.all(Array.from({ length: 50 }, () => E(remote).open(1n)));
    equal(there.counts.given - given, 50);
    purses.forEach((purse) => here.release(purse));
    await until(() => there.counts.given === given);
    await until(() => atRest(connection));
  },

  async a_thousand_calls_leave_tables_as_they_were({ fetched, connection }) {
    const remote = await fetched(echo);
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 100 }, (_, number) => E(remote).same(number)));
    await until(() => atRest(connection));
  },

  async a_third_party_is_reached_through_who_introduced_it({ fetched, another }) {
    const remote = await fetched(Far("host", { greet: (guest, name) => E(guest).hello(name) }));
    const guest = await another(Far("guest", { hello: (name) => `hello ${name}` }));
    equal(await E(remote).greet(guest, "you"), "hello you");
  },

  async calls_in_one_realm_are_later_too() {
    const said = [], local = Far("local", { say: (word) => said.push(word) });
    const first = E(local).say("second");
    said.push("first");
    await first;
    equal(said, ["first", "second"]);
    equal(await E(Promise.resolve(local)).say("third"), 3);
    await fails(E({ say: 1 }).say(), /not far/);
  },
};
