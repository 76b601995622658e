//! Changing a field's text at the caret, as typing does: the browser's own editing, so that its events and limits hold.
import { noteEdit } from "./focus.js";
import { canSelect } from "./selection.js";

// The browser's editing commands, and what they are called in the events of the Input Events standard.
const TYPES = {
  insertText: "insertText", insertParagraph: "insertParagraph", insertLineBreak: "insertLineBreak",
  delete: "deleteContentBackward", forwardDelete: "deleteContentForward",
  cut: "deleteByCut", paste: "insertFromPaste", undo: "historyUndo", redo: "historyRedo",
};

/** Inserts at the caret, in place of what is selected. */
export const insert = (handle, el, text) => edit(handle, el, "insertText", text);

export function edit(handle, el, command, text = null) {
  const inputType = TYPES[command];
  // Commands given by script skip this event, and editors that keep their own model live by it.
  if (!handle.fire(el, new InputEvent("beforeinput", { bubbles: true, cancelable: true, composed: true, inputType, data: text }))) return;
  handle.check();
  noteEdit(el);
  const before = read(el);
  const done = el.ownerDocument.execCommand(command, false, text);
  if (!done && read(el) === before && !el.isContentEditable) byHand(handle, el, inputType, text);
}

const read = (el) => (el.isContentEditable ? el.innerHTML : el.value);

/** Where the browser's editing does nothing, as in a field that isn't in the window's focused document. */
function byHand(handle, el, inputType, data) {
  const added = inputType === "insertLineBreak" ? "\n" : data ?? "";
  const back = inputType === "deleteContentBackward", ahead = inputType === "deleteContentForward";
  if (!added && !back && !ahead) return;
  const [start, end] = canSelect(el) ? [el.selectionStart, el.selectionEnd] : [el.value.length, el.value.length];
  const from = back && start === end ? Math.max(0, start - 1) : start, to = ahead && start === end ? end + 1 : end;
  const next = el.value.slice(0, from) + added + el.value.slice(to);
  if (next === el.value || (added && el.maxLength >= 0 && next.length > el.maxLength)) return;
  setValue(el, next);
  if (canSelect(el)) el.setSelectionRange(from + added.length, from + added.length);
  handle.fire(el, new InputEvent("input", { bubbles: true, composed: true, inputType, data }));
}

/** By the browser's own setter: a framework may have put its own over the element's. */
export function setValue(el, value) {
  const proto = el.localName === "textarea" ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
  Object.getOwnPropertyDescriptor(proto, "value").set.call(el, value);
}
