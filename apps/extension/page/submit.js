//! Forms sent by a page's own handlers during an act: held back until sending is allowed, then sent once.
import { ofSubmit } from "./needs.js";
import { documents } from "./tree.js";

// What was held, by the element acted on: the same act again must send the form, not press twice.
const kept = new WeakMap();

export function guardSubmits(allow = [], target) {
  let held = null;
  const hold = (event) => {
    const needs = ofSubmit(event.target, event.submitter).filter((need) => !allow.includes(need.kind === "navigate" ? `navigate:${need.value}` : need.kind));
    if (!needs.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held = { needs, form: event.target, submitter: event.submitter };
    if (target) kept.set(target, held);
  };
  const views = documents().map((doc) => doc.defaultView).filter(Boolean);
  for (const view of views) view.addEventListener("submit", hold, true);
  return {
    /** Sends what the same act had held before; true when there was something. */
    resume(handle) {
      const before = target ? kept.get(target) : null;
      if (!before || !allow.includes("submit") || !before.form.isConnected) return false;
      kept.delete(target);
      handle.check();
      before.form.requestSubmit(before.submitter?.isConnected ? before.submitter : null);
      return true;
    },
    held: () => held && { status: "needs", needs: held.needs },
    end() {
      for (const view of views) view.removeEventListener("submit", hold, true);
    },
  };
}
