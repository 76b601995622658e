//! Typing: one key after the other at the caret of the focused or given field.
import { keyOf, needsShift } from "./chords.js";
import { focusOn } from "./focus.js";
import { insert } from "./edit.js";
import { keyDefault } from "./keydefaults.js";
import { bringIntoView, elementFor } from "./place.js";
import { Refused } from "./refused.js";
import { isTextField } from "./roles.js";
import { caretToEnd } from "./selection.js";
import { soon } from "./settle.js";
import { focused } from "./tree.js";

export const type = {
  locate(act) {
    const el = act.n === undefined || act.n === null ? focused() : elementFor(act.n);
    if (!el || el === document.body || el === document.documentElement) throw new Refused("no_focus");
    const field = act.n ? fieldIn(el) : el;
    if (act.n && !isTextField(field)) throw new Refused("not_editable");
    if (isTextField(field) && field.readOnly) throw new Refused("readonly");
    return { el: field };
  },
  async perform(act, { el }, handle) {
    if (focused() !== el) {
      bringIntoView(el);
      focusOn(handle, el);
      caretToEnd(el);
    }
    for (const char of String(act.text).replace(/\r\n?/g, "\n")) {
      typeKey(handle, char);
      // Frameworks redraw between keys; and a cancel can only be heard between two tasks.
      await soon();
    }
  },
};

/** The field a person would type into when told to type into this element. */
function fieldIn(el) {
  if (isTextField(el)) return el;
  if (el.localName === "label" && el.control) return el.control;
  const inside = [...el.querySelectorAll("input, textarea, [contenteditable]")].filter((at) => isTextField(at) && at.checkVisibility());
  return inside.length === 1 ? inside[0] : el;
}

/** One character by its key; whoever holds the focus by now gets it. */
function typeKey(handle, char) {
  const target = focused() ?? document.body;
  const init = keyInit({ ...keyOf(char), shiftKey: needsShift(char) }, target);
  const free = handle.fire(target, new KeyboardEvent("keydown", init));
  const at = focused() ?? target;
  if (free && (char === "\t" || keyPress(handle, at, init))) {
    // Enter and Tab act by what they are, and so does Space outside of a text.
    if (!CONTROLS.has(char) && isTextField(at)) insert(handle, at, char);
    else if (CONTROLS.has(char) || char === " ") keyDefault(handle, at, init);
  }
  handle.fire(focused() ?? at, new KeyboardEvent("keyup", init));
}
const CONTROLS = new Set(["\n", "\t"]);

/** The event between down and up, for keys that make a character. */
export function keyPress(handle, at, init) {
  const charCode = init.key === "Enter" ? 13 : init.key.codePointAt(0);
  return handle.fire(at, new KeyboardEvent("keypress", { ...init, charCode, keyCode: charCode }));
}

export function keyInit(chord, target) {
  return { bubbles: true, cancelable: true, composed: true, view: target.ownerDocument.defaultView, ...chord };
}
