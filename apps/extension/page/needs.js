//! What an act would do that its owner must agree to first: sending a form, filling a secret, uploading, downloading, leaving.
import { isSecret } from "./secrets.js";
import { implicitSubmit } from "./keydefaults.js";
import { chordsOf } from "./chords.js";
import { labelOf, namer } from "./names.js";
import { roleOf } from "./roles.js";
import { Refused } from "./refused.js";
import { closest, focused } from "./tree.js";
import { line } from "./words.js";

/** Everything the act needs that isn't allowed yet. */
export function unmet(act, place, allow = []) {
  const allowed = (need) => allow.includes(need.kind === "navigate" ? `navigate:${need.value}` : need.kind);
  return needsOf(act, place).filter((need) => !allowed(need));
}

function needsOf(act, place) {
  switch (act.kind) {
    case "click":
      // A right click opens a menu; it follows nothing.
      return act.button === "right" ? [] : ofPress(place.hit);
    case "set":
      return place.hit ? ofPress(place.hit) : ofTyping(place.el);
    case "type":
      return [...ofTyping(place.el), ...(/[\n\r]/.test(act.text) ? ofEnter(place.el) : [])];
    case "key":
      return ofKeys(chordsOf(act.keys));
    default:
      return [];
  }
}

function ofTyping(el) {
  return isSecret(el) ? [{ kind: "secret", field: nameOf(el) }] : [];
}

function ofKeys(chords) {
  const el = focused();
  if (!el) return [];
  const typed = chords.some((chord) => [...chord.key].length === 1 && !chord.ctrlKey && !chord.metaKey && !chord.altKey);
  // Tab may move the focus first: what a later key presses is then unknown, so it is asked by the dispatch itself (submit.js).
  const moves = chords.findIndex((chord) => chord.key === "Tab");
  const here = moves < 0 ? chords : chords.slice(0, moves);
  const presses = here.some((chord) => chord.key === "Enter") ? ofEnter(el) : here.some((chord) => chord.key === " ") && pressable(el) ? ofPress(el) : [];
  return [...(typed ? ofTyping(el) : []), ...presses];
}

const pressable = (el) => el.localName === "button" || (el.localName === "input" && ["submit", "image", "file", "button"].includes(el.type));

function ofEnter(el) {
  if (!el) return [];
  if (pressable(el) || el.localName === "a") return ofPress(el);
  const sent = implicitSubmit(el);
  return sent ? ofSubmit(sent.form, sent.button) : [];
}

/** What a press at this element leads to by itself, whatever its handlers do. */
function ofPress(hit) {
  const label = closest(hit, (at) => at.localName === "label");
  const el = closest(hit, isActive) ?? label?.control ?? null;
  if (!el) return [];
  if (el.localName === "input" && el.type === "file") return [{ kind: "upload", field: nameOf(el) }];
  if (el.localName === "a" || el.localName === "area") return ofLink(el);
  if (el.form && (el.type === "submit" || el.type === "image")) return ofSubmit(el.form, el);
  return [];
}

function isActive(el) {
  if (el.localName === "button" || el.localName === "input") return true;
  return (el.localName === "a" || el.localName === "area") && el.href !== "";
}

export function ofSubmit(form, button) {
  // A dialog's own form only closes it.
  if ((button?.getAttribute("formmethod") ?? form.getAttribute("method"))?.toLowerCase() === "dialog") return [];
  const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const url = typeof action === "string" ? action : form.getAttribute("action");
  const need = { kind: "submit", value: line(button ? nameOf(button) : form.getAttribute("aria-label") || "", 100), url: line(url || location.href, 500) };
  return [need, ...leaving(url, form)];
}

function ofLink(el) {
  const url = typeof el.href === "string" ? el.href : el.href.baseVal;
  if (/^\s*javascript:/i.test(url)) {
    // The idiom for "no link at all, a handler does it" is harmless; any other script in an address is refused.
    if (/^\s*javascript:\s*(void\s*\(?\s*0?\s*\)?|false|undefined|)\s*;?\s*$/i.test(decodeURI(url))) return [];
    throw new Refused("script_link");
  }
  if (el.hasAttribute("download")) return [{ kind: "download", value: line(el.getAttribute("download"), 200), url: line(url, 500) }];
  return leaving(url, el);
}

/** Another origin than the page's own. Where the page's handlers take over the link this asks too much, never too little. */
function leaving(url, el) {
  if (!url) return [];
  let to;
  try {
    to = new URL(url, el.baseURI);
  } catch {
    return [];
  }
  if (to.origin === location.origin || to.href === "about:blank") return [];
  const value = to.origin === "null" ? to.protocol : to.origin;
  return [{ kind: "navigate", value, url: line(to.href, 1_000) }];
}

function nameOf(el) {
  const name = namer()(el, roleOf(el));
  return line(name || labelOf(el, "") || el.getAttribute("name") || el.localName, 100);
}
