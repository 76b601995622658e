//! HTML's drag and drop: one DataTransfer carried from dragstart to dragend.
import { send } from "./pointer.js";
import { frame } from "./settle.js";
import { closest, elementAt, originOf } from "./tree.js";

const STEPS = 6;

/** Carries what lies at `from` to `to`; false when it isn't draggable that way and the mouse has to do it. */
export async function dropOn(handle, hit, from, to) {
  const source = closest(hit, (el) => el.draggable === true);
  if (!source) return false;
  const data = new DataTransfer();
  fire(handle, "pointermove", source, from);
  const begun = carry(handle, "dragstart", source, from, data);
  if (!begun) return false;
  // Links and images are draggable by default: unless the page filled the transfer it drags by mouse.
  if (!source.hasAttribute("draggable") && !data.types.length) {
    carry(handle, "dragend", source, from, data);
    return false;
  }
  if (source.localName === "a" && source.href && !data.types.length) data.setData("text/uri-list", source.href);
  send(handle, "pointercancel", source, from);
  let over = null, accepted = false;
  for (let i = 1; i <= STEPS; i++) {
    const at = { x: from.x + ((to.x - from.x) * i) / STEPS, y: from.y + ((to.y - from.y) * i) / STEPS };
    carry(handle, "drag", source, at, data);
    const target = elementAt(at.x, at.y) ?? document.body;
    if (target !== over) {
      carry(handle, "dragenter", target, at, data, over);
      if (over?.isConnected) carry(handle, "dragleave", over, at, data, target);
      over = target;
    }
    accepted = !carry(handle, "dragover", target, at, data);
    await frame();
  }
  const end = elementAt(to.x, to.y) ?? over;
  if (accepted) carry(handle, "drop", end, to, data);
  else if (over?.isConnected) carry(handle, "dragleave", over, to, data);
  carry(handle, "dragend", source, to, data);
  return true;
}

function carry(handle, type, target, at, dataTransfer, relatedTarget = null) {
  const origin = originOf(target.ownerDocument);
  const cancelable = type !== "dragleave" && type !== "dragend";
  return handle.fire(target, new DragEvent(type, {
    bubbles: true, composed: true, cancelable, view: target.ownerDocument.defaultView, buttons: type === "dragend" ? 0 : 1,
    clientX: at.x - origin.x, clientY: at.y - origin.y, screenX: at.x + screenX, screenY: at.y + screenY, dataTransfer, relatedTarget,
  }));
}

const fire = (handle, type, target, at) => send(handle, type, target, at, { button: -1, buttons: 1 });
