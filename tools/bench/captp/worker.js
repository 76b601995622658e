//! One of two Workers: answers on its port, or calls the other over it, so many times and some at a time.
import { E, Far, open } from "/module/captp.js";

const WINDOW = 500;
const payload = new Uint8Array(64).fill(7);
const captp = open();
let far;

async function play(calls, window) {
  let left = calls;
  const one = async () => {
    while (left-- > 0) await E(far)(payload);
  };
  await Promise.all(Array.from({ length: Math.min(window, calls) }, one));
}

const does = {
  async answer(_, port) {
    const ticket = (await captp).offer(Far("echo", (what) => what));
    (await captp).connect(port);
    return ticket;
  },
  async fetch({ ticket }, port) {
    far = await (await captp).connect(port).fetch(ticket);
  },
  /** A second of the clock: both Workers are at work, each on a core of its own if there are two. */
  async "calls-message-port"({ units }) {
    const begun = performance.now();
    await play(units, WINDOW);
    return [units / ((performance.now() - begun) / 1_000)];
  },
};

self.onmessage = async ({ data: { call, ...words }, ports }) => {
  try {
    self.postMessage({ value: await does[call](words, ports[0]) });
  } catch (error) {
    self.postMessage({ error: String(error?.message ?? error) });
  }
};
