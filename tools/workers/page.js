//! Workers with a vat each, joined two by two; a ring of guests lies across them, or one in each.
/** Limit: what has not come by then does not. */
const LIMIT_MS = 60_000;

class Part {
  constructor(number) {
    this.number = number;
    this.heard = [];
    this.waiting = [];
    this.worker = new Worker("/worker.js", { type: "module" });
    this.worker.onerror = (error) => this.hear(`failed ${error.message}`);
    this.worker.onmessage = ({ data }) => this.hear(data.word);
  }

  hear(word) {
    // What was on its way to a Worker that has ended is said to be lost: that is no failure.
    if (!word.startsWith("dead")) this.heard.push(word);
    this.waiting = this.waiting.filter((look) => !look());
  }

  /** The next such word, if it has not come yet; each is taken once. */
  word(wanted) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`vat ${this.number}: no "${wanted}" but ${JSON.stringify(this.heard)}`)), LIMIT_MS);
      const look = () => {
        const failed = this.heard.find((word) => word.startsWith("failed"));
        const at = this.heard.indexOf(wanted);
        if (failed === undefined && at < 0) return false;
        clearTimeout(late);
        if (failed !== undefined) reject(new Error(`vat ${this.number}: ${failed}`));
        else resolve(this.heard.splice(at, 1)[0]);
        return true;
      };
      if (!look()) this.waiting.push(look);
    });
  }

  async ask(call, words = {}, transfer = []) {
    this.worker.postMessage({ call, words }, transfer);
    await this.word(`did ${call}`);
  }
}

/** `isShared`: over memory, if this page may share any. `of` parts, each with so many guests. */
class Crowd {
  #parts = [];
  #lives = 0;
  #isShared;
  #each;

  static async of(count, { isShared = true, guests = 10, isApart = false, linger = 0, room = 1 << 18 } = {}) {
    const crowd = new Crowd();
    crowd.#isShared = isShared && self.crossOriginIsolated;
    crowd.#each = { guests, isApart, linger, room };
    for (let number = 1; number <= count; number += 1) crowd.#parts.push(await crowd.#boot(number, count));
    for (let one = 0; one < count; one += 1) {
      for (let other = one + 1; other < count; other += 1) await crowd.#join(crowd.#parts[one], crowd.#parts[other]);
    }
    await crowd.#start();
    return crowd;
  }

  get isShared() {
    return this.#isShared;
  }

  get #lead() {
    return this.#parts[0];
  }

  async #boot(number, count) {
    const part = new Part(number);
    const others = number === 1 ? Array.from({ length: count - 1 }, (_, index) => index + 2) : [];
    await part.ask("boot", { ...this.#each, number, life: (this.#lives += 1), others, guests: number === 1 ? this.#each.guests : 0 });
    return part;
  }

  async #join(one, other) {
    const { port1, port2 } = new MessageChannel();
    const shared = this.#isShared ? new SharedArrayBuffer(2 * (256 + this.#each.room)) : undefined;
    await Promise.all([one.ask("join", { peer: other.number, port: port1, shared }, [port1]), other.ask("join", { peer: one.number, port: port2, shared }, [port2])]);
    await Promise.all([one.word(`up ${other.number}`), other.word(`up ${one.number}`)]);
  }

  async #start() {
    await this.#lead.ask("start");
    await this.#lead.word("ready");
  }

  /** Milliseconds until all tokens are home. */
  async round(tokens, hops) {
    const begun = performance.now();
    await this.#lead.ask("begin", { tokens, hops });
    await this.#lead.word("home");
    return performance.now() - begun;
  }

  /** Ends the Worker of this number, without a word to it, and waits until the first vat knows. */
  async kill(number) {
    this.#parts[number - 1].worker.terminate();
    await this.#lead.word(`down ${number}`);
  }

  /** A new Worker in place of one that has ended, and its guests in the ring. */
  async renew(number) {
    const part = await this.#boot(number, this.#parts.length);
    this.#parts[number - 1] = part;
    for (const other of this.#parts) if (other !== part) await this.#join(other, part);
    await this.#start();
  }

  close() {
    for (const { worker } of this.#parts) worker.terminate();
  }
}

/** A ring that no message is lost from, or comes twice in: each token takes so many hops, or it is not home. */
async function turns(count, rounds, options) {
  const crowd = await Crowd.of(count, options);
  try {
    for (const [tokens, hops] of rounds) await crowd.round(tokens, hops);
    return crowd.isShared ? "over shared memory" : "over ports";
  } finally {
    crowd.close();
  }
}

const CASES = {
  "a token goes round over two Workers": () => turns(2, [[1, 1_000], [1, 1_001]]),
  "many tokens go round over three Workers": () => turns(3, [[300, 1_000]]),
  "a ring of four kilobytes is filled again and again": () => turns(2, [[3_000, 100]], { guests: 2, room: 4_096 }),
  "Workers that linger": () => turns(2, [[1, 5_000], [200, 500]], { linger: 0.05 }),
  "ports carry it as well": () => turns(2, [[1, 1_000], [300, 500]], { isShared: false }),
  async "a Worker that ends is gone for the others, and another takes its place"() {
    const crowd = await Crowd.of(3);
    await crowd.round(50, 200);
    await crowd.kill(2);
    await crowd.renew(2);
    await crowd.round(50, 200);
    crowd.close();
    return crowd.isShared ? "over shared memory" : "over ports";
  },
};

/** The least of so many. */
const RUNS = 5;

async function least(count, options, tokens, hops) {
  const crowd = await Crowd.of(count, options);
  await crowd.round(tokens, hops);
  let ms = Infinity;
  for (let run = 0; run < RUNS; run += 1) ms = Math.min(ms, await crowd.round(tokens, hops));
  crowd.close();
  return ms;
}

/** What a message costs: nanoseconds a hop, and how much more two Workers do than one. */
const FIGURES = {
  async "hop, one token, between two Workers: ports"() {
    return (await least(2, { guests: 1, isShared: false }, 1, 20_000)) * 50;
  },
  async "hop, one token, between two Workers: shared memory"() {
    return (await least(2, { guests: 1 }, 1, 20_000)) * 50;
  },
  async "hop, one token, between two Workers: shared memory, lingering"() {
    return (await least(2, { guests: 1, linger: 0.05 }, 1, 20_000)) * 50;
  },
  async "hop, 1,000 tokens, between two Workers: ports"() {
    return (await least(2, { guests: 1, isShared: false }, 1_000, 500)) * 2;
  },
  async "hop, 1,000 tokens, between two Workers: shared memory"() {
    return (await least(2, { guests: 1 }, 1_000, 500)) * 2;
  },
  async "hop, 1,000 tokens, within one Worker"() {
    return (await least(1, { guests: 2 }, 1_000, 500)) * 2;
  },
  async "times as much work in two Workers as in one, rings of their own"() {
    const ring = { guests: 100, isApart: true };
    return (2 * (await least(1, ring, 1, 1_000_000))) / (await least(2, ring, 1, 1_000_000));
  },
};

async function play() {
  const rows = [];
  const asked = new URLSearchParams(location.search);
  for (const [name, work] of Object.entries(asked.has("figures") ? FIGURES : CASES)) {
    try {
      rows.push({ name, said: await work() });
    } catch (error) {
      rows.push({ name, failed: String(error?.message ?? error) });
    }
  }
  await fetch("/told", { method: "POST", body: JSON.stringify({ isIsolated: self.crossOriginIsolated, rows }) });
}

play();
