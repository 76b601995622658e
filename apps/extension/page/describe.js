//! One element as the object that leaves the page: values masked, absent fields left out.
import { numberOf } from "./nodes.js";
import { isDisabled, isTextField } from "./roles.js";
import { labelOf } from "./names.js";
import { MASK, isSecret } from "./secrets.js";
import { block, colour, line } from "./words.js";

const OPTIONS_MAX = 50;
const VALUE_MAX = 500;

/** The parts of a node that depend on the element alone; place and parent are the collector's. `guessed`: only signs say what it is. */
export function describe(el, role, name, guessed = !name) {
  const node = { n: numberOf(el), role, name, tag: el.localName, actionable: false };
  const attrs = attributes(el, name, guessed);
  if (Object.keys(attrs).length) node.attrs = attrs;
  states(el, role, node);
  field(el, role, node);
  if (role === "heading") node.level = Number(el.getAttribute("aria-level")) || Number(/^h([1-6])$/.exec(el.localName)?.[1]) || 2;
  if (el.localName === "a" && el.hasAttribute("href")) node.href = address(el);
  if (!node.name) delete node.name;
  return node;
}

/** What the element is known by in the page's own source. */
function attributes(el, name, guessed) {
  const attrs = {};
  for (const key of ["id", "name", "data-testid", "data-test", "aria-label"]) {
    const value = el.getAttribute(key);
    if (value) attrs[key] = line(value, 80);
  }
  // Without a role or a name its class or its image is the only hint there is.
  if (guessed) {
    const hint = line(typeof el.className === "string" ? el.className : el.getAttribute("class"), 60);
    if (hint) attrs.class = hint;
    if (el.localName === "img" && el.getAttribute("src")) attrs.src = line(el.getAttribute("src").split(/[?#]/)[0].split("/").pop(), 60);
  }
  const icon = name && el.querySelector(":scope > [class*=icon]:empty, :scope > i:empty");
  if (icon) attrs.icon = line(icon.getAttribute("class"), 60);
  for (const key of RANGE_KEYS) if (el.localName === "input" && el.hasAttribute(key)) attrs[key] = line(el.getAttribute(key), 40);
  if (el.draggable === true && el.getAttribute("draggable") === "true") attrs.draggable = "true";
  return attrs;
}
const RANGE_KEYS = ["min", "max", "step", "pattern", "maxlength"];

function states(el, role, node) {
  const aria = (key) => el.getAttribute("aria-" + key);
  if (isDisabled(el)) node.disabled = true;
  if (el.required || aria("required") === "true") node.required = true;
  if (el.readOnly || aria("readonly") === "true") node.readonly = true;
  if (aria("invalid") && aria("invalid") !== "false") node.invalid = true;
  else if (FIELDS.has(el.localName) && el.matches(":user-invalid")) node.invalid = true;
  if (el.localName === "input" && (el.type === "checkbox" || el.type === "radio")) node.checked = el.indeterminate ? "mixed" : el.checked;
  else if (aria("checked") ?? aria("pressed")) node.checked = ternary(aria("checked") ?? aria("pressed"));
  if (aria("selected")) node.selected = aria("selected") === "true";
  else if (el.localName === "option") node.selected = el.selected;
  else if (aria("current") && aria("current") !== "false") node.selected = true;
  if (aria("expanded")) node.expanded = aria("expanded") === "true";
  else if (el.localName === "summary" && el.parentElement?.localName === "details") node.expanded = el.parentElement.open;
}
const FIELDS = new Set(["input", "select", "textarea"]);
const ternary = (v) => (v === "mixed" ? "mixed" : v === "true");

function field(el, role, node) {
  const tag = el.localName;
  if (tag === "input" && el.type !== "text") node.type = el.type;
  if (el.getAttribute("placeholder")) node.placeholder = line(el.getAttribute("placeholder"), 100);
  if (tag === "select") {
    node.options = [...el.options].slice(0, OPTIONS_MAX).map((o) => line(o.label || o.text, 80));
    if (el.options.length > OPTIONS_MAX) node.attrs = { ...node.attrs, options: String(el.options.length) };
    if (el.multiple) node.multiple = true;
    node.value = [...el.selectedOptions].map((o) => line(o.label || o.text, 80)).join("|");
  } else if (FIELDS.has(tag)) {
    const shown = !BUTTONS.has(el.type) && el.type !== "checkbox" && el.type !== "radio";
    if (isSecret(el)) {
      node.secret = true;
      if (el.value) node.value = MASK;
    } else if (shown && el.value) node.value = block(el.type === "file" ? [...el.files].map((f) => f.name).join("|") : el.value, VALUE_MAX);
  } else if (el.isContentEditable) {
    node.value = block(el.innerText, VALUE_MAX);
  } else if (VALUED.has(role)) {
    const measured = tag === "progress" || tag === "meter" ? String(el.value) : "";
    const value = el.getAttribute("aria-valuetext") || el.getAttribute("aria-valuenow") || measured;
    if (value) node.value = line(value, 80);
  }
  if (isTextField(el) && !node.disabled && !node.readonly) node.editable = true;
  if (FIELDS.has(tag) || el.isContentEditable || role === "slider") {
    const label = labelOf(el, node.name);
    if (label) node.label = label;
  }
}
const BUTTONS = new Set(["button", "submit", "reset", "image"]);
const VALUED = new Set(["slider", "spinbutton", "progressbar", "meter", "scrollbar"]);

function address(el) {
  const raw = el.getAttribute("href").trim();
  return line(raw.startsWith("#") || raw.startsWith("/") ? raw : el.href || raw, 300);
}

/** The value as read for facts and read-back; masked where it must be. */
export function valueOf(el) {
  if (!el) return null;
  if (isSecret(el)) return el.value ? MASK : "";
  if (el.localName === "select") return [...el.selectedOptions].map((o) => line(o.label || o.text, 80)).join("|");
  if (FIELDS.has(el.localName)) return block(el.value, 5_000);
  if (el.isContentEditable) return block(el.innerText, 5_000);
  return el.getAttribute?.("aria-valuetext") ?? el.getAttribute?.("aria-valuenow") ?? null;
}

export function checkedOf(el) {
  if (!el) return null;
  if (el.localName === "input" && (el.type === "checkbox" || el.type === "radio")) return el.indeterminate ? "mixed" : el.checked;
  const aria = el.getAttribute?.("aria-checked") ?? el.getAttribute?.("aria-pressed");
  return aria === null || aria === undefined ? null : ternary(aria);
}

/** The colours and shape of a drawn thing, as attributes and as a few words to call it by. */
export function looks(el, style) {
  const attrs = {};
  const svg = el.namespaceURI?.endsWith("svg");
  const paint = svg ? colour(style.fill) ?? colour(style.stroke) : colour(style.backgroundColor);
  if (paint) Object.assign(attrs, { color: paint.word, rgb: paint.hex });
  const shape = svg ? shapeWord(el) : "box";
  return { attrs, words: [paint?.word, shape].filter(Boolean).join(" ") };
}

function shapeWord(el) {
  if (el.localName === "polygon") {
    const sides = (el.getAttribute("points") || "").trim().split(/[\s,]+/).length >> 1;
    return sides === 3 ? "triangle" : `polygon with ${sides} sides`;
  }
  if (el.localName === "rect") {
    return Math.abs(parseFloat(el.getAttribute("width")) - parseFloat(el.getAttribute("height"))) < 0.5 ? "square" : "rectangle";
  }
  return el.localName;
}
