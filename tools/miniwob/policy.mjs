//! The model's place on the wire, for the task pages: from the messages so far to the next tool calls, and nothing else to go by.
//!
//! A solver is a generator: it yields the calls of one turn and is given their results. Each time it runs again from the start over
//! the results that are there, so the policy keeps nothing between two messages. Which solver it is, the wording tells.
import { DRAWN } from "./policy/drawn.mjs";
import { FORMS } from "./policy/forms.mjs";
import { FOUND } from "./policy/found.mjs";

const FAMILIES = [...FOUND, ...FORMS, ...DRAWN];

/** What these solve at reward 1 whatever the seed. */
export const TASKS = `
  ascending-numbers choose-list click-button click-button-sequence click-checkboxes click-checkboxes-large click-checkboxes-transfer
  click-color click-dialog click-dialog-2 click-link click-option click-scroll-list click-tab click-test click-test-2 click-test-
  transfer enter-date enter-password enter-text enter-text-2 enter-text-dynamic enter-time find-word focus-text focus-text-2 form-
  sequence-2 grid-coordinate highlight-text highlight-text-2 identify-shape login-user multi-layouts multi-orderings odd-or-even
  read-table read-table-2 simple-algebra simple-arithmetic unicode-test visual-addition
`.trim().split(/\s+/);

export function policy({ task, messages }) {
  const words = task.replace(/\n+\[peerd: .*$/s, "").trim();
  const [wording, solver] = FAMILIES.find(([wording]) => wording.test(words)) ?? [];
  if (!solver) throw new Error(`nothing is known about: ${words}`);
  const run = solver(...wording.exec(words).slice(1));
  let step = run.next();
  for (const results of answered(messages)) {
    if (step.done) break;
    const failed = results.find((result) => /^(failed|unknown|stopped)\b/.test(result));
    if (failed) throw new Error(`a call failed: ${failed.split("\n")[0]}`);
    step = run.next(results);
  }
  return step.done ? { text: "Done." } : { calls: [step.value].flat() };
}

/** The results of each turn since the owner's last words. */
function answered(messages) {
  const turns = [];
  for (const { role, content } of messages) {
    if (role === "user") turns.length = 0;
    else if (role === "assistant") turns.push([]);
    else if (role === "tool") turns.at(-1).push(typeof content === "string" ? content : content.map((part) => part.text ?? "").join(""));
  }
  return turns;
}
