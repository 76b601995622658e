//! The Worker of `./x bench durable`: durable actors, the same bytes without a kernel, and IndexedDB. Does what its page asks.
import start, { Actors, Sleepers } from "./drill.js";

const ready = start({ module_or_path: "./drill_bg.wasm" });
/** Messages given between two looks at what else there is to do. */
const GIVEN = 256;
const STATE = 200;
/** Sleepers asked at once. */
const ASKED = 2_048;

const fresh = () => crypto.randomUUID().replaceAll("-", "");
/** Whatever else waits to be done; a timer has a least wait. */
const turn = () => new Promise((done) => {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = done;
  port1.postMessage(0);
});

let hear, actors;
/** Its log stays whole: that all of it is replayed is what is measured. */
const open = (folder, expected, every) => Actors.open(folder, expected, fresh(), { every, log: 2 ** 52 }, (count, print) => hear(count, print));
const asked = (actors) => new Promise((heard) => {
  hear = (count, print) => heard({ count, print });
  actors.tell();
});

/** Gives messages up to this one, as fast as they are taken; until the last is durable. What each that speaks has waited, in ms. */
async function flood(actors, upto, every) {
  const given = new Map(), waits = [];
  let last = 0;
  hear = (count) => {
    waits.push(performance.now() - given.get(count));
    last = count;
  };
  while (last < upto) {
    const from = actors.sent(), now = performance.now();
    actors.run(Math.min(GIVEN, upto - from));
    for (let n = from - (from % every) + every; n <= actors.sent(); n += every) given.set(n, now);
    await turn();
  }
  return waits;
}

const does = {
  /** So many messages that warm up and do not count. */
  async warm({ folder, messages, every }) {
    actors = await open(folder, undefined, every);
    await asked(actors);
    await flood(actors, messages, every);
  },
  /** So many more; one in `every` says when it is durable. */
  async durable({ messages, every }) {
    const groups = actors.groups(), begun = performance.now();
    const waits = await flood(actors, actors.sent() + messages, every);
    const seconds = (performance.now() - begun) / 1_000;
    return { seconds, waits, groups: actors.groups() - groups, identity: actors.identity(), ...(await asked(actors)) };
  },
  /** What lies there is read and folded, and its actors are asked. */
  async reopened({ folder, expected, every }) {
    const begun = performance.now();
    actors = await open(folder, expected, every);
    return { seconds: (performance.now() - begun) / 1_000, ...(await asked(actors)) };
  },
  /** Actors under keys, made a few at a time and put out of memory; what that takes. Then some are asked, in no order: how fast. */
  async sleepers({ folder, actors: count, asked }) {
    const { memory } = await ready;
    const sleepers = await Sleepers.open(folder, fresh());
    const make = async (from, upto) => {
      for (let n = from; n < upto; n += GIVEN) {
        await sleepers.make(n, Math.min(GIVEN, upto - n));
        sleepers.shrink();
      }
    };
    const few = Math.floor(count / 4);
    await make(0, few);
    const before = memory.buffer.byteLength;
    await make(few, count);
    const bytes = (memory.buffer.byteLength - before) / (count - few);
    if (sleepers.swapped() !== count) throw new Error(`${sleepers.swapped()} of ${count} are out of memory`);
    const begun = performance.now();
    for (let n = 0; n < asked; n += ASKED) await sleepers.ask(n, Math.min(ASKED, asked - n), count, 0);
    const seconds = (performance.now() - begun) / 1_000;
    const back = count - sleepers.swapped();
    sleepers.free();
    return { bytes, seconds, back };
  },
  /** A write and a flush for each group. */
  async raw({ bytes, groups }) {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle("raw", { create: true })).createSyncAccessHandle();
    const group = Uint8Array.from({ length: bytes }, (_, n) => (n * 31) % 251);
    file.truncate(0);
    const begun = performance.now();
    for (let n = 0; n < groups; n++) {
      file.write(group, { at: n * bytes });
      file.flush();
    }
    const seconds = (performance.now() - begun) / 1_000;
    file.close();
    await folder.removeEntry("raw");
    return { seconds };
  },
  /** A put of a state for each message, so many in a transaction, one transaction after the other. */
  async indexeddb({ messages, together, durability }) {
    const base = await done(Object.assign(indexedDB.open("states", 1), { onupgradeneeded: ({ target }) => target.result.createObjectStore("state") }));
    const state = new Uint8Array(STATE), waits = [];
    const begun = performance.now();
    for (let n = 0; n < messages; n += together) {
      const from = performance.now();
      const writing = base.transaction("state", "readwrite", { durability });
      const store = writing.objectStore("state");
      for (let k = 0; k < together; k++) {
        new DataView(state.buffer).setUint32(0, n + k);
        store.put(state, "teller");
      }
      await new Promise((complete, failed) => Object.assign(writing, { oncomplete: complete, onabort: () => failed(writing.error) }));
      waits.push(performance.now() - from);
    }
    const seconds = (performance.now() - begun) / 1_000;
    base.close();
    await done(indexedDB.deleteDatabase("states"));
    return { seconds, waits };
  },
};

const done = (request) => new Promise((settled, failed) => {
  request.onsuccess = () => settled(request.result);
  request.onerror = () => failed(request.error);
});

self.onmessage = async ({ data: { id, call, words } }) => {
  try {
    await ready;
    self.postMessage({ id, value: await does[call](words) });
  } catch (error) {
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
};
