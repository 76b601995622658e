//! Scrolling: a turn of the wheel over something, or bringing something into view.
import { standingFor } from "./place.js";
import { Refused } from "./refused.js";
import { frame } from "./settle.js";
import { elementAt, parentOf, rectOf } from "./tree.js";

export const scroll = {
  locate(act) {
    if (act.n) {
      const el = standingFor(act.n), box = rectOf(el);
      return { el, x: box.x + box.w / 2, y: box.y + box.h / 2 };
    }
    const x = act.x ?? innerWidth / 2, y = act.y ?? innerHeight / 2;
    const el = elementAt(x, y);
    if (!el) throw new Refused("no_such");
    return { el, x, y };
  },
  async perform({ dx = 0, dy = 0 }, { el, x, y }, handle) {
    handle.check();
    const view = el.ownerDocument.defaultView;
    const wheel = new WheelEvent("wheel", { bubbles: true, cancelable: true, composed: true, view, deltaX: dx, deltaY: dy, clientX: x, clientY: y });
    if (!handle.fire(el, wheel)) return;
    for (let at = el; at; at = parentOf(at)) if (moved(at, dx, dy)) return frame();
  },
};

/** Scrolls this box when it is one that scrolls and has room that way. */
function moved(el, dx, dy) {
  const page = el === el.ownerDocument.scrollingElement || el.localName === "html" || el.localName === "body";
  const style = getComputedStyle(el);
  const goes = (way) => page ? way !== "hidden" && way !== "clip" : way === "auto" || way === "scroll";
  if (!(dx && goes(style.overflowX)) && !(dy && goes(style.overflowY))) return false;
  const before = [el.scrollLeft, el.scrollTop];
  el.scrollBy({ left: dx, top: dy, behavior: "instant" });
  return el.scrollLeft !== before[0] || el.scrollTop !== before[1];
}

export const scrollTo = {
  locate: ({ n }) => ({ el: standingFor(n) }),
  async perform(act, { el }, handle) {
    handle.check();
    el.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    await frame();
  },
};
