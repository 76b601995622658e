//! What a Worker and Spritely Goblins do with each other over WebSocket. A case is told where they are, and throws what is not as it should be.
import { E, Far, Sturdyref, open } from "/module/captp.js";

const CHAIN = 16n;
const ROUNDS = 30;
/** Guile's collector takes for a reference what only looks like one: after so many looks, so many of ours may be kept for good. */
const PATIENCE = 400, KEPT_MAX = 2;

/** A locator with an object's number in it. */
const at = (place, name) => new Sturdyref(place.replace("?", `/s/${btoa(name).replace(/=+$/, "")}?`));

const echo = () => Far("echo", (...args) => args);
const link = (depth) => Far("link", { next: () => link(depth + 1n), depth: () => depth });
const fail = () => Far("fail", () => { throw new Error("as asked"); });

function same(value, expected, what = "it gave") {
  const told = (value) => JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : typeof part === "symbol" ? String(part) : part));
  if (told(value) !== told(expected)) throw new Error(`${what} ${told(value)}, not ${told(expected)}`);
}

const outcome = (promise) => promise.then(() => "kept", ({ kind }) => kind);

/** Nothing is waited for until the last call is under way. */
async function deep(target, depth) {
  for (let n = 0n; n < depth; n++) target = E(target).next();
  same(await E(target).depth(), depth);
}

/** A way to both, for one case. */
class Visit {
  constructor(captp, first, second) {
    Object.assign(this, { captp, places: { first, second } });
  }
  first = (name) => this.captp.enliven(at(this.places.first, name));
  second = (name) => this.captp.enliven(at(this.places.second, name));
}

export const cases = {
  async fetch({ first }) {
    await first("echo");
    same(await outcome(first("nobody")), "told", "a number that names nothing was");
  },
  async call({ first }) {
    const args = [true, 7n, -123456789012345678901234567890n, 1.5, "text, Zürich, 東京", Symbol.for("symbol"), [[], ""], { a: 1n, b: [] }];
    same(await E(first("echo"))(...args), args);
    same([...(await E(first("echo"))(new Uint8Array([0, 255, 60])))[0]], [0, 255, 60]);
  },
  pipelined_chain: ({ first }) => deep(first("chain"), CHAIN),
  async broken_promise({ first }) {
    const failed = E(first("hub")).fail(), behind = E(failed).anything();
    same([await outcome(failed), await outcome(behind)], ["told", "told"]);
  },
  async promise_of_theirs_settles({ first }) {
    for (const [how, expected] of [["fulfill", "kept"], ["break", "told"]]) {
      const [promise, resolver] = await E(first("hub")).promise();
      E.sendOnly(resolver)[how]("settled");
      same(await outcome(promise), expected, how);
    }
  },
  async order_of_calls({ first }) {
    const tally = E(first("hub"))["new-tally"](), items = Array.from({ length: 100 }, (_, n) => BigInt(n));
    for (const item of items) E(tally).note(item);
    same(await E(tally).all(), items);
  },
  async call_of_ours({ first }) {
    same(await E(first("hub")).call(echo(), "from there", 7n), ["from there", 7n]);
  },
  async pipelined_chain_on_ours({ first }) {
    same(await E(first("hub")).deepest(link(0n), CHAIN), CHAIN);
  },
  async broken_promise_of_ours({ first }) {
    same(await E(first("hub")).outcome(fail()), [Symbol.for("broken")]);
  },
  async handoff_as_gifter({ first, second }) {
    same(await E(second("hub")).call(await first("echo"), "given"), ["given"]);
  },
  async handoff_as_receiver({ first, places }) {
    same(await E(E(first("hub")).enliven(at(places.second, "echo").uri))("received"), ["received"]);
  },
  async handoff_as_exporter({ first, second }) {
    same(await E(first("hub")).call(await second("hub"), Symbol.for("call"), echo(), "exported"), ["exported"]);
  },
  /** By the collectors alone, there and here: in the end nobody holds anything of the other but what is still in use. */
  async collection_back_to_baseline({ captp, first }) {
    const hub = await first("hub"), most = { given: 0, had: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      same(await E(hub).call(echo(), "x"), ["x"]);
      await deep(first("chain"), 4n);
      for (const table in most) most[table] = Math.max(most[table], captp.counts[table]);
    }
    for (let asked = 0; captp.counts.given > (asked > PATIENCE ? KEPT_MAX : 0) || captp.counts.had > 1; asked++) {
      gc();
      // What the last message left on a stack of Guile's goes with the next.
      E.sendOnly(hub).idle();
      await new Promise((later) => setTimeout(later, 20));
    }
    const { given, had } = captp.counts;
    same(await E(hub).call("not an object").then(() => "kept", () => "broken"), "broken", "what is still in use gave");
    return `${most.given} given and ${most.had} had at most, then ${given} and ${had}`;
  },
};

/** One case. What it opened is closed. */
export async function play(name, first, second) {
  const captp = await open();
  try {
    return await cases[name](new Visit(captp, first, second));
  } finally {
    captp.stop();
  }
}
