//! Selecting text: all of an element, or the part from `start` to `end` in characters.
import { elementFor } from "./place.js";
import { down, moveTo, up } from "./pointer.js";
import { focusOn } from "./focus.js";
import { isTextField } from "./roles.js";
import { canSelect, NOTICED_MS } from "./selection.js";
import { pause } from "./settle.js";
import { rectOf } from "./tree.js";

export const selectText = {
  locate: ({ n }) => ({ el: elementFor(n) }),
  async perform({ start, end }, { el }, handle) {
    handle.check();
    const box = rectOf(el), at = { x: box.x + 1, y: box.y + box.h / 2 }, to = { x: box.x + box.w - 1, y: at.y };
    moveTo(handle, el, at);
    down(handle, el, at);
    if (isTextField(el) && !el.isContentEditable) {
      focusOn(handle, el);
      if (canSelect(el)) el.setSelectionRange(start ?? 0, end ?? el.value.length);
      else el.select();
    } else {
      selectIn(el, start ?? 0, end ?? Infinity);
    }
    moveTo(handle, el, to, { buttons: 1 });
    up(handle, el, to);
    await pause(NOTICED_MS);
  },
};

function selectIn(el, start, end) {
  const from = placeOf(el, start), to = placeOf(el, end);
  el.ownerDocument.defaultView.getSelection().setBaseAndExtent(from.node, from.offset, to.node, to.offset);
}

/** The text node and offset of a count of characters into the element. */
function placeOf(el, count) {
  const walker = el.ownerDocument.createTreeWalker(el, NodeFilter.SHOW_TEXT);
  let last = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (count <= node.length) return { node, offset: count };
    count -= node.length;
    last = node;
  }
  return last ? { node: last, offset: last.length } : { node: el, offset: 0 };
}
