//! Where an act lands: the live element of a number, the point a person would touch, and who is in the way.
import { describe } from "./describe.js";
import { namer } from "./names.js";
import { nodeOf, wasGiven } from "./nodes.js";
import { isDisabled, roleOf } from "./roles.js";
import { frame } from "./settle.js";
import { closest, elementAt, originOf, parentOf, rectOf, within } from "./tree.js";
import { line } from "./words.js";
import { Refused } from "./refused.js";

const GRID = [0.5, 0.25, 0.75, 0.1, 0.9];

/** The element of a number, alive and usable. A run of text stands for the element around it. */
export function elementFor(n) {
  const el = standingFor(n);
  if (isDisabled(el) || closest(el, (at) => at.localName === "button" && at.disabled)) throw new Refused("disabled");
  return el;
}

/** The same, disabled or not: a field that takes no input can still be scrolled. */
export function standingFor(n) {
  const node = liveNode(n);
  return node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
}

function liveNode(n) {
  const node = nodeOf(n);
  if (!node) throw new Refused(wasGiven(n) ? "detached" : "no_such");
  if (!node.isConnected || !node.ownerDocument.defaultView) throw new Refused("detached");
  return node;
}

/** The point for a target given as {n} or {x, y}: {el, hit, x, y}, where `hit` is what lies topmost there. */
export async function pointAt(spec) {
  if (spec.n === undefined || spec.n === null) {
    const hit = elementAt(spec.x, spec.y);
    if (!hit) throw new Refused("no_such");
    return { el: hit, hit, x: spec.x, y: spec.y };
  }
  const el = elementFor(spec.n);
  const node = nodeOf(spec.n);
  let at = touchable(node, el);
  if (!at) {
    el.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    await frame();
    // Headers that stick or slide away settle within a frame; what is in the way after that stays there.
    at = node.isConnected ? touchable(node, el) : null;
  }
  if (at) return { el, ...at };
  if (!node.isConnected) throw new Refused("detached");
  throw inTheWay(node, el);
}

/** Scrolls there if need be; for acts that need an element in sight but no point on it. */
export function bringIntoView(el) {
  const box = el.getBoundingClientRect();
  const view = el.ownerDocument.defaultView;
  if (box.top < 0 || box.left < 0 || box.bottom > view.innerHeight || box.right > view.innerWidth) {
    el.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  }
}

/** Could a person's pointer reach it as the page stands? */
export const canTouch = (el) => touchable(el, el) !== null;

/** A point on the element, whatever lies over it: what is dragged there often does already. */
export function spotOn(el) {
  const box = rectOf(el);
  return touchable(el, el) ?? { x: box.x + box.w / 2, y: box.y + box.h / 2 };
}

function touchable(node, el) {
  let second = null;
  for (const [x, y] of candidates(node)) {
    const hit = elementAt(x, y);
    if (!hit || !touches(hit, el)) continue;
    // A row's middle may be a link in it: a press there would mean the link.
    const inner = closest(hit, (at) => at === el || at.matches(PRESSABLE));
    if (inner === el || !within(inner, el)) return { hit, x, y };
    second ??= { hit, x, y };
  }
  return second;
}
const PRESSABLE = "a[href], button, input, select, textarea, li, [onclick], [tabindex], "
  + "[role=button], [role=link], [role=menuitem], [role=tab], [role=option]";

/** Points in the top viewport where the node may be drawn, the likeliest first. */
function* candidates(node) {
  const rects = rectsOf(node).map(inViewport).filter(Boolean);
  if (!rects.length) return;
  const left = Math.min(...rects.map((r) => r.left)), right = Math.max(...rects.map((r) => r.right));
  const top = Math.min(...rects.map((r) => r.top)), bottom = Math.max(...rects.map((r) => r.bottom));
  yield [(left + right) / 2, (top + bottom) / 2];
  for (const r of rects.slice(0, 20)) yield [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
  for (const fy of GRID) for (const fx of GRID) yield [left + (right - left) * fx, top + (bottom - top) * fy];
}

function rectsOf(node) {
  let rects;
  if (node.nodeType === Node.TEXT_NODE) {
    const range = node.ownerDocument.createRange();
    range.selectNodeContents(node);
    rects = range.getClientRects();
  } else {
    rects = node.getClientRects();
    // An inline element around a block has an empty box of its own.
    if (![...rects].some((r) => r.width && r.height) && node.firstElementChild) rects = node.firstElementChild.getClientRects();
  }
  const at = originOf(node.ownerDocument);
  return [...rects].map((r) => ({ left: r.left + at.x, right: r.right + at.x, top: r.top + at.y, bottom: r.bottom + at.y }));
}

function inViewport(r) {
  const left = Math.max(r.left, 0), right = Math.min(r.right, innerWidth), top = Math.max(r.top, 0), bottom = Math.min(r.bottom, innerHeight);
  return left <= right && top <= bottom && left < innerWidth && top < innerHeight ? { left, right, top, bottom } : null;
}

/** Would a press on `hit` be a press on `el`? */
function touches(hit, el) {
  if (within(hit, el)) return true;
  const label = closest(hit, (at) => at.localName === "label");
  if (label && label.control === el) return true;
  if (el.localName === "label" && el.control === hit) return true;
  return within(el, hit) && getComputedStyle(el).pointerEvents === "none";
}

function inTheWay(node, el) {
  if (!el.checkVisibility({ visibilityProperty: true })) return new Refused("hidden");
  const points = [...candidates(node)];
  if (!points.length) return new Refused("hidden");
  const hit = elementAt(...points[0]);
  if (!hit || within(el, hit)) return new Refused("hidden");
  return new Refused("covered", { cover: coverWords(hit, el) });
}

/** What lies over the element: the outermost box that doesn't hold the element itself, in a few words. */
function coverWords(hit, el) {
  let cover = hit;
  for (let at = hit; at && !within(el, at); at = parentOf(at)) cover = at;
  const role = roleOf(cover) || cover.localName;
  const node = describe(cover, role, namer()(cover, role));
  const words = node.name || line(cover.innerText, 80);
  return words ? `${role} "${line(words, 80)}"` : `${role}${cover.id ? "#" + line(cover.id, 40) : ""}`;
}
