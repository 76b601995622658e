//! One click, double, triple or right click: one sequence of events, its default action exactly once.
import { focusByPress } from "./focus.js";
import { pick } from "./options.js";
import { pointAt } from "./place.js";
import { BUTTON, down, modifiers, moveTo, send, up } from "./pointer.js";
import { isTextField } from "./roles.js";
import { selectAround } from "./selection.js";
import { closest, elementAt } from "./tree.js";

export const click = {
  locate: (act) => pointAt(act),
  async perform(act, place, handle) {
    press(handle, place.hit, place, {
      button: BUTTON[act.button ?? "left"] ?? 0,
      count: Math.min(3, Math.max(1, act.count ?? 1)),
      keys: modifiers(act.modifiers),
    });
  },
};

/** The pointer comes, presses and lets go, `count` times. */
export function press(handle, target, at, { button = 0, count = 1, keys = {} } = {}) {
  moveTo(handle, target, at, keys);
  let hit = target;
  for (let nth = 1; nth <= count; nth++) {
    hit = hit.isConnected ? hit : elementAt(at.x, at.y);
    if (!hit) return;
    const { compatible, prevented } = down(handle, hit, at, { button, count: nth, keys });
    if (!prevented && hit.isConnected) pressed(handle, hit, at, button, nth);
    // A handler may have put another element in its place: what lies there now is let go of and clicked.
    if (!hit.isConnected) hit = elementAt(at.x, at.y);
    if (!hit) return;
    up(handle, hit, at, { button, count: nth, keys, compatible });
    if (button === 0 && !prevented && hit.localName === "option") pick(handle, hit, keys);
    if (!hit.isConnected) return;
    if (button === 0) send(handle, "click", hit, at, { ...keys, detail: nth });
    else send(handle, "auxclick", hit, at, { ...keys, button, detail: nth });
    if (button === 2 && hit.isConnected) send(handle, "contextmenu", hit, at, { ...keys, button });
    if (button === 0 && nth === 2 && hit.isConnected) send(handle, "dblclick", hit, at, { ...keys, detail: 2 });
  }
}

/** What the browser itself does at a press: moves the focus and the caret, selects a word or a paragraph. */
function pressed(handle, hit, at, button, nth) {
  focusByPress(handle, hit);
  if (button !== 0 || closest(hit, keepsSelection)) return;
  if (nth > 1 || !isTextField(hit) || hit.isContentEditable) selectAround(hit, at, nth);
}

/** Pressing one of these leaves the text selected elsewhere as it is; a toolbar's buttons live by that. */
function keepsSelection(el) {
  if (el.localName === "a") return Boolean(el.href) && !el.isContentEditable;
  return el.localName === "button" || el.localName === "select" || (el.localName === "input" && !isTextField(el));
}
