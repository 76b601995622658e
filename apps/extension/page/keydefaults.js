//! What a browser does by itself when a key goes down, for pages that can't be given trusted keys.
import { edit, insert, setValue } from "./edit.js";
import { commit, focusOn, nextStop, radios } from "./focus.js";
import { choose as chooseOptions, isOff, tell } from "./options.js";
import { isDisabled, isTextField } from "./roles.js";
import { canSelect, selectAll } from "./selection.js";

const MOVES = { ArrowLeft: ["backward", "character"], ArrowRight: ["forward", "character"], ArrowUp: ["backward", "line"], ArrowDown: ["forward", "line"],
  Home: ["backward", "lineboundary"], End: ["forward", "lineboundary"] };
const STEPPED = new Set(["number", "range", "date", "time", "datetime-local", "month", "week"]);
const PRESSED_BY_ENTER = new Set(["button", "summary", "a", "area"]);
const PRESSED_BY_SPACE = new Set(["button", "summary"]);
const BUTTON_TYPES = new Set(["button", "submit", "reset", "image", "file", "color"]);
const SENDS = new Set(["submit", "image"]);
const LINE = 40;

export function keyDefault(handle, el, chord) {
  const { key } = chord, ctrl = chord.ctrlKey || chord.metaKey;
  if (chord.altKey) return;
  if (key === "Tab" && !ctrl) return tab(handle, el, chord.shiftKey);
  if (key === "Enter") return enter(handle, el, chord);
  if (isTextField(el) && textKey(handle, el, chord, ctrl)) return;
  if (ctrl) return;
  if (key === " ") return space(handle, el);
  const arrow = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[key];
  if (el.localName === "select") return choose(handle, el, key, arrow);
  if (el.localName === "input" && el.type === "radio" && arrow) return roam(handle, el, arrow);
  if (el.localName === "input" && el.type === "range") return slide(handle, el, key, arrow);
  if (key === "Escape") return escape(handle);
  scroll(el, key);
}

function tab(handle, el, backwards) {
  const next = nextStop(el, backwards);
  if (!next) return;
  focusOn(handle, next);
  if (isTextField(next) && !next.isContentEditable) selectAll(next);
}

/** A line break, the press of what is focused, or the form sent as the HTML standard's implicit submission has it. */
function enter(handle, el, chord) {
  if (el.localName === "textarea" || (el.isContentEditable && !el.href)) {
    if (!el.readOnly) edit(handle, el, chord.shiftKey || el.localName === "textarea" ? "insertLineBreak" : "insertParagraph");
  } else if (PRESSED_BY_ENTER.has(el.localName) || (el.localName === "input" && BUTTON_TYPES.has(el.type))) {
    activate(handle, el);
  } else if (el.localName === "input") {
    const target = implicitSubmit(el);
    if (!target) return;
    commit(handle, el);
    if (target.button) activate(handle, target.button);
    else target.form.requestSubmit();
  }
}

/** What Enter in this field would do: {form, button?}, or null when nothing. */
export function implicitSubmit(el) {
  const form = el?.localName === "input" ? el.form : null;
  if (!form) return null;
  const fields = [...form.elements];
  const button = [...fields, ...form.querySelectorAll("input[type=image]")].find((at) => SENDS.has(at.type));
  if (button) return isDisabled(button) ? null : { form, button };
  const blocking = fields.filter((at) => at.localName === "input" && isTextField(at));
  return blocking.length > 1 ? null : { form };
}

/** The click that a key makes: no pointer, one event. */
function activate(handle, el) {
  handle.check();
  if (!isDisabled(el)) el.click();
}

function space(handle, el) {
  const box = el.localName === "input" && (el.type === "checkbox" || el.type === "radio" || BUTTON_TYPES.has(el.type));
  if (box || PRESSED_BY_SPACE.has(el.localName)) activate(handle, el);
}

/** Editing keys; true when the key means something in a field. */
function textKey(handle, el, { key, shiftKey }, ctrl) {
  const stepped = el.localName === "input" && STEPPED.has(el.type) && (key === "ArrowUp" || key === "ArrowDown");
  if (ctrl) {
    if (key.toLowerCase() === "a") selectAll(el);
    else if (key.toLowerCase() === "z" && !el.readOnly) edit(handle, el, shiftKey ? "redo" : "undo");
    else if (key === "Backspace" || key === "Delete") erase(handle, el, key, "word");
    else if (key === "Home" || key === "End") move(el, key, shiftKey, "documentboundary");
    else if (key === "ArrowLeft" || key === "ArrowRight") move(el, key, shiftKey, "word");
    else if (key.toLowerCase() === "c") el.ownerDocument.execCommand("copy");
    else if (key.toLowerCase() === "x" && !el.readOnly) edit(handle, el, "cut");
    else if (key.toLowerCase() === "v" && !el.readOnly) edit(handle, el, "paste");
    else return false;
    return true;
  }
  if (stepped) step(handle, el, key === "ArrowUp" ? 1 : -1);
  else if (MOVES[key]) move(el, key, shiftKey, MOVES[key][1]);
  else if (key === "Backspace" || key === "Delete") erase(handle, el, key, "character");
  else if ([...key].length === 1) {
    if (!el.readOnly) insert(handle, el, key);
  } else return false;
  return true;
}

function erase(handle, el, key, unit) {
  if (el.readOnly) return;
  const selection = el.ownerDocument.defaultView.getSelection();
  if (unit === "word") selection.modify("extend", key === "Backspace" ? "backward" : "forward", "word");
  edit(handle, el, key === "Backspace" ? "delete" : "forwardDelete");
}

function move(el, key, extend, unit) {
  if (!el.isContentEditable && !canSelect(el)) return;
  if (unit === "line" && el.localName === "input") unit = "lineboundary";
  el.ownerDocument.defaultView.getSelection().modify(extend ? "extend" : "move", (MOVES[key] ?? [key === "Home" ? "backward" : "forward"])[0], unit);
}

function step(handle, el, by) {
  if (el.readOnly) return;
  try {
    if (by > 0) el.stepUp();
    else el.stepDown();
  } catch {
    return; // A field with step "any" has no steps.
  }
  tell(handle, el);
}

function slide(handle, el, key, arrow) {
  const min = Number(el.min || 0), max = Number(el.max || 100);
  // On a slider up and right are both more.
  const by = key === "ArrowUp" || key === "ArrowRight" ? 1 : key === "ArrowDown" || key === "ArrowLeft" ? -1 : 0;
  if (by) return step(handle, el, by);
  const to = { Home: min, End: max, PageUp: Number(el.value) + (max - min) / 10, PageDown: Number(el.value) - (max - min) / 10 }[key];
  if (to === undefined || arrow) return;
  setValue(el, String(to));
  tell(handle, el);
}

function choose(handle, el, key, arrow) {
  const options = [...el.options];
  const open = (i) => i >= 0 && i < options.length && !isOff(options[i]);
  let to = el.selectedIndex;
  if (arrow) do to += arrow; while (to >= 0 && to < options.length && !open(to));
  else if (key === "Home") to = options.findIndex((_, i) => open(i));
  else if (key === "End") to = options.findLastIndex((_, i) => open(i));
  else if ([...key].length === 1) to = options.findIndex((option, i) => open(i) && option.text.trim().toLowerCase().startsWith(key.toLowerCase()));
  if (open(to)) chooseOptions(handle, el, [options[to]]);
}

function roam(handle, el, arrow) {
  const group = radios(el);
  const next = group[(group.indexOf(el) + arrow + group.length) % group.length];
  if (!next || next === el) return;
  focusOn(handle, next);
  activate(handle, next);
}

/** The browser closes a modal dialog at Escape, unless the page cancels that. */
function escape(handle) {
  const modal = [...document.querySelectorAll("dialog[open]")].findLast((at) => at.matches(":modal"));
  if (modal && handle.fire(modal, new Event("cancel", { cancelable: true }))) modal.close();
}

function scroll(el, key) {
  const view = el.ownerDocument.defaultView;
  const by = { ArrowUp: [0, -LINE], ArrowDown: [0, LINE], ArrowLeft: [-LINE, 0], ArrowRight: [LINE, 0], PageUp: [0, -view.innerHeight *
    0.9], PageDown: [0, view.innerHeight * 0.9],
    " ": [0, view.innerHeight * 0.9], Home: [0, -1e7], End: [0, 1e7] }[key];
  if (!by) return;
  for (let at = el; at; at = at.parentElement) {
    const scrolls = at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY) && at !== at.ownerDocument.body;
    if (scrolls) return at.scrollBy({ left: by[0], top: by[1], behavior: "instant" });
  }
  view.scrollBy({ left: by[0], top: by[1], behavior: "instant" });
}
