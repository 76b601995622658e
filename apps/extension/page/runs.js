//! Text that reads as one run, gathered over inline elements until something else interrupts it.
import { nodeOf, numberOf } from "./nodes.js";
import { isGlyph } from "./signs.js";
import { line } from "./words.js";

const TEXT_MAX = 800;

/** Adds a text node to the run that is open. */
export function gather(walk, node, owner, cx, style) {
  if (cx.mute || cx.clear || style.fontSize === "0px") return;
  if (!node.data.trim()) {
    if (walk.run) walk.run.text += " ";
    return;
  }
  const glyph = isGlyph(owner, node.data);
  if (glyph) flush(walk);
  walk.run ??= { first: node, owner, cx, text: "", glyph };
  if (walk.run.text.length < TEXT_MAX) walk.run.text += node.data;
  if (glyph) flush(walk);
}

/** Ends the run: its words go to the node around them when that holds nothing else, or become a node of their own. */
export function flush(walk) {
  const run = walk.run;
  walk.run = null;
  const words = run ? line(run.text, TEXT_MAX) : "";
  if (!words) return;
  const { cx, owner, first } = run;
  const range = owner.ownerDocument.createRange();
  range.selectNodeContents(first);
  const rect = range.getBoundingClientRect();
  const box = { x: rect.left + cx.at.x, y: rect.top + cx.at.y, w: rect.width, h: rect.height };
  // Beyond the page's beginning no scrolling reaches: words kept there are for nobody's eyes.
  if (!box.w || !box.h || box.x + box.w + cx.slid.x < 0 || box.y + box.h + cx.slid.y < 0) return;
  const around = cx.node;
  const direct = around && nodeOf(around.n) === owner;
  if (direct && !around.full && !around.text && !around.name) {
    around.text = words;
    return;
  }
  // An element's first run has the element's number, its others those of their text nodes.
  const key = direct || walk.spoken.has(owner) ? first : owner;
  walk.spoken.add(owner);
  const node = { n: numberOf(key), role: "text", tag: owner.localName, text: words, actionable: run.glyph };
  const hint = run.glyph && typeof owner.className === "string" ? line(owner.className, 60) : "";
  if (key === owner && (owner.id || hint)) node.attrs = { ...(owner.id ? { id: line(owner.id, 80) } : {}), ...(hint ? { class: hint } : {}) };
  walk.place(first, node, cx, box);
}
