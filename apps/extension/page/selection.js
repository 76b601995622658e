//! The caret and the selected text: where a press puts them, in fields and in running text.
import { isTextField } from "./roles.js";
import { originOf } from "./tree.js";

// Editors look at the selection a little after it was made; what is pressed next must find it noticed.
export const NOTICED_MS = 120;

/** The place in the text under a point of the top viewport, as a collapsed range, or null. */
export function caretAt(doc, at) {
  const origin = originOf(doc);
  const place = doc.caretPositionFromPoint?.(at.x - origin.x, at.y - origin.y);
  if (!place?.offsetNode) return null;
  const range = doc.createRange();
  range.setStart(place.offsetNode, place.offset);
  return range;
}

/** Puts the caret (one press), selects the word (two) or the paragraph (three). */
export function selectAround(el, at, nth) {
  if (isTextField(el) && !el.isContentEditable) {
    if (nth === 2) selectWord(el);
    else if (nth === 3) el.select();
    return;
  }
  const doc = el.ownerDocument, selection = doc.defaultView.getSelection();
  if (getComputedStyle(el).userSelect === "none") return;
  const range = caretAt(doc, at);
  if (!range || !selection || !within(range.startContainer, el)) return;
  selection.collapse(range.startContainer, range.startOffset);
  if (nth === 1) return;
  const unit = nth === 2 ? "word" : "paragraphboundary";
  selection.modify("move", "backward", unit);
  selection.modify("extend", "forward", unit);
}

const within = (node, el) => el.contains(node.nodeType === Node.TEXT_NODE ? node.parentNode : node);

function selectWord(el) {
  const start = selectionOf(el)?.start ?? 0;
  const from = /\S*$/.exec(el.value.slice(0, start))[0].length;
  const to = /^\S*/.exec(el.value.slice(start))[0].length;
  if (canSelect(el)) el.setSelectionRange(start - from, start + to);
  else el.select();
}

/** Number, date and email fields keep their caret to themselves. */
export function canSelect(el) {
  try {
    return el.selectionStart !== null && el.selectionStart !== undefined;
  } catch {
    return false;
  }
}

export function selectionOf(el) {
  return canSelect(el) ? { start: el.selectionStart, end: el.selectionEnd } : null;
}

/** The caret behind the last character of a field or an editable element. */
export function caretToEnd(el) {
  if (el.isContentEditable) {
    const selection = el.ownerDocument.defaultView.getSelection();
    selection.selectAllChildren(el);
    selection.collapseToEnd();
  } else if (canSelect(el)) {
    el.setSelectionRange(el.value.length, el.value.length);
  }
}

export function selectAll(el) {
  if (el.isContentEditable) el.ownerDocument.defaultView.getSelection().selectAllChildren(el);
  else el.select?.();
}
