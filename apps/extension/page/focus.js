//! Moving the focus as a press or Tab would, also in a window that isn't in front: there the browser keeps silent.
import { isDisabled } from "./roles.js";
import { closest, focused, frameDocument, shadowOf } from "./tree.js";

const edited = new WeakSet();

/** Typed into since its last `change`: told when it loses the focus, should the browser not do so. */
export function noteEdit(el) {
  edited.add(el);
}

/** Tells a field's `change` if it was edited, once. */
export function commit(handle, el) {
  if (!el || !edited.delete(el)) return;
  handle.fire(el, new Event("change", { bubbles: true }));
}

export function canFocus(el) {
  if (isDisabled(el) || el.localName === "body" || el.localName === "html") return false;
  return el.tabIndex >= 0 || el.hasAttribute?.("tabindex") || el.isContentEditable === true;
}

/** What a press at the element focuses: the nearest that can hold the focus, or nothing. */
export function focusByPress(handle, el) {
  const target = closest(el, canFocus);
  if (target) focusOn(handle, target);
  else blur(handle);
}

export function focusOn(handle, el) {
  const old = focused();
  if (old === el) return;
  moved(handle, old, el, () => el.focus({ preventScroll: true }));
}

function blur(handle) {
  const old = focused();
  if (!old || old === old.ownerDocument.body) return;
  moved(handle, old, null, () => old.blur());
}

/** Does it, and sends the events that a window without the focus leaves out. */
function moved(handle, old, el, move) {
  handle.check();
  const seen = new Set();
  const note = (event) => seen.add(event.type);
  const changed = () => edited.delete(old);
  const watching = old && old !== document.body ? old : null;
  watching?.addEventListener("blur", note, { capture: true });
  watching?.addEventListener("change", changed, { capture: true });
  el?.addEventListener("focus", note, { capture: true });
  move();
  watching?.removeEventListener("blur", note, { capture: true });
  watching?.removeEventListener("change", changed, { capture: true });
  el?.removeEventListener("focus", note, { capture: true });
  if (watching && focused() !== watching) {
    commit(handle, watching);
    if (!seen.has("blur")) tell(handle, watching, ["blur", "focusout"], el);
  }
  if (el && focused() === el && !seen.has("focus")) tell(handle, el, ["focus", "focusin"], watching);
}

function tell(handle, target, [quiet, loud], relatedTarget) {
  const view = target.ownerDocument.defaultView;
  handle.fire(target, new FocusEvent(quiet, { view, composed: true, relatedTarget }));
  handle.fire(target, new FocusEvent(loud, { view, composed: true, bubbles: true, relatedTarget }));
}

/** The next stop of Tab (or shift+Tab) as the page orders them. */
export function nextStop(from, backwards) {
  const stops = [];
  gather(document.body ?? document.documentElement, stops);
  const ranked = stops.map((el, i) => ({ el, i, tab: el.tabIndex || Infinity })).sort((a, b) => a.tab - b.tab || a.i - b.i).map((stop) => stop.el);
  if (!ranked.length) return null;
  const at = ranked.indexOf(from);
  if (at >= 0) return ranked[(at + (backwards ? -1 : 1) + ranked.length) % ranked.length];
  // The focus is on nothing or on something between the stops: the nearest in page order.
  if (!from || from === document.body) return backwards ? ranked.at(-1) : ranked[0];
  const after = stops.findIndex((el) => from.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING);
  if (backwards) return stops[(after < 0 ? stops.length : after) - 1] ?? ranked.at(-1);
  return stops[after] ?? ranked[0];
}

// Limit: a page with more stops than this is tabbed through in its first part only.
const STOPS_MAX = 5_000;

function gather(root, stops) {
  for (const el of root.querySelectorAll?.("*") ?? []) {
    if (stops.length >= STOPS_MAX) return;
    if (el.tabIndex >= 0 && canFocus(el) && el.checkVisibility({ visibilityProperty: true }) && isStop(el)) stops.push(el);
    const inner = frameDocument(el)?.body ?? shadowOf(el);
    if (inner) gather(inner, stops);
  }
}

/** Of a group of radio buttons only the chosen one (or the first) is a stop. */
function isStop(el) {
  if (el.localName === "iframe") return false;
  if (el.localName !== "input" || el.type !== "radio" || !el.name) return true;
  const group = radios(el);
  return (group.find((radio) => radio.checked) ?? group[0]) === el;
}

/** The radio buttons that exclude each other with this one, in page order. */
export function radios(el) {
  const root = el.form ?? el.getRootNode();
  const all = root.elements ? [...root.elements] : [...root.querySelectorAll("input[type=radio]")];
  return all.filter((other) => other.type === "radio" && other.name === el.name && other.form === el.form && !isDisabled(other));
}

