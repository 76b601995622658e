//! The words of a page as a reader meets them, the main article first.
import { noteSecrets, scrubber } from "./secrets.js";
import { documents, shadowRoots } from "./tree.js";
import { block, line } from "./words.js";

const MAX = 50_000;
const MAINS = ["article", "main", "[role=main]"];

export function pageText({ max = MAX } = {}) {
  for (const doc of documents()) noteSecrets(doc);
  const scrub = scrubber();
  const main = mainPart();
  const parts = main ? [main.innerText, rest(main)] : [document.body?.innerText ?? ""];
  const text = scrub(block([...parts, ...elsewhere()].join("\n\n").replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim(), max));
  return { title: scrub(line(document.title, 300)), origin: location.origin, text };
}

/** All the text that is shown, frames and shadow roots too; for looking for words in it. */
export function shownText(max) {
  return [document.body?.innerText ?? "", ...elsewhere()].join("\n").slice(0, max);
}

/** The only article, or the main part: when there are several, none is the page's subject. */
function mainPart() {
  for (const selector of MAINS) {
    const found = [...document.querySelectorAll(selector)].filter((el) => el.checkVisibility() && el.innerText?.trim().length > 200);
    if (found.length === 1) return found[0];
  }
  return null;
}

/** What is said around the main part, in page order. */
function rest(main) {
  const parts = [];
  for (let at = main; at && at !== document.body; at = at.parentElement) {
    const own = [...(at.parentElement?.children ?? [])].filter((el) => el !== at);
    parts.push(own.map((el) => el.innerText?.trim() ?? "").filter(Boolean).join("\n"));
  }
  return parts.filter(Boolean).join("\n");
}

function elsewhere() {
  const inner = documents().slice(1).map((doc) => doc.body?.innerText ?? "");
  const shadows = shadowRoots().map((root) => [...root.children].map((el) => el.innerText ?? "").join("\n"));
  return [...inner, ...shadows].filter((text) => text.trim());
}
