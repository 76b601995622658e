//! The Worker that owns the journal: does what its page asks, one answer each; while it floods it also says what has landed.
import start, { Drill } from "./drill.js";

const ready = start({ module_or_path: "./drill_bg.wasm" });
/** Limit: so much waits for a flush; a flood goes no faster than the disk. */
const WAITING_MAX = 1 << 20;
let drill;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const told = () => ({ identity: drill.identity(), epoch: drill.epoch(), count: drill.count(), found: drill.found() });

const does = {
  async open({ folder, expected }) {
    drill = await Drill.open(folder, expected, crypto.randomUUID().replaceAll("-", ""));
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

self.onmessage = async ({ data: { id, call, words } }) => {
  try {
    await ready;
    self.postMessage({ id, value: await does[call](words) });
  } catch (error) {
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
};
