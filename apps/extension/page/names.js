//! What an element is called: its accessible name, its visible label when that is another thing, and what an icon suggests.
import { computeAccessibleName } from "dom-accessibility-api";
import { line } from "./words.js";
import { isNamedByContent } from "./roles.js";

const NAME_MAX = 250;
// Limit: the full algorithm costs about 0.1 ms; a page of ten thousand links gets plain text names after this many.
const FULL_MAX = 1_500;

/** One snapshot's naming, so that its cost is bounded. */
export function namer() {
  let full = 0;
  return (el, role) => {
    const plain = !el.hasAttribute("aria-label") && !el.hasAttribute("aria-labelledby") && !el.hasAttribute("title");
    if (plain && isNamedByContent(role) && !el.firstElementChild && !LABELLED.has(el.localName)) return line(el.textContent, NAME_MAX);
    if (full++ < FULL_MAX) {
      try {
        return line(computeAccessibleName(el) || svgTitle(el), NAME_MAX);
      } catch {
        // Nesting beyond the stack or a broken getter: the plain name below.
      }
    }
    return line(el.getAttribute("aria-label") || (isNamedByContent(role) ? el.textContent : "") || el.getAttribute("title") || el.getAttribute("placeholder") || "", NAME_MAX);
  };
}
const LABELLED = new Set(["input", "select", "textarea", "button", "meter", "output", "progress"]);

function svgTitle(el) {
  return el.namespaceURI?.endsWith("svg") ? el.querySelector(":scope > title")?.textContent ?? "" : "";
}

/** The words a person would read as a field's label, when they aren't its name: before it, or heading its column or row. */
export function labelOf(el, name) {
  let text = "";
  if (el.labels?.length) text = line([...el.labels].map((l) => l.textContent).join(" "), 100);
  if (!text) text = textBefore(el);
  return text && text !== name ? text : "";
}

function textBefore(el) {
  let at = el;
  for (let up = 0; at && up < 3; up++, at = at.parentElement) {
    for (let prev = at.previousSibling, steps = 0; prev && steps < 4; prev = prev.previousSibling, steps++) {
      if (prev.nodeType === Node.ELEMENT_NODE && (FIELDS.has(prev.localName) || prev.querySelector?.("input, select, textarea, button"))) return "";
      if (prev.nodeType === Node.ELEMENT_NODE && (SKIP.has(prev.localName) || !prev.checkVisibility?.())) continue;
      const text = prev.nodeType === Node.COMMENT_NODE ? "" : line(prev.textContent, 100);
      if (text) return text;
    }
    if (at.parentElement && STOPS.has(at.parentElement.localName)) return "";
  }
  return "";
}
const FIELDS = new Set(["input", "select", "textarea", "button"]);
const SKIP = new Set(["script", "style", "template", "noscript"]);
const STOPS = new Set(["form", "main", "body", "fieldset", "table", "ul", "ol", "section", "article"]);
