//! What must never leave the page: values of password and card fields, masked before any other code sees them.

const KEY = Symbol.for("peerd.page.secrets");
const state = (globalThis[KEY] ??= { seen: new WeakSet(), fields: new Set() });
const TOKENS = new Set(["current-password", "new-password", "one-time-code", "cc-number", "cc-csc", "cc-exp", "cc-exp-month", "cc-exp-year"]);

export const MASK = "•••";

/** Once a password field, always one: "show password" turns the type into text. */
export function isSecret(el) {
  if (el.localName !== "input" && el.localName !== "textarea") return false;
  if (state.seen.has(el)) return true;
  const tokens = (el.getAttribute("autocomplete") || "").toLowerCase().split(/\s+/);
  const secret = el.type === "password" || tokens.some((t) => TOKENS.has(t)) || dotted(el);
  if (secret) {
    state.seen.add(el);
    state.fields.add(new WeakRef(el));
  }
  return secret;
}

function dotted(el) {
  try {
    const mark = getComputedStyle(el).webkitTextSecurity;
    return Boolean(mark) && mark !== "none";
  } catch {
    return false;
  }
}

/** Notes every secret field of a root, so that scrub knows their values. */
export function noteSecrets(root) {
  for (const el of root.querySelectorAll("input, textarea")) isSecret(el);
}

/** A function that blots the secret values out of any text; the identity when there are none. */
export function scrubber() {
  const values = [];
  for (const ref of state.fields) {
    const el = ref.deref();
    if (!el) state.fields.delete(ref);
    else if (el.value) values.push(el.value);
  }
  if (!values.length) return (text) => text;
  values.sort((a, b) => b.length - a.length);
  return (text) => {
    if (!text) return text;
    let out = text;
    for (const value of values) {
      // A value of one to three characters occurs in any text by chance: only a whole match gives it away.
      if (value.length >= 4) out = out.split(value).join(MASK);
      else if (out === value || out.endsWith(" " + value) || out.startsWith(value + " ")) out = out.split(value).join(MASK);
    }
    return out;
  };
}
