//! Signs that a person could press something though its tag says nothing. Listeners themselves can't be seen from here.
import { isEditingHost } from "./roles.js";

const GRABS = new Set(["grab", "move", "ns-resize", "ew-resize", "se-resize", "nwse-resize", "col-resize", "row-resize"]);
const INLINE_TAGS = new Set(["span", "b", "i", "em", "strong", "small", "path", "svg", "img", "br"]);
const CODE = "pre, code, kbd, samp";
const CLEAR = "rgba(0, 0, 0, 0)";
const ICON_MAX = 100; // Pixels: what is drawn larger is a picture or a background.

/** Handlers in the source, a place in the tab order, a pointing cursor of its own. */
export function operable(el, around, style) {
  if (el.hasAttribute("onclick") || el.hasAttribute("onmousedown") || el.getAttribute("draggable") === "true") return true;
  const tab = el.getAttribute("tabindex");
  if (tab !== null && Number(tab) >= 0 && el.localName !== "body") return true;
  if (isEditingHost(el)) return true;
  // A link without an address is a button to its page; with a name it only marks a place.
  if (el.localName === "a" && !el.hasAttribute("href") && !el.hasAttribute("name") && el.firstChild) return true;
  if (GRABS.has(style.cursor)) return style.cursor !== around.cursor;
  if (style.cursor !== "pointer" || el.localName === "label" || around.mute) return false;
  if (around.cursor !== "pointer") return !repeats(el);
  // Inside a pointing list its equal items are the things to press.
  return around.cursorOf === el.parentElement && repeats(el.parentElement);
}

function repeats(el) {
  const kids = [...el.children];
  if (kids.length < 2 || kids.some((kid) => kid.localName !== kids[0].localName)) return false;
  // Inline parts are one thing's icon and words, unless each has both.
  return !INLINE_TAGS.has(kids[0].localName) || kids.every((kid) => kid.firstElementChild && kid.textContent.trim());
}

/** An empty box that is drawn: a cell of a board, a swatch, an icon by background or by content. */
export function painted(el, style, box) {
  if (el.firstElementChild || box.w < 5 || box.h < 5) return false;
  const pictured = style.backgroundImage !== "none" || iconOf(style) !== "";
  // Words pushed out of sight are the name of the picture shown instead.
  if (el.textContent.trim()) return pictured && parseFloat(style.textIndent) < -99;
  if (pictured || style.backgroundColor !== CLEAR) return true;
  const sides = ["Top", "Left", "Bottom", "Right"].filter((side) => style[`border${side}Width`] !== "0px").length;
  if (el.id ? sides > 0 : el.className && sides > 1) return true;
  return Boolean(el.id || el.className) && !["none", "normal"].includes(getComputedStyle(el, "::before").content);
}

/** The file name of an image that a style puts in the element's place. */
export function iconOf(style) {
  const url = /^url\("([^"]+)"\)/.exec(style.content)?.[1];
  return url && !url.startsWith("data:") ? url.split(/[?#]/)[0].split("/").pop() : url ? "image" : "";
}

export const iconSized = (box) => box.w <= ICON_MAX && box.h <= ICON_MAX;

/** A sign in an element of its own, like a plus or a cross: most often a button. */
export function isGlyph(el, text) {
  if (!el.className) return false;
  return /^[^\p{L}\p{N}\s.,;:!?'"()]{1,2}$/u.test(text.trim()) && !el.closest(CODE);
}
