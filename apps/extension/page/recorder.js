//! Shows by example: a person's clicks and entries in this page, sent as steps with the evidence to find each target again.
import { evidenceOf } from "./evidence.js";
import { isSecret } from "./secrets.js";
import { isTextField } from "./roles.js";
import { valueOf } from "./describe.js";
import { closest, documents } from "./tree.js";
import { block, line } from "./words.js";

const KEYS = new Set(["Enter", "Escape", "ArrowDown", "ArrowUp"]);
const LISTENERS = { pointerdown, click, input, change, focusout: left, keydown };

// What was typed and isn't sent yet, and a press on a field that matters only if nothing is entered.
let entering = null;
let pressed = null;
// The browser answers Enter in a field with a click on the form's button, in the same task: the same act, not another.
let byEnter = false;
const sent = new WeakMap();

/** The innermost element of an event, also inside shadow roots. */
const targetOf = (event) => event.composedPath()[0];
const isBox = (el) => el.localName === "input" && (el.type === "checkbox" || el.type === "radio");
const isEntry = (el) => isTextField(el) || el.localName === "select" || (el.localName === "input" && ["range", "color"].includes(el.type));

function pointerdown(event) {
  if (!event.isTrusted) return;
  const el = targetOf(event);
  if (entering && entering.el !== el) flush();
  // Before the page's own handlers change what is pressed.
  pressed = { el, evidence: evidenceOf(el) };
}

function click(event) {
  if (!event.isTrusted || event.button !== 0) return;
  const el = targetOf(event);
  const label = closest(el, (at) => at.localName === "label");
  const control = label?.control ?? el;
  // Boxes and lists are told by their change; a label's press comes again as its control's.
  if (isBox(control) || control.localName === "select" || control.localName === "option" || (label && label.control && el !== control)) return;
  if (byEnter && event.detail === 0) return;
  flush();
  const evidence = pressed?.el === el ? pressed.evidence : evidenceOf(el);
  const step = { tool: "left_click", fingerprint: evidence };
  if (isEntry(el) || el.isContentEditable) entering = { el, evidence, click: step, value: null };
  else tell(step);
}

function input(event) {
  if (!event.isTrusted) return;
  const el = editorOf(targetOf(event));
  if (!isTextField(el)) return;
  if (entering?.el !== el) {
    flush();
    entering = { el, evidence: evidenceOf(el), click: null, value: null };
  }
  entering.value = isSecret(el) ? "" : valueOf(el);
  entering.typed = true;
}

function change(event) {
  if (!event.isTrusted) return;
  const el = targetOf(event);
  if (isBox(el)) {
    flush();
    tell({ tool: "form_input", fingerprint: evidenceOf(el), value: String(el.checked) });
  } else if (isEntry(el)) {
    if (entering?.el !== el) flush();
    entering = { el, evidence: entering?.evidence ?? evidenceOf(el), click: null, value: isSecret(el) ? "" : valueOf(el), typed: true };
    flush();
  }
}

function left(event) {
  if (entering?.typed && event.isTrusted && entering.el === editorOf(targetOf(event))) flush();
}

function keydown(event) {
  if (!event.isTrusted || !KEYS.has(event.key) || event.isComposing) return;
  const el = editorOf(targetOf(event));
  const field = isTextField(el);
  if (event.key === "Enter" && (!field || el.localName === "textarea" || el.isContentEditable)) return;
  if (event.key.startsWith("Arrow") && !(field && el.localName === "input")) return;
  const evidence = entering?.el === el ? entering.evidence : evidenceOf(el);
  flush();
  tell({ tool: "key", fingerprint: evidence, value: event.key });
  byEnter = event.key === "Enter";
  setTimeout(() => (byEnter = false));
}

/** Editing happens in the host, whatever part of it the event names. */
function editorOf(el) {
  return el.isContentEditable ? closest(el, (at) => at.isContentEditable && !at.parentElement?.isContentEditable) ?? el : el;
}

/** Sends what was entered, once and only in its last state; or the press on a field that stayed empty. */
function flush() {
  const done = entering;
  entering = null;
  if (!done) return;
  if (!done.typed) {
    if (done.click) tell(done.click);
    return;
  }
  const secret = isSecret(done.el);
  const value = secret ? done.el.value.length + " secret" : done.value;
  if (sent.get(done.el) === value) return;
  sent.set(done.el, value);
  tell(secret ? { tool: "form_input", fingerprint: done.evidence, secret } : { tool: "form_input", fingerprint: done.evidence, value: block(done.value, 5_000) });
}

function tell(step) {
  const recorded = { secret: false, ...step, url: location.href, title: line(document.title, 300) };
  globalThis.chrome?.runtime?.sendMessage?.({ recorded })?.catch?.(() => {});
}

function watch(on) {
  for (const doc of documents()) {
    for (const [type, listener] of Object.entries(LISTENERS)) doc.defaultView?.[on ? "addEventListener" : "removeEventListener"](type, listener, true);
  }
  window[on ? "addEventListener" : "removeEventListener"]("load", again, true);
  window[on ? "addEventListener" : "removeEventListener"]("pagehide", flush, true);
}

/** A frame has loaded another document. Adding a listener twice adds it once. */
const again = () => watch(true);

if (!globalThis.peerdRecorder) {
  globalThis.peerdRecorder = {
    stop() {
      flush();
      watch(false);
      delete globalThis.peerdRecorder;
    },
  };
  watch(true);
}
