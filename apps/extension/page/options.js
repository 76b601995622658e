//! The options of a select: which are meant by a value or text, and choosing them with the events that belong to it.
import { Refused } from "./refused.js";
import { line } from "./words.js";

const SHOWN_MAX = 50;

/** The options meant by a value, a text, or several of either. */
export function optionsFor(el, value) {
  const all = [...el.options];
  const words = Array.isArray(value) ? value.map(String) : [String(value)];
  let found = words.map((word) => find(all, word));
  if (found.includes(undefined) && el.multiple && words.length === 1) found = split(all, words[0]);
  if (found.includes(undefined) || found.some(isOff) || (!el.multiple && found.length !== 1)) {
    throw new Refused("no_option", { options: all.filter((option) => !isOff(option)).slice(0, SHOWN_MAX).map((option) => line(option.label || option.text, 80)) });
  }
  return found;
}

function split(all, text) {
  if (!text.trim()) return [];
  for (const mark of ["|", "\n", ","]) {
    const found = text.split(mark).map((word) => find(all, word));
    if (!found.includes(undefined)) return found;
  }
  return [undefined];
}

function find(all, word) {
  const plain = (text) => line(text, 500).toLowerCase();
  return all.find((option) => option.hasAttribute("value") && option.value === word)
    ?? all.find((option) => plain(option.label) === plain(word) || plain(option.text) === plain(word))
    ?? all.find((option) => plain(option.value) === plain(word));
}

export const isOff = (option) => option.disabled || option.parentElement.disabled === true;

/** Selects exactly these; tells it only when that is a change. */
export function choose(handle, el, options) {
  const before = [...el.selectedOptions];
  if (before.length === options.length && options.every((option) => before.includes(option))) return;
  handle.check();
  if (el.multiple) for (const option of el.options) option.selected = options.includes(option);
  else options[0].selected = true;
  tell(handle, el);
}

/** A press on an option of an open list: alone, added or taken away with ctrl, up to here with shift. */
export function pick(handle, option, { ctrlKey, metaKey, shiftKey }) {
  const el = option.closest("select");
  if (!el || isOff(option) || el.disabled) return;
  const now = [...el.selectedOptions], all = [...el.options];
  if (!el.multiple || !(ctrlKey || metaKey || shiftKey) || !now.length) return choose(handle, el, [option]);
  if (!shiftKey) return choose(handle, el, now.includes(option) ? now.filter((other) => other !== option) : [...now, option]);
  const [from, to] = [now[0].index, option.index].sort((a, b) => a - b);
  choose(handle, el, all.slice(from, to + 1).filter((other) => !isOff(other)));
}

export function tell(handle, el) {
  handle.fire(el, new Event("input", { bubbles: true, composed: true }));
  handle.fire(el, new Event("change", { bubbles: true }));
}
