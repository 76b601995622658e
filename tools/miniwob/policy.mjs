//! The model's place on the wire, for the task pages: from the messages so far to the next tool calls, and nothing else to go by.
//!
//! A solver is a generator: it yields the calls of one turn, is given their results, and returns its last calls. Each time it runs again
//! from the start over the results that are there, so the policy keeps nothing between two messages. Which solver it is, the wording tells.
import { DRAWN } from "./policy/drawn.mjs";
import { FORMS } from "./policy/forms.mjs";
import { FOUND } from "./policy/found.mjs";

const FAMILIES = [...FOUND, ...FORMS, ...DRAWN];

/** Said with the last calls. Older page states are shortened by then: what led here can't be found out again, and need not. */
const LAST = "With this it is done.";

/** What these solve at reward 1 whatever the seed. */
export const TASKS = `
  ascending-numbers buy-ticket choose-list click-button click-button-sequence click-checkboxes click-checkboxes-large
  click-checkboxes-transfer click-collapsible click-collapsible-2 click-collapsible-2-nodelay click-collapsible-nodelay click-color
  click-dialog click-dialog-2 click-link click-menu click-menu-2 click-option click-scroll-list click-shades click-shape click-tab
  click-tab-2 click-tab-2-easy click-tab-2-hard click-tab-2-medium click-test click-test-2 click-test-transfer count-shape drag-box
  drag-circle drag-items drag-shapes drag-shapes-2 drag-single-shape drag-sort-numbers draw-line email-inbox email-inbox-delete
  email-inbox-forward email-inbox-important email-inbox-noscroll email-inbox-reply email-inbox-star-reply enter-date enter-password
  enter-text enter-text-2 enter-text-dynamic enter-time find-word focus-text focus-text-2 form-sequence form-sequence-2 grid-coordinate
  highlight-text highlight-text-2 identify-shape login-user multi-layouts multi-orderings navigate-tree odd-or-even order-food phone-book
  read-table read-table-2 resize-textarea search-engine simple-algebra simple-arithmetic social-media social-media-all social-media-some
  unicode-test use-slider use-slider-2 use-spinner visual-addition
`.trim().split(/\s+/);

export function policy({ task, messages }) {
  const words = task.replace(/\n+\[peerd: .*$/s, "").trim();
  const [wording, solver] = FAMILIES.find(([wording]) => wording.test(words)) ?? [];
  if (!solver) throw new Error(`nothing is known about: ${words}`);
  const turns = answered(messages);
  const failed = turns.at(-1)?.results.find((result) => /^(failed|unknown|stopped)\b/.test(result));
  if (failed) throw new Error(`a call failed: ${failed.split("\n")[0]}`);
  if (turns.at(-1)?.said === LAST) return { text: "Done." };
  const run = solver(...wording.exec(words).slice(1));
  let step = run.next();
  for (const { results } of turns) step = run.next(results);
  return { text: step.done ? LAST : "", calls: [step.value].flat() };
}

/** What was said and the results, turn by turn since the owner's last words. */
function answered(messages) {
  const turns = [];
  for (const { role, content } of messages) {
    const text = typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join("");
    if (role === "user") turns.length = 0;
    else if (role === "assistant") turns.push({ said: text, results: [] });
    else if (role === "tool") turns.at(-1).results.push(text);
  }
  return turns;
}
