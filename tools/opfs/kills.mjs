//! SIGKILL of a Chromium that writes a journal, again and again. What counts as acknowledged is what this process has heard.
import { setTimeout as wait } from "node:timers/promises";
import { forget, launch, profile } from "./site.mjs";

const FOLDER = "killed";
/** Limit: how long it writes, and how long after its page is there it is killed when that is to be while it opens or compacts. */
const WRITES_MS = { records: 400, actors: 2_000 };
const OPENS_MS = 250;
/** One life in so many is that short. */
const SHORT = 4;
/** Limit: a browser that has acknowledged nothing by then hangs. */
const HANGS_MS = 60_000;
/** One snapshot in so many lives. Actors' snapshots are made while they go on, whenever their log has grown by so little. */
const COMPACTS = 4;
const LOG_BITS = 15;
const PAST_BYTES = 1 << 20;
/** In every second life so that snapshots get done, too, and are not only begun. */
const REST_MS = 10;

export class Kills {
  /** What writes: "records", or "actors" of a durable vat. */
  constructor(url, seed, who) {
    Object.assign(this, { url, seed, who, folder: profile(), identity: undefined, acknowledged: 0, kills: 0, openings: 0, snapshots: 0, beyond: 0, torn: 0 });
  }

  /** A life, and its end. */
  async once() {
    const browser = await launch(this.folder);
    try {
      const tab = await browser.page(this.url);
      let begun;
      const writes = new Promise((done) => (begun = done));
      let snapshots = 0;
      await tab.landed((count, made = 0) => {
        this.snapshots += made - snapshots;
        snapshots = made;
        this.acknowledged = Math.max(this.acknowledged, count);
        begun();
      });
      const isShort = this.kills > 0 && this.draw(SHORT) === 0;
      const alive = isShort ? wait(this.draw(OPENS_MS)) : writes.then(() => wait(this.draw(WRITES_MS[this.who])));
      const hangs = new AbortController();
      const late = wait(HANGS_MS, undefined, { signal: hangs.signal }).then(
        () => Promise.reject(new Error(`it hung: nothing was acknowledged within ${HANGS_MS / 1_000} s`)), () => {});
      // Only a fault ends a life before it is killed.
      await Promise.race([alive, this.live(tab), late]).finally(() => hangs.abort());
    } finally {
      await browser.kill();
    }
    this.kills++;
  }

  async live(tab) {
    try {
      await this.open(tab);
      if (this.who === "actors") return await tab.ask("floodActors", { rest: this.draw(2) * REST_MS });
      if (this.draw(COMPACTS) === 0) await tab.ask("compact");
      const pace = { ms: 2, bytes: 1 << (12 + this.draw(7)), messages: 1 + this.draw(200) };
      await tab.ask("flood", pace);
    } catch (error) {
      if (!/closed|crashed|disconnected/i.test(error.message)) throw error;
    }
  }

  /** Whatever is lost or there twice, the Worker finds; how much must be there, only we know. */
  async open(tab) {
    const before = this.acknowledged;
    const call = this.who === "actors" ? "openActors" : "open";
    const { identity, count, found = "" } = await tab.ask(call, { folder: FOLDER, expected: this.identity, order: this.order() });
    if (count < before) throw new Error(`${count} messages are there, and ${before} were acknowledged (seed ${this.seed}, kill ${this.kills})`);
    this.identity ??= identity;
    this.openings++;
    this.beyond += count - before;
    this.torn += found.split("\n").filter((line) => line.includes("Dropped")).length;
    this.acknowledged = Math.max(this.acknowledged, count);
  }

  /** When a snapshot is made, and what of the past is kept. */
  order() {
    return { log: 1 << (LOG_BITS + this.draw(4)), past: this.draw(2) ? PAST_BYTES : undefined };
  }

  /** What the last kill left. */
  async last() {
    const browser = await launch(this.folder);
    try {
      await this.open(await browser.page(this.url));
    } finally {
      await browser.kill();
    }
  }

  told() {
    return `${this.kills} kills, ${this.openings} openings, ${this.acknowledged} messages; ${this.beyond} were there and not acknowledged yet, ${this.torn} ends were cut off` +
      (this.who === "actors" ? `; ${this.snapshots} snapshots were made beside them` : "");
  }

  end() {
    forget(this.folder);
  }

  /** Below `limit`. */
  draw(limit) {
    this.seed = (Math.imul(this.seed ^ (this.seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return (this.seed >>> 8) % limit;
  }
}
