//! Dragging, the way the page does it: HTML's own drag and drop, mouse events, a slider's thumb, or a selection of text.
import { setValue } from "./edit.js";
import { dropOn } from "./drop.js";
import { focusByPress } from "./focus.js";
import { tell } from "./options.js";
import { bringIntoView, elementFor, pointAt, spotOn } from "./place.js";
import { down, moveTo, up } from "./pointer.js";
import { caretAt, NOTICED_MS } from "./selection.js";
import { frame, pause } from "./settle.js";
import { closest, elementAt, rectOf } from "./tree.js";
import { isTextField } from "./roles.js";

const STEPS = 12;
const HELD = { button: 0, buttons: 1 };

export const drag = {
  async locate({ from, to }) {
    const target = to.n ? elementFor(to.n) : null;
    if (target) bringIntoView(target);
    const start = await pointAt(from);
    return { ...start, end: target ? spotOn(target) : { x: to.x, y: to.y } };
  },
  async perform(act, { hit, x, y, end }, handle) {
    const at = { x, y };
    moveTo(handle, hit, at);
    const { prevented, compatible } = down(handle, hit, at);
    if (!prevented) focusByPress(handle, hit);
    if (!prevented && (await dropOn(handle, hit, at, end))) return;
    await pull(handle, hit, at, end);
    const last = elementAt(end.x, end.y) ?? hit;
    up(handle, last, end, { compatible });
    if (!prevented && byItself(handle, hit, at, end)) await pause(NOTICED_MS);
  },
};

/** The pointer goes there in small steps, a frame's rest in between where pages redraw. */
async function pull(handle, hit, from, to) {
  for (let i = 1; i <= STEPS; i++) {
    const at = { x: from.x + ((to.x - from.x) * i) / STEPS, y: from.y + ((to.y - from.y) * i) / STEPS };
    moveTo(handle, elementAt(at.x, at.y) ?? hit, at, HELD);
    if (i === 1 || i === STEPS / 2 || i === STEPS) await frame();
  }
}

/** What browsers do of themselves when nothing else is dragged. True when text was selected. */
function byItself(handle, hit, from, to) {
  if (hit.localName === "input" && hit.type === "range") slideTo(handle, hit, to);
  else if (isCorner(hit, from)) resize(hit, from, to);
  else if (!isTextField(hit) || hit.isContentEditable) return selectBetween(hit, from, to);
  return false;
}

function slideTo(handle, el, to) {
  const box = rectOf(el), min = Number(el.min || 0), max = Number(el.max || 100);
  const part = Math.min(1, Math.max(0, (to.x - box.x) / box.w));
  setValue(el, String(min + (max - min) * part));
  tell(handle, el);
}

const CORNER = 16;

function isCorner(el, at) {
  const box = rectOf(el);
  return getComputedStyle(el).resize !== "none" && box.x + box.w - at.x <= CORNER && box.y + box.h - at.y <= CORNER;
}

function resize(el, from, to) {
  const way = getComputedStyle(el).resize;
  if (way !== "vertical") el.style.width = `${Math.max(0, el.offsetWidth + to.x - from.x)}px`;
  if (way !== "horizontal") el.style.height = `${Math.max(0, el.offsetHeight + to.y - from.y)}px`;
}

function selectBetween(el, from, to) {
  if (closest(el, (at) => getComputedStyle(at).userSelect === "none")) return false;
  const doc = el.ownerDocument, a = caretAt(doc, from), b = caretAt(doc, to);
  if (!a || !b) return false;
  doc.defaultView.getSelection().setBaseAndExtent(a.startContainer, a.startOffset, b.startContainer, b.startOffset);
  return true;
}
