//! The Worker that owns the journal: does what its page asks, one answer each; while it floods it also says what has landed.
import start, { Actors, Drill } from "./drill.js";

/** Limit: messages given to actors between two looks at what else there is to do. */
const GIVEN_MAX = 256;
const ready = start({ module_or_path: "./drill_bg.wasm" });
/** Limit: so much waits for a flush; a flood goes no faster than the disk. */
const WAITING_MAX = 1 << 20;
let drill, actors;

const fresh = () => crypto.randomUUID().replaceAll("-", "");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
let hear;
/** Whatever else waits to be done, and no timer's least wait. */
const turn = () => new Promise((done) => {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = done;
  port1.postMessage(0);
});
const told = () => ({ identity: drill.identity(), epoch: drill.epoch(), count: drill.count(), found: drill.found() });

const does = {
  async open({ folder, expected }) {
    drill = await Drill.open(folder, expected, fresh());
    return told();
  },
  write: ({ messages }) => drill.write(messages),
  fly: () => drill.fly(),
  async compact() {
    await drill.compact();
    return told();
  },
  /** Deaf for a while, as a Worker that is stuck: then it writes before it hears anything. */
  hang({ ms, messages }) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    drill.write(messages);
    return drill.fly();
  },
  /** For ever, or until it may not. */
  async flood({ ms, bytes, messages }) {
    let ended;
    drill.keep(ms, bytes, (landed) => self.postMessage({ landed })).catch((error) => (ended = error));
    while (!ended) {
      if (drill.write(messages) >= WAITING_MAX) await wait(ms);
      await wait(0);
    }
    throw ended;
  },
  /** A vat with durable actors; answers when they have said how far they came. */
  async openActors({ folder, expected, order = {} }) {
    const heard = new Promise((done) => (hear = done));
    actors = await Actors.open(folder, expected, fresh(), order, (count, print) => hear({ count, print }));
    actors.tell();
    const word = await heard;
    actors.go_on_after(word.count);
    return { ...word, identity: actors.identity(), epoch: actors.epoch() };
  },
  /** One of two vats, the teller's (0) or the book's (1). */
  async openPart({ folder, expected, part }) {
    actors = await Actors.open(folder, expected, fresh(), { part }, (count) => hear?.(count));
    return { identity: actors.identity() };
  },
  join: (_, port) => actors.join(port),
  /** How far this vat's actor has come: durably. */
  async count() {
    while (!actors.is_ready()) {
      actors.run(0);
      await wait(5);
    }
    const heard = new Promise((done) => (hear = done));
    actors.count();
    return heard;
  },
  /** What is due; and what has gone wrong is thrown. */
  pump: () => actors.run(0),
  /** The book's part: what it says is what is durable. */
  listen() {
    hear = (landed) => self.postMessage({ landed });
    actors.run(0);
  },
  /** The teller's: that many more messages, given as fast as they are taken. */
  async give({ messages }) {
    const before = await does.count();
    hear = undefined;
    actors.go_on_after(before);
    while (actors.sent() < before + messages) {
      actors.run(Math.min(GIVEN_MAX, before + messages - actors.sent()));
      await turn();
    }
    // No more are coming: what has gathered need not wait for them.
    actors.run(0);
    return before + messages;
  },
  /** So many messages to the actors, or for ever, and what they say of them: all are durable then. `rest`: ms between two handfuls. */
  async floodActors({ messages = Infinity, rest = 0 }) {
    let last = { count: 0 };
    hear = (word) => {
      last = word;
      self.postMessage({ landed: word.count, snapshots: actors.snapshots() });
    };
    while (last.count < messages) {
      actors.run(Math.min(GIVEN_MAX, messages - actors.sent()));
      await (rest ? wait(rest) : turn());
    }
    return { ...last, snapshots: actors.snapshots(), slice: actors.slice_ms(), took: actors.snapshot_ms() };
  },
  /** What is going on beside its turns. */
  beside() {
    actors.run(0);
    return { snapshots: actors.snapshots(), slice: actors.slice_ms(), short: actors.is_short() };
  },
  /** What each of so many groups takes, in ms: to fill it, and to have it durable. */
  async groups({ groups, messages }) {
    const fills = [], flies = [];
    let bytes = 0;
    for (let n = 0; n < groups; n++) {
      const begun = performance.now();
      bytes += drill.write(messages);
      const filled = performance.now();
      await drill.fly();
      fills.push(filled - begun);
      flies.push(performance.now() - filled);
    }
    return { bytes, fills, flies };
  },
  /** The same bytes without a journal: a write and a flush each. */
  async raw({ groups, size }) {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle("raw", { create: true })).createSyncAccessHandle();
    const bytes = crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536)));
    const group = Uint8Array.from({ length: size }, (_, n) => bytes[n % bytes.length]);
    const writes = [], flushes = [];
    file.truncate(0);
    for (let n = 0; n < groups; n++) {
      const begun = performance.now();
      file.write(group, { at: n * size });
      const written = performance.now();
      file.flush();
      writes.push(written - begun);
      flushes.push(performance.now() - written);
    }
    file.close();
    await folder.removeEntry("raw");
    return { bytes: groups * size, writes, flushes };
  },
};

self.onmessage = async ({ data: { id, call, words }, ports }) => {
  try {
    await ready;
    self.postMessage({ id, value: await does[call](words, ports[0]) });
  } catch (error) {
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
};
