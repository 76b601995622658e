//! What moves on a page by itself: clocks, tickers, carousels. Their changes say nothing about an act.
import { documents } from "./tree.js";

const SPAN_MS = 5_000;
const APART_MS = 300; // One change of the page may come in several parts; a ticking one comes again later.

// By the changed node: when it changed outside of any act, first and last.
const times = new WeakMap();
let acts = 0;
let observer = null;

/** From now on it is noted what changes by itself. */
export function noteAmbient() {
  if (observer) return;
  observer = new MutationObserver(note);
  for (const doc of documents()) observer.observe(doc, { subtree: true, childList: true, characterData: true, attributes: true });
}

/** While an act runs nothing is ambient; call what it returns when it is over. */
export function undisturbed() {
  note(observer?.takeRecords() ?? []);
  acts++;
  return () => {
    observer?.takeRecords();
    acts--;
  };
}

/** Has the node kept changing without anybody acting? */
export function isAmbient(node) {
  const seen = times.get(node);
  return seen !== undefined && performance.now() - seen.last < SPAN_MS && seen.last - seen.first > APART_MS;
}

function note(records) {
  if (acts > 0) return;
  const now = performance.now();
  for (const { target } of records) {
    const seen = times.get(target);
    if (!seen || now - seen.last > SPAN_MS) times.set(target, { first: now, last: now });
    else seen.last = now;
  }
}
