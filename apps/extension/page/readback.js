//! What an act changed: read before and after, the page's own claims left aside.
import { isAmbient, noteAmbient, undisturbed } from "./ambient.js";
import { openDialog } from "./collect.js";
import { checkedOf, valueOf } from "./describe.js";
import { knownNumber, numberOf } from "./nodes.js";
import { isTextField } from "./roles.js";
import { frame, pause } from "./settle.js";
import { documents, focused, parentOf, shadowRoots, within } from "./tree.js";

const FIELDS_MAX = 2_000;
const MUTATIONS_MAX = 10_000;
const QUIET_MS = 60; // No change for so long: the page is done reacting.
const WAIT_MS = 250; // A handler that shows nothing by then is called one that does nothing.
const BUSY_MS = 600; // A page that never keeps still is read anyway.
const UNSEEN = new Set(["SCRIPT", "STYLE", "META", "LINK", "TEMPLATE", "NOSCRIPT", "HEAD", "TITLE", "BASE"]);
const SHOWING = ["class", "style", "hidden", "open", "src", "href", "disabled", "checked", "selected", "value", "readonly",
  "aria-expanded", "aria-checked", "aria-selected",
  "aria-pressed", "aria-hidden", "aria-valuenow", "aria-disabled", "aria-invalid", "aria-current", "d", "fill", "transform", "x", "y",
    "cx", "cy", "r", "width", "height", "points", "x1", "y1", "x2", "y2"];

/** Begins to watch. `patient`: the page may answer later than the next frame (a click; not a typed letter). */
export function watchFor(target, { patient }) {
  const subject = target?.localName === "label" && target.control ? target.control : target;
  noteAmbient();
  const over = undisturbed();
  const before = look(subject);
  const seen = { count: 0, last: 0, reached: false };
  const observer = new MutationObserver((records) => take(records, seen));
  for (const root of [...documents(), ...shadowRoots()]) {
    observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeOldValue: true, attributeFilter: SHOWING });
  }
  const reach = () => (seen.reached = true);
  const heard = ["mousedown", "click", "keydown", "input", "change", "wheel", "dragstart", "auxclick", "contextmenu", "mouseover",
    "mousemove", "focus"];
  for (const type of heard) target?.addEventListener(type, reach, { capture: true, passive: true });
  return {
    async read() {
      await frame();
      take(observer.takeRecords(), seen);
      await settled(seen, before, subject, patient, observer);
      return report(before, look(subject), seen, subject, target);
    },
    end() {
      observer.disconnect();
      for (const type of heard) target?.removeEventListener(type, reach, { capture: true });
      over();
    },
  };
}

async function settled(seen, before, subject, patient, observer) {
  const began = performance.now();
  for (;;) {
    const now = performance.now();
    const changed = seen.count > 0 || differs(before, look(subject));
    const limit = changed ? BUSY_MS : patient ? WAIT_MS : 0;
    if (now - began >= limit || (changed && now - Math.max(seen.last, began) >= QUIET_MS)) return;
    await pause(15);
    take(observer.takeRecords(), seen);
  }
}

function take(records, seen) {
  for (const record of records) {
    if (seen.count >= MUTATIONS_MAX) return;
    if (!noticeable(record)) continue;
    seen.count++;
    seen.last = performance.now();
  }
}

/** Could a person have seen it? */
function noticeable({ type, target, addedNodes, removedNodes, attributeName, oldValue }) {
  const el = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement ?? target.host;
  if (!el || UNSEEN.has(el.nodeName) || isAmbient(target)) return false;
  if (type === "characterData") return target.data !== oldValue && visible(el);
  if (type === "attributes") return el.getAttribute(attributeName) !== oldValue && (visible(el) || (el.parentElement && visible(el.parentElement)));
  return visible(el) && ([...addedNodes].some(shows) || [...removedNodes].some(holds));
}

const visible = (el) => el.checkVisibility({ visibilityProperty: true });

function shows(node) {
  return holds(node) && (node.nodeType !== Node.ELEMENT_NODE || !node.isConnected || visible(node));
}

function holds(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.trim() !== "";
  return node.nodeType === Node.ELEMENT_NODE && !UNSEEN.has(node.nodeName);
}

function look(subject) {
  const fields = new Map();
  for (const doc of documents()) {
    for (const el of doc.querySelectorAll("input, select, textarea")) {
      if (fields.size >= FIELDS_MAX) break;
      fields.set(el, valueOf(el) + "\u0001" + checkedOf(el));
    }
  }
  return {
    url: location.href, focus: focused(), value: valueOf(subject), checked: checkedOf(subject),
    dialog: openDialog()?.text ?? null, scroll: scrolls(subject), fields,
  };
}

function scrolls(subject) {
  const at = [scrollX, scrollY];
  for (let el = subject; el; el = parentOf(el)) if (el.scrollTop || el.scrollLeft) at.push(knownNumber(el) ?? 0, el.scrollLeft, el.scrollTop);
  return at.map(Math.round).join();
}

function differs(a, b) {
  return a.url !== b.url || a.value !== b.value || a.checked !== b.checked || a.dialog !== b.dialog || a.scroll !== b.scroll || otherField(a, b) !== null;
}

/** A field whose value or tick changed, be it the target or another. */
function otherField(a, b) {
  for (const [el, state] of b.fields) if (a.fields.has(el) && a.fields.get(el) !== state) return el;
  return null;
}

function report(before, after, seen, subject, target) {
  const changed = {};
  if (before.url !== after.url) changed.url = after.url;
  const field = otherField(before, after);
  if (before.value !== after.value) changed.value = after.value ?? "";
  else if (field && field !== subject) changed.value = valueOf(field) ?? "";
  if (before.checked !== after.checked) changed.checked = after.checked;
  else if (field && field !== subject && checkedOf(field) !== null) changed.checked = checkedOf(field);
  if (before.dialog !== after.dialog) changed.dialog = after.dialog ?? "";
  if (before.scroll !== after.scroll) changed.scroll = true;
  if (seen.count) changed.dom = seen.count;
  if (focusTells(before.focus, after.focus, target)) changed.focus = numberOf(after.focus);
  return { reached: seen.reached, ...(after.value === null ? {} : { value: after.value }), ...(after.checked === null ? {} : { checked: after.checked }), changed };
}

/** Any button takes the focus when pressed, also one that does nothing: only a field, or focus sent elsewhere, says something. */
function focusTells(old, now, target) {
  if (!now || now === old || now === document.body) return false;
  return isTextField(now) || now.localName === "select" || !(target && (within(target, now) || within(now, target)));
}
