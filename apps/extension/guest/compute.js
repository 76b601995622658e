//! The Worker in which one piece of code runs: it has this realm, what it says goes to the host, and what it returns is its result.
import { E, Far } from 'captp';
import { begin } from './begin.js';
import { fetching } from './net.js';
import { said, show } from './show.js';

// Code may compute for long without coming back to its event loop: what it says is sent at once, but no more often than this.
const FLUSH_MS = 50;
// Or when there is so much of it, or one message would be too large for the frame's gate.
const FLUSH_CHARS = 64 << 10;

const AsyncFunction = (async () => {}).constructor;

begin((host, captp) => {
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
});
