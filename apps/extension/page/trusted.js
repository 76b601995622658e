//! Acts whose events the debugger dispatches, so that they are trusted: where to aim, and what came of it.
import { early, find, follow } from "./act.js";
import { DOC } from "./doc.js";
import { once } from "./effects.js";

const AIM_MS = 5_000; // The debugger answers within milliseconds; after this the shot is held to be lost.
const landings = new Map();

/** As `act`, up to the dispatch: the point to press, or the answer that ends it. */
export async function aim(request) {
  if (request.doc && request.doc !== DOC) return { status: "stale" };
  const { promise: pointed, resolve: point } = Promise.withResolvers();
  const done = once(request.effect, (handle) => early(() => shoot(request, handle, point)));
  return Promise.race([done, pointed]);
}

export async function landed({ effect }) {
  landings.get(effect)?.();
  return once(effect, async () => ({ status: "void" }));
}

/** Watches from aim to landed; a shot that never comes ends as one that reached nothing. */
async function shoot(request, handle, point) {
  const { answer, place } = await find(request.act, request.allow);
  if (answer) return answer;
  handle.check();
  let shot = false;
  const said = await follow(request, place, handle, () => new Promise((resolve) => {
    shot = true;
    landings.set(request.effect, resolve);
    setTimeout(resolve, AIM_MS);
    point({ x: place.x, y: place.y });
  }));
  landings.delete(request.effect);
  return shot && said.status === "done" && !said.reached ? { status: "cancelled" } : said;
}
