//! What an element will be found again by, taken from a snapshot so that it agrees with what a replay will see.
import { snapshot } from "./collect.js";
import { nodeOf } from "./nodes.js";
import { closest } from "./tree.js";

/** The fingerprint of the element, or of the nearest around it that a snapshot shows. */
export function evidenceOf(el) {
  const byElement = new Map();
  for (const node of snapshot().nodes) {
    const at = nodeOf(node.n);
    const shown = at?.nodeType === Node.TEXT_NODE ? at.parentElement : at;
    if (shown && !(byElement.get(shown)?.actionable)) byElement.set(shown, node);
  }
  const label = closest(el, (at) => at.localName === "label");
  const found = closest(el, (at) => byElement.get(at)?.actionable) ?? label?.control ?? closest(el, (at) => byElement.has(at));
  const node = byElement.get(found);
  if (!node) return { role: "generic", name: "", label: "", tag: el.localName, path: "", attrs: {}, ord: 0 };
  return { role: node.role, name: node.name ?? node.text ?? "", label: node.label ?? "", tag: node.tag, path: node.path, attrs: node.attrs ?? {}, ord: node.ord };
}
