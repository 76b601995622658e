//! What an element is for: its ARIA role, written or implied, and whether a person could operate it.
import { getRole } from "dom-accessibility-api";

const WIDGETS = new Set(["button", "checkbox", "combobox", "gridcell", "link", "listbox", "menuitem", "menuitemcheckbox", "menuitemradio",
  "option", "radio", "scrollbar",
  "searchbox", "slider", "spinbutton", "switch", "tab", "textbox", "treeitem"]);
const BY_CONTENT = new Set(["button", "checkbox", "heading", "link", "menuitem", "menuitemcheckbox", "menuitemradio", "option", "radio",
  "switch", "tab", "tooltip", "treeitem"]);
const STRUCTURE = new Set(["alert", "alertdialog", "article", "banner", "cell", "columnheader", "complementary", "contentinfo", "dialog",
  "feed", "figure", "form", "grid",
  "group", "heading", "img", "list", "listitem", "log", "main", "math", "menu", "menubar", "meter", "navigation", "progressbar",
    "radiogroup", "region", "row",
  "rowheader", "search", "status", "table", "tablist", "tabpanel", "term", "definition", "timer", "toolbar", "tooltip", "tree", "treegrid"]);
const LANDMARKS = new Set(["banner", "complementary", "contentinfo", "form", "main", "navigation", "region", "search", "dialog",
  "alertdialog", "article"]);
const FIELD_TYPES = new Set(["date", "time", "datetime-local", "month", "week", "color", "file", "password"]);
const SECTIONING = new Set(["article", "aside", "main", "nav", "section"]);

export const isWidget = (role) => WIDGETS.has(role);
export const isNamedByContent = (role) => BY_CONTENT.has(role);
export const isStructure = (role) => STRUCTURE.has(role);
export const isLandmark = (role) => LANDMARKS.has(role);

/** The role, or "" when the element means nothing by itself. */
export function roleOf(el) {
  const tag = el.localName;
  if (tag === "input" && !el.hasAttribute("role")) {
    if (FIELD_TYPES.has(el.type)) return el.type === "file" ? "button" : "textbox";
    if (el.type === "hidden") return "";
  }
  let role = (getRole(el) || "").toLowerCase();
  if (role && !WIDGETS.has(role) && !STRUCTURE.has(role)) {
    // Several roles may be written: the first one that means something counts.
    role = (el.getAttribute("role") || "").toLowerCase().split(/\s+/).find((r) => WIDGETS.has(r) || STRUCTURE.has(r)) ?? "";
  }
  if (tag === "th" && el.getAttribute("scope") === "row") role = "rowheader";
  if ((role === "banner" || role === "contentinfo") && !el.hasAttribute("role") && inSection(el)) return "";
  if (role === "region" && tag === "section" && !el.hasAttribute("role") && !el.hasAttribute("aria-label") && !el.hasAttribute("aria-labelledby")) return "";
  if (tag === "fieldset" || tag === "details") return "group";
  if (tag === "canvas" || tag === "video" || tag === "audio" || tag === "iframe") return role || (tag === "canvas" ? "img" : tag);
  if (!role && isEditingHost(el)) return "textbox";
  return role;
}

function inSection(el) {
  for (let at = el.parentElement; at; at = at.parentElement) if (SECTIONING.has(at.localName)) return true;
  return false;
}

/** The element where editing begins, not everything inside it. */
export function isEditingHost(el) {
  return el.isContentEditable === true && !(el.parentElement && el.parentElement.isContentEditable);
}

const NOT_TEXT = new Set(["button", "checkbox", "color", "file", "hidden", "image", "radio", "range", "reset", "submit"]);

/** A field whose text can be typed by keys. */
export function isTextField(el) {
  if (!el) return false;
  return el.localName === "textarea" || (el.localName === "input" && !NOT_TEXT.has(el.type)) || el.isContentEditable === true;
}

export function isDisabled(el) {
  if (el.matches?.(":disabled")) return true;
  for (let at = el, steps = 0; at && steps < 200; at = at.parentElement, steps++) {
    if (at.getAttribute?.("aria-disabled") === "true" || at.hasAttribute?.("inert")) return true;
  }
  return false;
}
