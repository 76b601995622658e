//! Acts by their effect id: each is done at most once, its answer kept, and an unknown one can be shut out for good.
import { Cancelled } from "./refused.js";

// Limit: a task has at most some hundred acts per document; the oldest answers are forgotten first.
const KEPT_MAX = 1_000;
const entries = new Map();

/** Runs the act unless this effect was seen before; then its answer is given again. */
export async function once(effect, run) {
  if (!effect) return run(newHandle());
  const known = entries.get(effect);
  if (known?.barred) return { status: "void" };
  if (known) return known.answer;
  const handle = newHandle();
  const entry = { handle, barred: false, answer: null };
  entries.set(effect, entry);
  trim();
  entry.answer = run(handle);
  const said = await entry.answer;
  // Nothing was dispatched, and the same act is expected again once it is allowed or re-resolved.
  if (said.status === "needs" || said.status === "stale") entries.delete(effect);
  return said;
}

/** What became of an effect; from now on an unknown one will never begin. */
export async function known(effect) {
  const entry = entries.get(effect);
  if (entry && !entry.barred) return { known: true, answer: await entry.answer };
  entries.set(effect, { handle: newHandle(), barred: true, answer: null });
  trim();
  return { known: false };
}

/** No further event of this act is dispatched. */
export function stop(effect) {
  const entry = entries.get(effect);
  if (entry) entry.handle.cancelled = true;
  else entries.set(effect, { handle: newHandle(), barred: true, answer: null });
}

export function forget(effect) {
  entries.delete(effect);
}

function trim() {
  for (const [effect] of entries) {
    if (entries.size <= KEPT_MAX) return;
    entries.delete(effect);
  }
}

/** The only way from an act to the page's event handlers, so that a cancelled act falls silent. */
function newHandle() {
  return {
    cancelled: false,
    check() {
      if (this.cancelled) throw new Cancelled();
    },
    /** True unless a handler prevented the default action. */
    fire(target, event) {
      this.check();
      return target.dispatchEvent(event);
    },
  };
}
