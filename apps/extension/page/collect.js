//! The snapshot: one walk over the page as it is drawn, giving a flat list of nodes that is equal for equal pages.
import { describe, looks } from "./describe.js";
import { labelsOf, withLabels } from "./labels.js";
import { namer } from "./names.js";
import { knownNumber } from "./nodes.js";
import { isDisabled, isLandmark, isNamedByContent, isStructure, isWidget, roleOf } from "./roles.js";
import { flush, gather } from "./runs.js";
import { noteSecrets, scrubber } from "./secrets.js";
import { iconOf, iconSized, operable, painted } from "./signs.js";
import { childrenOf, documents, elementAt, focused, frameDocument, originOf, within } from "./tree.js";
import { line } from "./words.js";

const NODES_MAX = 5_000;
const VISITS_MAX = 60_000; // Limit: a page of a megabyte is walked in well under a second.
const DEPTH_MAX = 400; // Deeper nesting is an attack on the stack, not a page.
const COVER_MAX = 600;
const TEXT_MAX = 200;

const IGNORED = new Set(["script", "style", "noscript", "template", "head", "meta", "link", "base", "title", "defs", "clippath",
  "lineargradient", "radialgradient", "mask", "symbol",
  "pattern", "filter", "param", "source", "track", "datalist", "area", "map", "br", "wbr"]);
const SHAPES = new Set(["circle", "ellipse", "rect", "path", "line", "polyline", "polygon", "text", "image", "use"]);
const INLINE = new Set(["inline", "inline-block", "contents", "ruby"]);
const LEAVES = new Set(["input", "textarea", "canvas", "img", "video", "audio", "progress", "meter", "object", "embed"]);
const CLIPS = /hidden|scroll|auto|clip/;
const ITEMS = new Set(["listitem", "cell", "row"]);
const PARTS = "a, button, input, select, textarea, [tabindex]:not([tabindex^='-']), [role], li, tr, ul, ol";
const NAMED_BOXES = new Set(["form", "region", "dialog", "alertdialog", "group", "table", "list", "navigation", "main", "tabpanel",
  "radiogroup", "progressbar", "meter", "figure", "search",
  "complementary", "article", "tablist", "menu", "tree", "grid"]);

/** Everything a reader or an actor needs of the page at this moment. */
export function snapshot() {
  return withLabels(collect);
}

function collect() {
  for (const doc of documents()) noteSecrets(doc);
  const walk = { nodes: [], elements: [], visits: 0, truncated: false, nameOf: namer(), run: null, spoken: new WeakSet(), place: null };
  walk.place = (at, node, cx, box) => place(walk, at, node, cx, box);
  const body = document.body ?? document.documentElement;
  const nothing = { parent: 0, node: null, depth: 0, deep: 0, path: "", mute: false, clear: false, disabled: false, cursor: "", cursorOf: null };
  if (body) visit(walk, body, { ...nothing, clip: view(), at: originOf(document), slid: { x: scrollX, y: scrollY } });
  flush(walk);
  number(walk.nodes);
  findCovered(walk);
  const scrub = scrubber();
  for (const node of walk.nodes) scrubNode(node, scrub);
  const focus = focused();
  const scroller = document.scrollingElement ?? document.documentElement;
  return {
    title: scrub(line(document.title, 300)), origin: location.origin,
    viewport: { w: innerWidth, h: innerHeight, x: Math.round(scrollX), y: Math.round(scrollY), sw: scroller?.scrollWidth ?? 0, sh: scroller?.scrollHeight ?? 0 },
    focus: focus && focus !== document.body ? knownNumber(focus) : null,
    nodes: walk.nodes, truncated: walk.truncated, dialog: openDialog(scrub),
  };
}

/** The modal in front of everything, if there is one. */
export function openDialog(scrub = scrubber()) {
  for (const el of document.querySelectorAll("dialog[open], [role=dialog][aria-modal=true], [role=alertdialog]")) {
    if (el.checkVisibility()) return { kind: el.localName === "dialog" ? "dialog" : el.getAttribute("role"), text: scrub(line(el.innerText, 300)) };
  }
  return null;
}

function visit(walk, el, cx) {
  const tag = el.localName.toLowerCase();
  if (IGNORED.has(tag)) return;
  if (walk.nodes.length >= NODES_MAX || ++walk.visits > VISITS_MAX || cx.deep > DEPTH_MAX) {
    walk.truncated = true;
    return;
  }
  const style = getComputedStyle(el);
  if (style.display === "none") return;
  const svg = el.namespaceURI === "http://www.w3.org/2000/svg";
  const breaks = !INLINE.has(style.display) && !svg;
  if (breaks) flush(walk);
  const rect = el.getBoundingClientRect();
  const box = { x: rect.left + cx.at.x, y: rect.top + cx.at.y, w: rect.width, h: rect.height };
  const shown = style.visibility === "visible";
  const node = !shown ? null : svg ? shape(walk, el, cx, style, box) : element(walk, el, cx, style, box);
  const doc = frameDocument(el);
  if (doc?.body) {
    flush(walk);
    const slid = further(cx.slid, doc.defaultView.scrollX, doc.defaultView.scrollY);
    visit(walk, doc.body, { ...inside(el, tag, cx, node, style, box), at: originOf(doc), clip: intersect(cx.clip, box), slid });
    flush(walk);
  } else if (!LEAVES.has(tag) && !(tag === "select" && node?.role === "combobox")) {
    children(walk, el, inside(el, tag, cx, node, style, box), style, shown);
  }
  if (breaks) flush(walk);
}

function children(walk, el, cx, style, shown) {
  const closed = el.localName === "details" && !el.open;
  for (const child of childrenOf(el)) {
    if (walk.visits > VISITS_MAX) break;
    if (child.nodeType === Node.TEXT_NODE && shown && !closed) gather(walk, child, el, cx, style);
    else if (child.nodeType === Node.ELEMENT_NODE && (!closed || child.localName === "summary")) visit(walk, child, cx);
  }
}

/** What holds for everything within this element. */
function inside(el, tag, cx, node, style, box) {
  const below = { ...cx, deep: cx.deep + 1, cursor: style.cursor, cursorOf: el };
  if (style.opacity === "0") below.clear = true;
  if (el.inert) below.disabled = true;
  if (node) {
    below.parent = node.n;
    below.node = node;
    below.depth = cx.depth + 1;
    // Its name says what is within.
    if (isNamedByContent(node.role) || node.role === "textbox" || (node.actionable && node.name)) below.mute = true;
    if (isLandmark(node.role)) below.path = (cx.path ? cx.path + ">" : "") + landmarkWord(node);
  }
  if (tag === "label" && !node && labelSpeaks(el)) below.mute = true;
  if (CLIPS.test(style.overflow) && tag !== "body" && tag !== "html") {
    below.clip = intersect(cx.clip, box);
    below.slid = further(cx.slid, el.scrollLeft, el.scrollTop);
  }
  if (style.position === "fixed") below.clip = view();
  return below;
}

/** Decides whether the element is worth a node of its own, and makes it. */
function element(walk, el, cx, style, box) {
  const tag = el.localName;
  const role = roleOf(el);
  const widget = isWidget(role) || tag === "summary";
  const pressable = !widget && operable(el, cx, style);
  const drawn = !widget && !pressable && !isStructure(role);
  if (drawn && tag === "label" && el.control && !el.control.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return standIn(walk, el, cx, box);
  if (drawn && (cx.mute || !painted(el, style, box))) return null;
  if ((cx.clear || style.opacity === "0") && !widget && !pressable) return null;
  flush(walk);
  const named = widget || (pressable && !isStructure(role)) || role === "heading" || role === "img" || NAMED_BOXES.has(role);
  let name = named ? walk.nameOf(el, role) : line(el.getAttribute("aria-label") || "", TEXT_MAX);
  if (!name && (pressable ? !isStructure(role) || (ITEMS.has(role) && !el.querySelector(PARTS)) : drawn)) name = line(el.innerText, 120);
  const node = describe(el, drawn ? "generic" : role || "generic", name, pressable || !name);
  node.actionable = widget || pressable || tag === "canvas" || (drawn && iconSized(box));
  if (node.role === "generic" && !el.innerText?.trim()) {
    const icon = line(iconOf(style), 60);
    node.attrs = { ...node.attrs, ...looks(el, style).attrs, ...(icon ? { src: icon } : {}) };
  }
  if (tag === "canvas") node.attrs = { ...node.attrs, size: `${el.width}x${el.height}` };
  return place(walk, el, node, cx, box);
}

/** A label whose own control is drawn away stands for it. */
function standIn(walk, el, cx, box) {
  flush(walk);
  const node = describe(el, roleOf(el.control) || "generic", walk.nameOf(el.control, "") || line(el.textContent, TEXT_MAX));
  if (el.control.type === "checkbox" || el.control.type === "radio") node.checked = el.control.checked;
  if (isDisabled(el.control)) node.disabled = true;
  node.actionable = true;
  return place(walk, el, node, cx, box);
}

/** A shape of a drawing, unless it is the icon of a button or link. */
function shape(walk, el, cx, style, box) {
  if (!SHAPES.has(el.localName) || cx.mute || cx.clear || style.opacity === "0" || (box.w === 0 && box.h === 0)) return null;
  flush(walk);
  const seen = looks(el, style);
  const words = el.localName === "text" ? line(el.textContent, TEXT_MAX) : "";
  const node = describe(el, "graphics-symbol", line(el.getAttribute("aria-label") || el.querySelector(":scope > title")?.textContent || words || seen.words, 120));
  node.attrs = { ...node.attrs, ...seen.attrs };
  if (words) node.text = words;
  node.actionable = true;
  return place(walk, el, node, cx, box);
}

function place(walk, at, node, cx, box) {
  if (walk.nodes.length >= NODES_MAX) {
    walk.truncated = true;
    return null;
  }
  node.p = cx.parent;
  node.d = cx.depth;
  node.path = cx.path;
  node.box = [box.x, box.y, box.w, box.h].map((v) => Math.round(v * 10) / 10);
  node.inview = box.w + box.h > 0 && box.x < cx.clip.x1 && box.x + box.w > cx.clip.x0 && box.y < cx.clip.y1 && box.y + box.h > cx.clip.y0;
  if (cx.disabled) node.disabled = true;
  if (cx.node) cx.node.full = true;
  walk.nodes.push(node);
  walk.elements.push(at);
  return node;
}

function labelSpeaks(el) {
  const control = el.control;
  return Boolean(control) && control.checkVisibility() && !control.hasAttribute("aria-label") && !control.hasAttribute("aria-labelledby");
}

/** Gives each node its place among those that are called the same. */
function number(nodes) {
  const counts = new Map();
  for (const node of nodes) {
    const key = [node.role, node.name, node.label, node.text].join("\u0001");
    node.ord = counts.get(key) ?? 0;
    counts.set(key, node.ord + 1);
    delete node.full;
  }
}

/** Marks what something else lies over, in its middle. */
function findCovered({ nodes, elements }) {
  let looked = 0;
  for (const [i, node] of nodes.entries()) {
    if (!node.actionable || !node.inview) continue;
    if (++looked > COVER_MAX) return;
    const el = elements[i], [x, y, w, h] = node.box;
    const hit = elementAt(Math.min(innerWidth - 1, Math.max(0, x + w / 2)), Math.min(innerHeight - 1, Math.max(0, y + h / 2)));
    if (hit && !within(hit, el) && !within(el, hit) && !labelsOf(el).some((label) => within(hit, label))) node.covered = true;
  }
}

function scrubNode(node, scrub) {
  for (const key of ["name", "text", "label", "value", "placeholder", "href"]) if (node[key]) node[key] = scrub(node[key]);
  if (node.options) node.options = node.options.map(scrub);
}

const landmarkWord = (node) => node.role + (node.name && node.role !== "main" ? `(${line(node.name, 40)})` : "");
/** How far the boxes around have been scrolled: what they hold lies that much before its place. */
const further = (slid, x, y) => ({ x: slid.x + x, y: slid.y + y });
const view = () => ({ x0: 0, y0: 0, x1: innerWidth, y1: innerHeight });

function intersect(a, box) {
  return { x0: Math.max(a.x0, box.x), y0: Math.max(a.y0, box.y), x1: Math.min(a.x1, box.x + box.w), y1: Math.min(a.y1, box.y + box.h) };
}
