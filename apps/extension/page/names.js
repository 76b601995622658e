//! What an element is called: its accessible name, its visible label when that is another thing, and what an icon suggests.
import { computeAccessibleName } from "dom-accessibility-api";
import { labelsOf, withLabelsOf } from "./labels.js";
import { isNamedByContent } from "./roles.js";
import { line } from "./words.js";

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
        return line(withLabelsOf(el, () => computeAccessibleName(el)) || svgTitle(el), NAME_MAX);
      } catch {
        // Nesting beyond the stack or a broken getter: the plain name below.
      }
    }
    const content = isNamedByContent(role) ? el.textContent : "";
    return line(el.getAttribute("aria-label") || content || el.getAttribute("title") || el.getAttribute("placeholder") || "", NAME_MAX);
  };
}
const LABELLED = new Set(["input", "select", "textarea", "button", "meter", "output", "progress"]);

function svgTitle(el) {
  return el.namespaceURI?.endsWith("svg") ? el.querySelector(":scope > title")?.textContent ?? "" : "";
}

/** The words a person would read as a field's label, when they aren't its name: before it, or beside it in a box of its own. */
export function labelOf(el, name) {
  const own = line(labelsOf(el).map((label) => label.textContent).join(" "), 100);
  const text = own || textBefore(el) || textBeside(el);
  return text && text !== name ? text : "";
}

const LABEL_MAX = 40; // Longer words before a field are a sentence or an instruction, not its label.
const UP_MAX = 3;
const BACK_MAX = 4;

function textBefore(el) {
  for (let at = el, up = 0; at && up < UP_MAX; up++, at = at.parentElement) {
    for (let prev = at.previousSibling, back = 0; prev && back < BACK_MAX; prev = prev.previousSibling, back++) {
      if (prev.nodeType === Node.COMMENT_NODE) continue;
      if (prev.nodeType === Node.ELEMENT_NODE) {
        if (prev.matches(NO_LABEL) || prev.querySelector(NO_LABEL)) return "";
        if (!prev.checkVisibility()) continue;
      }
      const text = line(prev.textContent, LABEL_MAX * 2);
      if (text) return text.length <= LABEL_MAX ? text : "";
    }
    if (at.parentElement?.matches(STOPS)) return "";
  }
  return "";
}
/** The other words of the smallest box around, when it holds no other field. */
function textBeside(el) {
  for (let box = el.parentElement, up = 1; box && up < UP_MAX && !box.matches(STOPS); up++, box = box.parentElement) {
    if (box.querySelectorAll("input, select, textarea, button, a[href]").length > 1) return "";
    const text = line([...box.childNodes].filter((node) => !node.contains(el)).map((node) => node.textContent).join(" "), LABEL_MAX * 2);
    if (text) return text.length <= LABEL_MAX ? text : "";
  }
  return "";
}

// These have a label of their own, or head more than one field.
const NO_LABEL = "input, select, textarea, button, a[href], table, ul, ol, h1, h2, h3, h4, h5, h6, [contenteditable]";
const STOPS = "form, main, body, fieldset, table, ul, ol, section, article";
