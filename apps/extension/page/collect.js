//! The snapshot: one walk over the page as it is drawn, giving a flat list of nodes that is equal for equal pages.
import { describe, looks } from "./describe.js";
import { namer } from "./names.js";
import { knownNumber, nodeOf, numberOf } from "./nodes.js";
import { isDisabled, isEditingHost, isLandmark, isNamedByContent, isStructure, isWidget, roleOf } from "./roles.js";
import { noteSecrets, scrubber } from "./secrets.js";
import { childrenOf, documents, elementAt, focused, frameDocument, originOf, within } from "./tree.js";
import { line } from "./words.js";

const NODES_MAX = 5_000;
const VISITS_MAX = 60_000; // Limit: a page of a megabyte is walked in well under a second.
const DEPTH_MAX = 400; // Deeper nesting is an attack on the stack, not a page.
const COVER_MAX = 600;
const TEXT_MAX = 200;

const IGNORED = new Set(["script", "style", "noscript", "template", "head", "meta", "link", "base", "title", "defs", "clippath", "lineargradient", "radialgradient", "mask", "symbol",
  "pattern", "filter", "param", "source", "track", "datalist", "area", "map", "br", "wbr"]);
const SHAPES = new Set(["circle", "ellipse", "rect", "path", "line", "polyline", "polygon", "text", "image", "use"]);
const INLINE = new Set(["inline", "inline-block", "contents", "ruby"]);

/** Everything a reader or an actor needs of the page at this moment. */
export function snapshot() {
  for (const doc of documents()) noteSecrets(doc);
  const walk = { nodes: [], visits: 0, truncated: false, nameOf: namer(), run: null, places: [] };
  const view = { x0: 0, y0: 0, x1: innerWidth, y1: innerHeight };
  const top = { parent: 0, node: null, depth: 0, path: "", mute: false, clip: view, pointer: false, disabled: false, at: originOf(document), deep: 0 };
  const body = document.body ?? document.documentElement;
  if (body) visit(walk, body, top);
  flush(walk);
  finish(walk);
  const scrub = scrubber();
  for (const node of walk.nodes) scrubNode(node, scrub);
  const focus = focused();
  const scroller = document.scrollingElement ?? document.documentElement;
  return {
    url: location.href, title: scrub(line(document.title, 300)), origin: location.origin,
    viewport: { w: innerWidth, h: innerHeight, x: Math.round(scrollX), y: Math.round(scrollY), sw: scroller?.scrollWidth ?? 0, sh: scroller?.scrollHeight ?? 0 },
    focus: focus && focus !== document.body ? knownNumber(focus) : null,
    nodes: walk.nodes, truncated: walk.truncated, dialog: openDialog(scrub),
  };
}

/** The modal in front of everything, if there is one. */
export function openDialog(scrub = scrubber()) {
  for (const el of document.querySelectorAll("dialog[open], [role=dialog][aria-modal=true], [role=alertdialog]")) {
    if (el.checkVisibility?.()) return { kind: el.localName === "dialog" ? "dialog" : el.getAttribute("role"), text: scrub(line(el.innerText, 300)) };
  }
  return null;
}

function visit(walk, el, cx) {
  const tag = el.localName;
  if (IGNORED.has(tag?.toLowerCase())) return;
  if (walk.nodes.length >= NODES_MAX || ++walk.visits > VISITS_MAX || cx.deep > DEPTH_MAX) {
    walk.truncated = true;
    return;
  }
  const style = getComputedStyle(el);
  if (style.display === "none") return;
  const svg = el.namespaceURI === "http://www.w3.org/2000/svg";
  const inline = INLINE.has(style.display) || svg;
  if (!inline) flush(walk);
  const shown = style.visibility === "visible";
  const rect = el.getBoundingClientRect();
  const box = { x: rect.left + cx.at.x, y: rect.top + cx.at.y, w: rect.width, h: rect.height };
  const below = { ...cx, deep: cx.deep + 1, pointer: style.cursor === "pointer", pointerOf: style.cursor === "pointer" ? el : null };
  if (style.opacity === "0") below.clear = true;
  if (el.inert) below.disabled = true;
  const node = shown ? emit(walk, el, cx, style, box, svg) : null;
  if (node) {
    below.parent = node.n;
    below.node = node;
    below.depth = cx.depth + 1;
    if (isNamedByContent(node.role) || node.role === "textbox" || (node.actionable && node.name)) below.mute = true;
    if (isLandmark(node.role)) below.path = (cx.path ? cx.path + ">" : "") + landmarkWord(node);
  }
  if (tag === "label" && !node && labelSpeaks(el)) below.mute = true;
  if (CLIPS.test(style.overflow) && tag !== "body" && tag !== "html") below.clip = intersect(cx.clip, box);
  if (style.position === "fixed") below.clip = { x0: 0, y0: 0, x1: innerWidth, y1: innerHeight };
  if (LEAVES.has(tag)) return;
  if (node?.role === "combobox" && tag === "select") return;
  const doc = frameDocument(el);
  if (doc?.body) {
    flush(walk);
    visit(walk, doc.body, { ...below, at: originOf(doc), clip: intersect(cx.clip, box) });
    flush(walk);
    return;
  }
  const closed = tag === "details" && !el.open;
  for (const child of childrenOf(el)) {
    if (child.nodeType === Node.TEXT_NODE) {
      if (shown && !closed) text(walk, child, el, below, style);
    } else if (child.nodeType === Node.ELEMENT_NODE && (!closed || child.localName === "summary")) {
      if (walk.truncated && walk.visits > VISITS_MAX) break;
      visit(walk, child, below);
    }
  }
  if (!inline) flush(walk);
}
const LEAVES = new Set(["input", "textarea", "canvas", "img", "video", "audio", "progress", "meter", "object", "embed"]);
const CLIPS = /hidden|scroll|auto|clip/;

/** Decides whether the element is worth a node of its own, and makes it. */
function emit(walk, el, cx, style, box, svg) {
  const tag = el.localName;
  if (svg) return SHAPES.has(tag) ? shape(walk, el, cx, style, box) : null;
  let role = roleOf(el);
  const widget = isWidget(role) || tag === "summary";
  const clickable = !widget && operable(el, cx, style);
  if (!widget && !clickable && !isStructure(role)) {
    if (tag === "label" && el.control && !el.control.checkVisibility?.({ opacityProperty: true, visibilityProperty: true })) return stand(walk, el, cx, style, box);
    if (!painted(el, cx, style, box)) return null;
    role = "generic";
  }
  if (tag === "form" || role === "group" || role === "list" || role === "row" || role === "figure") {
    // Containers that a reader needs only for their place keep a node; it is small, and the text side drops it.
  }
  const hidden = cx.clear || style.opacity === "0";
  if (hidden && !widget && !clickable) return null;
  flush(walk);
  const named = widget || clickable || role === "heading" || role === "img" || NAMED_BOXES.has(role);
  let name = named ? walk.nameOf(el, role) : line(el.getAttribute("aria-label") || "", 200);
  if (clickable && !name) name = line(el.innerText, 120);
  const node = describe(el, role || "generic", name);
  if (clickable || widget) node.actionable = true;
  if (role === "img" && tag === "canvas") node.actionable = true;
  if (node.role === "generic" && !el.innerText?.trim()) {
    const seen = looks(el, style);
    if (Object.keys(seen.attrs).length) node.attrs = { ...node.attrs, ...seen.attrs };
  }
  if (tag === "canvas") node.attrs = { ...node.attrs, size: `${el.width}x${el.height}` };
  return place(walk, el, node, cx, box);
}
const NAMED_BOXES = new Set(["form", "region", "dialog", "alertdialog", "group", "table", "list", "navigation", "main", "tabpanel", "radiogroup", "progressbar", "meter", "figure", "search",
  "complementary", "article", "tablist", "menu", "tree", "grid"]);

/** A label whose own control is drawn away stands for it. */
function stand(walk, el, cx, style, box) {
  flush(walk);
  const node = describe(el, roleOf(el.control) || "generic", walk.nameOf(el.control, "") || line(el.textContent, 200));
  if (el.control.type === "checkbox" || el.control.type === "radio") node.checked = el.control.checked;
  if (isDisabled(el.control)) node.disabled = true;
  node.actionable = true;
  return place(walk, el, node, cx, box);
}

function shape(walk, el, cx, style, box) {
  if (cx.clear || style.opacity === "0" || (box.w === 0 && box.h === 0)) return null;
  // A shape within a button or link is its icon.
  if (cx.mute) return null;
  flush(walk);
  const seen = looks(el, style);
  const words = el.localName === "text" ? line(el.textContent, TEXT_MAX) : "";
  const node = describe(el, "graphics-symbol", line(el.getAttribute("aria-label") || el.querySelector(":scope > title")?.textContent || words || seen.words, 120));
  node.attrs = { ...node.attrs, ...seen.attrs };
  if (words) node.text = words;
  node.actionable = true;
  return place(walk, el, node, cx, box);
}

function place(walk, el, node, cx, box) {
  node.p = cx.parent;
  node.d = cx.depth;
  node.path = cx.path;
  node.box = [box.x, box.y, box.w, box.h].map((v) => Math.round(v * 10) / 10);
  node.inview = seen(cx.clip, box);
  if (cx.disabled) node.disabled = true;
  walk.nodes.push(node);
  if (cx.node) cx.node.full = true;
  walk.places.push(el);
  return node;
}

/** Signs that a person could click here, though the tag says nothing; the listeners themselves can't be seen. */
function operable(el, cx, style) {
  if (el.hasAttribute("onclick") || el.hasAttribute("onmousedown") || el.getAttribute("draggable") === "true") return true;
  const tab = el.getAttribute("tabindex");
  if (tab !== null && Number(tab) >= 0 && el.localName !== "body") return true;
  if (isEditingHost(el)) return true;
  if (style.cursor !== "pointer" || el.localName === "label" || cx.mute) return GRABS.has(style.cursor) && !GRABS.has(cx.cursor);
  if (!cx.pointer) return !repeats(el);
  // Inside a pointing list its equal items are the things to click.
  return cx.pointerOf === el.parentElement && repeats(el.parentElement);
}
const GRABS = new Set(["grab", "move", "ns-resize", "ew-resize", "se-resize", "nwse-resize", "col-resize", "row-resize"]);

function repeats(el) {
  const kids = el.children;
  if (kids.length < 2) return false;
  for (const kid of kids) if (kid.localName !== kids[0].localName || INLINE_TAGS.has(kid.localName)) return false;
  return true;
}
const INLINE_TAGS = new Set(["span", "b", "i", "em", "strong", "small", "path", "svg", "img", "br"]);

/** An empty box that is drawn: a cell of a board, a swatch, an icon by background. */
function painted(el, cx, style, box) {
  if (el.firstElementChild || box.w < 5 || box.h < 5 || cx.mute || el.textContent.trim()) return false;
  if (style.backgroundImage !== "none") return true;
  if (el.id || el.className) return style.backgroundColor !== "rgba(0, 0, 0, 0)" || (style.borderTopWidth !== "0px" && style.borderLeftWidth !== "0px") || generated(el);
  return style.backgroundColor !== "rgba(0, 0, 0, 0)";
}

function generated(el) {
  const content = getComputedStyle(el, "::before").content;
  return content !== "none" && content !== "normal";
}

function labelSpeaks(el) {
  const control = el.control;
  return Boolean(control) && control.checkVisibility?.() && !control.hasAttribute("aria-label") && !control.hasAttribute("aria-labelledby");
}

/** Gathers text that reads as one run. */
function text(walk, textNode, owner, cx, style) {
  if (cx.mute || cx.clear || style.fontSize === "0px") return;
  const raw = textNode.data;
  if (!raw.trim()) {
    if (walk.run) walk.run.text += " ";
    return;
  }
  if (!walk.run) walk.run = { first: textNode, owner, cx, text: "" };
  if (walk.run.text.length < TEXT_MAX * 4) walk.run.text += raw;
}

/** Ends the run: its words go to the node around them when that holds nothing else, or become a node of their own. */
function flush(walk) {
  const run = walk.run;
  walk.run = null;
  if (!run) return;
  const words = line(run.text, TEXT_MAX * 4);
  if (!words) return;
  const { cx, owner, first } = run;
  const range = owner.ownerDocument.createRange();
  range.selectNodeContents(first);
  const rect = range.getBoundingClientRect();
  const box = { x: rect.left + cx.at.x, y: rect.top + cx.at.y, w: rect.width, h: rect.height };
  if (!box.w || !box.h || box.x + box.w + scrollX < 0 || box.y + box.h + scrollY < 0) return;
  const own = cx.node;
  if (own && !own.full && !own.text && !own.name && nodeOf(own.n) === owner) {
    own.text = words;
    return;
  }
  if (walk.nodes.length >= NODES_MAX) {
    walk.truncated = true;
    return;
  }
  const alone = !own || nodeOf(own.n) !== owner;
  const key = alone && !walk.used?.has(owner) ? owner : first;
  (walk.used ??= new Set()).add(owner);
  const node = { n: numberOf(key), role: "text", tag: owner.localName, text: words, actionable: false };
  if (key === owner && owner.id) node.attrs = { id: line(owner.id, 80) };
  place(walk, first, node, cx, box);
}

/** Places among equals, covers, and the collector's own marks taken off. */
function finish(walk) {
  const counts = new Map();
  let looked = 0;
  walk.nodes.forEach((node, i) => {
    const key = [node.role, node.name, node.label, node.text].join("\u0001");
    node.ord = counts.get(key) ?? 0;
    counts.set(key, node.ord + 1);
    delete node.full;
    if (node.actionable && node.inview && looked < COVER_MAX) {
      looked++;
      const el = walk.places[i];
      const hit = elementAt(Math.min(innerWidth - 1, Math.max(0, node.box[0] + node.box[2] / 2)), Math.min(innerHeight - 1, Math.max(0, node.box[1] + node.box[3] / 2)));
      if (hit && el.nodeType === Node.ELEMENT_NODE && !within(hit, el) && !within(el, hit) && !sameLabel(el, hit)) node.covered = true;
    }
  });
}

function sameLabel(el, hit) {
  return el.labels ? [...el.labels].some((label) => within(hit, label)) : false;
}

function scrubNode(node, scrub) {
  for (const key of ["name", "text", "label", "value", "placeholder", "href"]) if (node[key]) node[key] = scrub(node[key]);
  if (node.options) node.options = node.options.map(scrub);
}

const landmarkWord = (node) => node.role + (node.name && node.role !== "main" ? `(${line(node.name, 40)})` : "");

function seen(clip, box) {
  return box.w + box.h > 0 && box.x < clip.x1 && box.x + box.w > clip.x0 && box.y < clip.y1 && box.y + box.h > clip.y0;
}

function intersect(a, box) {
  return { x0: Math.max(a.x0, box.x), y0: Math.max(a.y0, box.y), x1: Math.min(a.x1, box.x + box.w), y1: Math.min(a.y1, box.y + box.h) };
}
