//! How the same pages may look another day: other ids, classes and order, a control renamed, doubled or gone.
import { html } from "./html.mjs";
import { random } from "./data.mjs";

/**
 * `restyled` changes ids, classes and the order of lists and fields; `rename` maps a button's key to other words;
 * `twice` doubles buttons by key; `without` leaves buttons out.
 */
export function makeLook({ restyled = false, rename = {}, twice = [], without = [] } = {}, seed = 1) {
  const tag = restyled ? `x${random(seed).below(90_000)}` : "";
  return {
    id: (name) => (restyled ? `${tag}-${name.length}${name.charCodeAt(0)}${name.charCodeAt(name.length - 1)}` : name),
    cls: (name) => (restyled ? `${tag}${name.length}` : name),
    order: (list) => (restyled ? [...list].reverse() : list),
    button(key, words) {
      if (without.includes(key)) return "";
      const one = html`<p><button class="${this.cls(key)}">${rename[key] ?? words}</button></p>`;
      return twice.includes(key) ? [one, one] : one;
    },
  };
}
