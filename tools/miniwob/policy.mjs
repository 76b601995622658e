//! The model's place on the wire, for the task pages: from the messages so far to the next tool calls, and nothing else to go by.
//!
//! A solver is a generator: it yields the calls of one turn, is given their results, and returns its last calls. Each time it runs again
//! from the start over the results that are there, so the policy keeps nothing between two messages. Which solver it is, the wording tells.
//! A long task has several solvers, one after another: older page states are shortened meanwhile, so each begins by reading anew.
import { ASKED } from "./policy/asked.mjs";
import { DATES } from "./policy/dates.mjs";
import { DRAWN } from "./policy/drawn.mjs";
import { FORMS } from "./policy/forms.mjs";
import { FOUND } from "./policy/found.mjs";

const FAMILIES = [...FOUND, ...FORMS, ...DATES, ...ASKED, ...DRAWN];

/** Said with a solver's last calls. */
const ENDED = /^Part (\d+) is done with this\.$/;
/** The pages' own cover: the task is over, well or badly. */
const OVER = /\[ref_\d+\] generic "START" clickable/;

/** What these solve at reward 1 whatever the seed. */
export const TASKS = `
  ascending-numbers book-flight book-flight-nodelay buy-ticket choose-date choose-date-easy choose-date-medium choose-date-nodelay
  choose-list click-button click-button-sequence click-checkboxes click-checkboxes-large click-checkboxes-transfer click-collapsible
  click-collapsible-2 click-collapsible-2-nodelay click-collapsible-nodelay click-color click-dialog click-dialog-2 click-link click-menu
  click-menu-2 click-option click-pie click-pie-nodelay click-scroll-list click-shades click-shape click-tab click-tab-2 click-tab-2-easy
  click-tab-2-hard click-tab-2-medium click-test click-test-2 click-test-transfer count-shape drag-box drag-circle drag-items drag-shapes
  drag-shapes-2 drag-single-shape drag-sort-numbers draw-line email-inbox email-inbox-delete email-inbox-forward email-inbox-important
  email-inbox-noscroll email-inbox-reply email-inbox-star-reply enter-date enter-password enter-text enter-text-2 enter-text-dynamic
  enter-time find-greatest find-word focus-text focus-text-2 form-sequence form-sequence-2 form-sequence-3 generate-number grid-coordinate
  guess-number highlight-text highlight-text-2 identify-shape login-user multi-layouts multi-orderings navigate-tree odd-or-even
  order-food phone-book read-table read-table-2 resize-textarea scroll-text-2 search-engine sign-agreement simple-algebra
  simple-arithmetic social-media social-media-all social-media-some terminal text-editor text-transform unicode-test use-autocomplete
  use-autocomplete-nodelay use-colorwheel use-colorwheel-2 use-slider use-slider-2 use-spinner visual-addition
`.trim().split(/\s+/);

export function policy({ task, messages }) {
  const words = task.replace(/\n+\[peerd: .*$/s, "").trim();
  const [wording, ...solvers] = FAMILIES.find(([wording]) => wording.test(words)) ?? [];
  if (!wording) throw new Error(`nothing is known about: ${words}`);
  const turns = answered(messages);
  const last = turns.at(-1)?.results ?? [];
  if (last.some((result) => OVER.test(result))) return { text: "Done." };
  const failed = last.find((result) => /^(failed|unknown|stopped)\b/.test(result));
  if (failed) throw new Error(`a call failed: ${failed.split("\n")[0]}`);
  const mark = turns.findLastIndex(({ said }) => ENDED.test(said));
  const part = mark < 0 ? 0 : Number(ENDED.exec(turns[mark].said)[1]);
  if (part === solvers.length) return { text: "Done." };
  const run = solvers[part](...wording.exec(words).slice(1));
  let step = run.next();
  for (const { results } of turns.slice(mark + 1)) step = run.next(results);
  return { text: step.done ? `Part ${part + 1} is done with this.` : "", calls: [step.value].flat() };
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
