//! Waiting until something is there, is gone, or the page keeps still.
import { nodeOf } from "./nodes.js";
import { pause } from "./settle.js";
import { documents } from "./tree.js";
import { shownText } from "./text.js";

const STEP_MS = 100;
const MS_MAX = 30_000;

export async function wait({ until = {}, ms = 5_000 }) {
  const began = performance.now();
  const limit = Math.min(MS_MAX, Math.max(0, ms));
  const still = until.quiet ? stillness() : null;
  try {
    for (;;) {
      const waited = Math.round(performance.now() - began);
      if (met(until, still)) return { met: true, ms: waited };
      if (waited >= limit) return { met: !Object.keys(until).length, ms: waited };
      await pause(Math.min(STEP_MS, limit - waited));
    }
  } finally {
    still?.end();
  }
}

function met(until, still) {
  if (!Object.keys(until).length) return false;
  if (until.text && !says(until.text)) return false;
  if (until.gone && says(until.gone)) return false;
  if (until.n && !nodeOf(until.n)?.isConnected) return false;
  return !still || still.quietMs() >= (until.quiet === true ? 500 : until.quiet);
}

function says(words) {
  const plain = (text) => text.replace(/\s+/g, " ").trim().toLowerCase();
  return plain(shownText(200_000)).includes(plain(words));
}

function stillness() {
  let last = performance.now();
  const observer = new MutationObserver(() => (last = performance.now()));
  for (const doc of documents()) observer.observe(doc, { subtree: true, childList: true, characterData: true, attributes: true });
  return { quietMs: () => performance.now() - last, end: () => observer.disconnect() };
}
