//! The Worker in which one piece of code runs: it has this realm, what it says goes to the host, and what it returns is its result.
import { E, Far, open } from 'captp';
import { fetching } from './net.js';
import { narrow } from './realm.js';
import { said, show } from './show.js';

// Code may compute for long without coming back to its event loop: what it says is sent at once, but no more often than this.
const FLUSH_MS = 50;
// Or when there is so much of it, or one message would be too large for the frame's gate.
const FLUSH_CHARS = 64 << 10;

const AsyncFunction = (async () => {}).constructor;

// The only way out: kept here, and taken out of the realm.
const post = self.postMessage.bind(self);
const wire = {
  postMessage: (data, transfer) => post(data, transfer ?? []),
  set onmessage(heard) {
    self.onmessage = heard;
  },
  close() {},
};
narrow(self);

self.onmessage = async ({ data: { wasm, ticket } }) => {
  self.onmessage = null;
  // What comes while the module is compiled.
  const early = [];
  self.onmessage = (event) => early.push(event);
  const captp = await open({ module: await WebAssembly.compile(wasm) });
  const connection = captp.connect(wire);
  for (const event of early) self.onmessage(event);
  const host = connection.fetch(bytes(ticket));
  const runner = Far('runner', {
    run: async (code, origins) => {
      let lines = [], waiting = 0, flushed = -Infinity;
      const send = () => {
        if (lines.length > 0) E.sendOnly(host).out(lines.join('\n'));
        [lines, waiting] = [[], 0];
      };
      const out = (...values) => {
        const text = values.map(show).join(' ').slice(0, FLUSH_CHARS).toWellFormed();
        if (lines.push(text) === 1) queueMicrotask(send);
        waiting += text.length;
        if (performance.now() - flushed < FLUSH_MS && waiting < FLUSH_CHARS) return;
        flushed = performance.now();
        send();
        captp.flush();
      };
      const console = Object.fromEntries(['log', 'info', 'warn', 'error', 'debug'].map((level) => [level, out]));
      try {
        // Not in the middle of what the session is doing.
        await null;
        const run = new AsyncFunction('console', 'fetch', code);
        const result = await run(console, fetching(origins));
        return result === undefined ? '' : show(result).toWellFormed();
      } catch (error) {
        throw new Error(said(error));
      } finally {
        send();
      }
    },
  });
  E(host).here(runner);
};

function bytes(hex) {
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}
