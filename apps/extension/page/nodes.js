//! Numbers for nodes: one per node and document life, never reused, shared by every script of ours in this document.

const KEY = Symbol.for("peerd.page.nodes");

// Lives in the isolated world's global, which pages can't see; content.js and recorder.js must count together.
const state = (globalThis[KEY] ??= { next: 1, numbers: new WeakMap(), nodes: new Map(), swept: 0 });

/** The node's number, given out at first sight. */
export function numberOf(node) {
  let n = state.numbers.get(node);
  if (n === undefined) {
    n = state.next++;
    state.numbers.set(node, n);
    state.nodes.set(n, new WeakRef(node));
    if (state.nodes.size > state.swept + 20_000) sweep();
  }
  return n;
}

/** The number, if the node was ever given one. */
export function knownNumber(node) {
  return node ? state.numbers.get(node) ?? null : null;
}

/** The node of a number, or null when it is gone for good. */
export function nodeOf(n) {
  return state.nodes.get(n)?.deref() ?? null;
}

/** Was this number ever given out here? */
export const wasGiven = (n) => Number.isInteger(n) && n > 0 && n < state.next;

function sweep() {
  for (const [n, ref] of state.nodes) if (!ref.deref()) state.nodes.delete(n);
  state.swept = state.nodes.size;
}
