//! The life of an act: found, asked for, dispatched once, read back.
import { click } from "./click.js";
import { DOC } from "./doc.js";
import { drag } from "./drag.js";
import { known, once, stop } from "./effects.js";
import { acting } from "./hand.js";
import { hover } from "./hover.js";
import { key } from "./keys.js";
import { unmet } from "./needs.js";
import { watchFor } from "./readback.js";
import { Cancelled, Refused } from "./refused.js";
import { scroll, scrollTo } from "./scroll.js";
import { selectText } from "./select_text.js";
import { set } from "./set.js";
import { guardSubmits } from "./submit.js";
import { type } from "./type.js";

// Each kind: locate(act) finds the place or refuses, dispatching nothing; perform(act, place, handle) does it.
const KINDS = { click, set, type, key, scroll, scroll_to: scrollTo, hover, drag, select_text: selectText };
const PATIENT = new Set(["click", "key", "drag", "set"]);

export function act(request) {
  if (request.doc && request.doc !== DOC) return { status: "stale" };
  return once(request.effect, (handle) => early(() => run(request, handle)));
}

export const probe = ({ effect }) => known(effect);

export function cancel({ effect }) {
  stop(effect);
  return {};
}

async function run(request, handle) {
  const found = await find(request.act, request.allow);
  if (found.answer) return found.answer;
  handle.check();
  return follow(request, found.place, handle, () => found.kind.perform(request.act, found.place, handle));
}

/** Does it under watch, and tells what came of it. */
export async function follow({ act, allow }, place, handle, perform) {
  const guard = guardSubmits(allow, place.el);
  const watch = watchFor(place.el, { patient: PATIENT.has(act.kind) });
  const over = acting();
  try {
    if (!guard.resume(handle)) await perform();
    const read = await watch.read();
    return guard.held() ?? { status: "done", ...read };
  } finally {
    watch.end();
    guard.end();
    over();
  }
}

/** Where the act lands, or the answer that ends it before anything is dispatched. */
export async function find(act, allow) {
  const kind = Object.hasOwn(KINDS, act?.kind) ? KINDS[act.kind] : null;
  if (!kind) throw new Refused("no_such");
  const place = await kind.locate(act);
  const needs = unmet(act, place, allow);
  return needs.length ? { answer: { status: "needs", needs } } : { kind, place };
}

/** An early end as its answer. */
export async function early(run) {
  try {
    return await run();
  } catch (end) {
    if (end instanceof Refused || end instanceof Cancelled) return end.answer;
    throw end;
  }
}
