//! The page as one tree: shadow roots (open and closed) and same-origin frames opened, coordinates in the top viewport.

/** The shadow root of an element, also a closed one where the browser lets an extension look. */
export function shadowOf(el) {
  const root = el.shadowRoot ?? closedShadowOf(el);
  if (root && !opened.has(root)) {
    opened.add(root);
    roots.push(new WeakRef(root));
  }
  return root;
}

function closedShadowOf(el) {
  if (!el.localName || (!el.localName.includes("-") && !SHADOW_HOSTS.has(el.localName))) return null;
  try {
    return globalThis.chrome?.dom?.openOrClosedShadowRoot?.(el) ?? null;
  } catch {
    return null;
  }
}
const SHADOW_HOSTS = new Set(["article", "aside", "blockquote", "body", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
  "main", "nav", "p", "section", "span"]);

const opened = new WeakSet();
let roots = [];

/** Every shadow root come across so far that is still in a page. */
export function shadowRoots() {
  roots = roots.filter((ref) => ref.deref()?.isConnected);
  return roots.map((ref) => ref.deref());
}

/** The document inside a frame of the same origin, else null. */
export function frameDocument(el) {
  if (el.localName !== "iframe" && el.localName !== "frame") return null;
  try {
    const doc = el.contentDocument;
    return doc && doc.documentElement ? doc : null;
  } catch {
    return null;
  }
}

/** Children as they are drawn. */
export function childrenOf(el) {
  const shadow = shadowOf(el);
  if (shadow) return shadow.childNodes;
  if (el.localName === "slot") {
    const assigned = el.assignedNodes();
    if (assigned.length) return assigned;
  }
  return el.childNodes;
}

/** The parent as it is drawn: through slots, shadow roots and frames up to the top document. */
export function parentOf(node) {
  if (node.assignedSlot) return node.assignedSlot;
  const parent = node.parentNode;
  if (!parent) return null;
  if (parent.nodeType === Node.DOCUMENT_FRAGMENT_NODE) return parent.host ?? null;
  if (parent.nodeType === Node.DOCUMENT_NODE) return frameOf(parent);
  return parent;
}

/** Is `inner` the same as `outer`, or drawn within it? */
export function within(inner, outer) {
  for (let at = inner, steps = 0; at && steps < 5_000; at = parentOf(at), steps++) if (at === outer) return true;
  return false;
}

/** The nearest drawn ancestor (or the node itself) for which the test holds. */
export function closest(node, test) {
  for (let at = node, steps = 0; at && steps < 5_000; at = parentOf(at), steps++) {
    if (at.nodeType === Node.ELEMENT_NODE && test(at)) return at;
  }
  return null;
}

/** The frame element that shows this document, when we may look. */
export function frameOf(doc) {
  try {
    return doc.defaultView?.frameElement ?? null;
  } catch {
    return null;
  }
}

/** Where the document's viewport begins, in the top viewport. */
export function originOf(doc) {
  let x = 0, y = 0;
  for (let frame = frameOf(doc), depth = 0; frame && depth < 20; frame = frameOf(frame.ownerDocument), depth++) {
    const rect = frame.getBoundingClientRect();
    const style = getComputedStyle(frame);
    x += rect.left + frame.clientLeft + (parseFloat(style.paddingLeft) || 0);
    y += rect.top + frame.clientTop + (parseFloat(style.paddingTop) || 0);
  }
  return { x, y };
}

/** The rectangle of an element or text node in the top viewport. */
export function rectOf(node) {
  let rect;
  if (node.nodeType === Node.TEXT_NODE) {
    const range = node.ownerDocument.createRange();
    range.selectNodeContents(node);
    rect = range.getBoundingClientRect();
  } else {
    rect = node.getBoundingClientRect();
  }
  const at = originOf(node.ownerDocument);
  return { x: rect.left + at.x, y: rect.top + at.y, w: rect.width, h: rect.height };
}

/** The topmost element at a point of the top viewport. */
export function elementAt(x, y) {
  let root = document, left = x, top = y;
  let found = null;
  for (let depth = 0; depth < 50; depth++) {
    const el = root.elementFromPoint(left, top);
    if (!el || el === found) return found;
    found = el;
    const doc = frameDocument(el);
    if (doc) {
      const at = originOf(doc);
      root = doc; left = x - at.x; top = y - at.y;
      continue;
    }
    const shadow = shadowOf(el);
    if (!shadow) return found;
    root = shadow;
  }
  return found;
}

/** The focused element, followed into shadow roots and frames. */
export function focused() {
  let doc = document, el = doc.activeElement;
  for (let depth = 0; el && depth < 50; depth++) {
    const inner = frameDocument(el)?.activeElement ?? shadowOf(el)?.activeElement;
    if (!inner || inner === el) break;
    el = inner;
  }
  return el;
}

/** Every document we may look into, the top one first. */
export function documents() {
  const all = [document];
  for (let i = 0; i < all.length && all.length < 50; i++) {
    for (const frame of all[i].querySelectorAll("iframe, frame")) {
      const doc = frameDocument(frame);
      if (doc) all.push(doc);
    }
  }
  return all;
}
