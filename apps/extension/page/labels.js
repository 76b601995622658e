//! Which labels belong to which field. The browser's own list is a walk over the whole document for each field asked.
import { documents } from "./tree.js";

let known = null;

/** Runs with the labels of all documents looked up once. */
export function withLabels(run) {
  known = new Map();
  for (const doc of documents()) {
    for (const label of doc.querySelectorAll("label")) {
      const { control } = label;
      if (control) known.set(control, [...(known.get(control) ?? []), label]);
    }
  }
  try {
    return run();
  } finally {
    known = null;
  }
}

/** The labels of an element; none for what can't have any. */
export function labelsOf(el) {
  if (known && el.getRootNode().nodeType === Node.DOCUMENT_NODE) return known.get(el) ?? [];
  return [...(el.labels ?? [])];
}

/** Runs with `el.labels` answered from here; seen in our own world only. */
export function withLabelsOf(el, run) {
  if (!known || !("labels" in el)) return run();
  Object.defineProperty(el, "labels", { value: labelsOf(el), configurable: true });
  try {
    return run();
  } finally {
    delete el.labels;
  }
}
