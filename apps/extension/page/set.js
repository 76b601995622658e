//! Giving a control a value: text, choice, tick, number or date, each with the events its page waits for.
import { press } from "./click.js";
import { checkedOf } from "./describe.js";
import { edit, insert, setValue } from "./edit.js";
import { focusOn } from "./focus.js";
import { choose, optionsFor } from "./options.js";
import { bringIntoView, canTouch, elementFor, pointAt } from "./place.js";
import { Refused } from "./refused.js";
import { isTextField } from "./roles.js";
import { selectAll } from "./selection.js";
import { soon } from "./settle.js";

const TICKED = new Set(["checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"]);
const FORMATS = {
  date: "2026-03-14", time: "15:05", "datetime-local": "2026-03-14T15:05", month: "2026-03", week: "2026-W11",
  color: "#1a2b3c", number: "12.5", range: "12.5",
};
const FIXED = new Set(["button", "submit", "reset", "image", "file", "hidden"]);

export const set = {
  async locate(act) {
    const el = controlOf(elementFor(act.n));
    if (isTicked(el)) return { ...ticking(el, act.value), ...(await pointAt({ n: act.n })), el };
    if (el.localName === "select") return { el, options: optionsFor(el, act.value) };
    if (el.localName === "input" && FIXED.has(el.type)) throw new Refused("not_editable");
    if (!isTextField(el) && !FORMATS[el.type]) throw new Refused("not_editable");
    if (el.readOnly) throw new Refused("readonly");
    return { el, text: accepted(el, String(act.value ?? "")) };
  },
  async perform(act, place, handle) {
    const { el } = place;
    if (isTicked(el)) {
      if (place.wanted !== place.now) press(handle, place.hit, place);
      return;
    }
    bringIntoView(el);
    // A select that a widget has drawn away is set like any other, but no person could have focused it.
    if (!place.options || canTouch(el)) focusOn(handle, el);
    if (place.options) choose(handle, el, place.options);
    else if (el.isContentEditable) await rewrite(handle, el, place.text);
    else write(handle, el, place.text);
  },
};

/** A label stands for its control, a wrapper for the one field within. */
function controlOf(el) {
  if (el.localName === "label" && el.control) return el.control;
  if (isTextField(el) || isTicked(el) || FORMATS[el.type] || el.localName === "select") return el;
  const inside = [...el.querySelectorAll("input, select, textarea, [contenteditable]")].filter((at) => at.type !== "hidden" && at.checkVisibility());
  return inside.length === 1 ? inside[0] : el;
}

function isTicked(el) {
  return el.localName === "input" ? TICKED.has(el.type) : TICKED.has(el.getAttribute("role")) && checkedOf(el) !== null;
}

function ticking(el, value) {
  const wanted = value === true || value === 1 || /^(true|on|yes|checked|1)$/i.test(String(value).trim());
  const now = checkedOf(el) === true;
  // One of several is unset only by setting another.
  if (!wanted && now && (el.type === "radio" || el.getAttribute("role") === "menuitemradio")) throw new Refused("not_editable");
  return { wanted, now };
}

/** The text as the control would keep it; refused when it would keep another or none. */
function accepted(el, text) {
  const format = el.localName === "input" ? FORMATS[el.type] : undefined;
  if (!format) return el.maxLength >= 0 && !el.isContentEditable ? text.slice(0, el.maxLength) : text;
  const value = el.type === "time" ? clock(text) : text.trim();
  const trial = el.cloneNode();
  for (const key of ["min", "max", "step"]) if (el.type !== "range") trial.removeAttribute(key);
  setValue(trial, value);
  if (value && !trial.value) throw new Refused("bad_value", { format });
  return trial.value;
}

/** "3:05 pm" as "15:05". */
function clock(text) {
  const m = /^\s*(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\.?\s*$/i.exec(text);
  if (!m) return /^\d:/.test(text.trim()) ? "0" + text.trim() : text.trim();
  const hour = (Number(m[1]) % 12) + (m[3].toLowerCase() === "p" ? 12 : 0);
  return `${String(hour).padStart(2, "0")}:${m[2] ?? "00"}`;
}

function write(handle, el, text) {
  if (el.value === text) return;
  const inputType = text ? "insertReplacementText" : "deleteContentBackward";
  if (isTextField(el) && !handle.fire(el, new InputEvent("beforeinput", { bubbles: true, cancelable: true, composed: true, inputType, data: text }))) return;
  handle.check();
  setValue(el, text);
  handle.fire(el, new InputEvent("input", { bubbles: true, composed: true, inputType, data: text }));
  handle.fire(el, new Event("change", { bubbles: true }));
}

/** An editor keeps its own model of the text: everything goes through the browser's editing, as if typed. */
async function rewrite(handle, el, text) {
  selectAll(el);
  await soon(); // Editors learn of the selection by an event.
  if (!text) edit(handle, el, "delete");
  const lines = text.split("\n");
  for (const [i, words] of lines.entries()) {
    if (i > 0) edit(handle, el, "insertParagraph");
    if (words) insert(handle, el, words);
    if (lines.length > 1) await soon();
  }
}
