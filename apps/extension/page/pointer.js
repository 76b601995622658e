//! A mouse, as pages see it: pointer and mouse events in pairs, with places, buttons and the enter/leave chains right.
import { originOf, parentOf, within } from "./tree.js";

const NO_BUBBLE = new Set(["pointerenter", "pointerleave", "mouseenter", "mouseleave"]);
const MOUSE_ID = 1; // The id that browsers give the mouse, so that setPointerCapture finds it known.
const BUTTONS = [1, 4, 2]; // The bit in `buttons` for each `button`.

let over = new WeakRef(document);

export const BUTTON = { left: 0, middle: 1, right: 2 };

export function modifiers(names = []) {
  const has = (...all) => all.some((name) => names.includes(name));
  return { ctrlKey: has("ctrl", "control"), shiftKey: has("shift"), altKey: has("alt", "option"), metaKey: has("meta", "cmd", "command", "super") };
}

/** One event at a place given in the top viewport. */
export function send(handle, type, target, at, more = {}) {
  const doc = target.ownerDocument ?? target;
  const origin = originOf(doc);
  const bubbles = !NO_BUBBLE.has(type);
  const init = {
    bubbles, composed: bubbles, cancelable: bubbles, view: doc.defaultView, detail: 0, button: 0, buttons: 0,
    clientX: at.x - origin.x, clientY: at.y - origin.y, screenX: at.x + screenX, screenY: at.y + screenY, ...more,
  };
  if (!type.startsWith("pointer") && type !== "click" && type !== "auxclick" && type !== "contextmenu") return handle.fire(target, new MouseEvent(type, init));
  const pressure = init.buttons ? 0.5 : 0;
  return handle.fire(target, new PointerEvent(type, { pointerId: MOUSE_ID, pointerType: "mouse", isPrimary: true, width: 1, height: 1, pressure, ...init }));
}

/** The pointer comes to a place: leaves what it was over, enters what is there, moves. */
export function moveTo(handle, target, at, more = {}) {
  const old = over.deref();
  const from = old?.isConnected && old.nodeType === Node.ELEMENT_NODE ? old : null;
  const none = { button: -1, ...more };
  if (from !== target) {
    const left = chain(from, target), entered = chain(target, from).reverse();
    for (const kind of ["pointer", "mouse"]) {
      const extra = kind === "mouse" ? more : none;
      if (from) send(handle, kind + "out", from, at, { ...extra, relatedTarget: target });
      for (const el of left) send(handle, kind + "leave", el, at, { ...extra, relatedTarget: target });
      send(handle, kind + "over", target, at, { ...extra, relatedTarget: from });
      for (const el of entered) send(handle, kind + "enter", el, at, { ...extra, relatedTarget: from });
    }
    over = new WeakRef(target);
  }
  send(handle, "pointermove", target, at, none);
  send(handle, "mousemove", target, at, more);
}

/** The element and its ancestors that don't also hold `other`, innermost first. */
function chain(el, other) {
  const all = [];
  for (let at = el; at && !(other && within(other, at)); at = parentOf(at)) if (at.nodeType === Node.ELEMENT_NODE) all.push(at);
  return all;
}

/** Presses the button down. False when a handler took the default action (focus, selection) away. */
export function down(handle, target, at, { button = 0, count = 1, keys = {} } = {}) {
  const pressed = { ...keys, button, buttons: BUTTONS[button] };
  const compatible = send(handle, "pointerdown", target, at, pressed);
  // By the Pointer Events rules a prevented pointerdown silences the mouse events, but not the click.
  return { compatible, prevented: compatible && !send(handle, "mousedown", target, at, { ...pressed, detail: count }) };
}

export function up(handle, target, at, { button = 0, count = 1, keys = {}, compatible = true } = {}) {
  send(handle, "pointerup", target, at, { ...keys, button });
  if (compatible) send(handle, "mouseup", target, at, { ...keys, button, detail: count });
}
