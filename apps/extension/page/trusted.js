//! Acts whose events the debugger dispatches, so that they are trusted: where to aim, and what came of it.
import { early, find } from "./act.js";
import { DOC } from "./doc.js";
import { once } from "./effects.js";
import { acting } from "./hand.js";
import { watchFor } from "./readback.js";

const AIM_MS = 5_000; // The debugger answers within milliseconds; after this the shot is held to be lost.
const landings = new Map();

/** As `act`, up to the dispatch: the point to press, or the answer that ends it. */
export async function aim({ effect, doc, act, allow }) {
  if (doc && doc !== DOC) return { status: "stale" };
  const { promise: pointed, resolve: point } = Promise.withResolvers();
  const done = once(effect, (handle) => early(async () => {
    const found = await find(act, allow);
    if (found.answer) return found.answer;
    handle.check();
    return follow(effect, found.place, point);
  }));
  return Promise.race([done, pointed]);
}

export async function landed({ effect }) {
  landings.get(effect)?.();
  return once(effect, async () => ({ status: "void" }));
}

/** Watches from aim to landed; a shot that never comes ends as one that reached nothing. */
async function follow(effect, place, point) {
  const watch = watchFor(place.el, { patient: true });
  const over = acting();
  await new Promise((resolve) => {
    landings.set(effect, resolve);
    setTimeout(resolve, AIM_MS);
    point({ x: place.x, y: place.y });
  });
  landings.delete(effect);
  const report = await watch.finish();
  over();
  return report.reached ? { status: "done", ...report } : { status: "cancelled" };
}
