//! Strings as a model may see them: one line, bounded, without the marks that hide or reorder text.

// Zero-width characters, bidi controls, soft hyphen, tag characters: they carry text a person can't see.
const HIDDEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Collapsed to one line and cut. */
export function line(text, max = 200) {
  if (!text) return "";
  if (text.length > max * 20) text = text.slice(0, max * 20);
  const flat = text.replace(CONTROL, " ").replace(HIDDEN, "").replace(/\s+/g, " ").trim().toWellFormed();
  return flat.length > max ? flat.slice(0, max - 1).toWellFormed() + "…" : flat;
}

/** Line breaks kept, marks removed: for values and whole texts. */
export function block(text, max = 2_000) {
  const flat = String(text ?? "").slice(0, max).replace(HIDDEN, "").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, " ");
  return flat.toWellFormed();
}

const NAMED = {
  black: "000000", white: "ffffff", gray: "808080", silver: "c0c0c0", red: "ff0000", maroon: "800000", yellow: "ffff00", olive: "808000",
  lime: "00ff00", green: "008000", cyan: "00ffff", teal: "008080", blue: "0000ff", navy: "000080", magenta: "ff00ff", purple: "800080",
  orange: "ffa500", pink: "ffc0cb", brown: "a52a2a", gold: "ffd700", violet: "ee82ee", indigo: "4b0082",
};
const BY_HEX = Object.fromEntries(Object.entries(NAMED).map(([name, hex]) => [hex, name]));

/** A computed colour as {hex, word}, or null when nothing is painted. */
export function colour(css) {
  const m = /^rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)(?:[,/ ]+([\d.]+%?))?\)$/.exec(css || "");
  if (!m || (m[4] !== undefined && parseFloat(m[4]) === 0)) return null;
  const [r, g, b] = [m[1], m[2], m[3]].map((v) => Math.min(255, Math.round(Number(v))));
  const hex = [r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("");
  return { hex: "#" + hex, word: BY_HEX[hex] ?? hueWord(r, g, b) };
}

function hueWord(r, g, b) {
  const max = Math.max(r, g, b), min = Math.min(r, g, b), light = (max + min) / 510, spread = max - min;
  if (spread < 24) return light > 0.93 ? "white" : light < 0.12 ? "black" : "gray";
  let hue = max === r ? ((g - b) / spread) % 6 : max === g ? (b - r) / spread + 2 : (r - g) / spread + 4;
  hue = (hue * 60 + 360) % 360;
  if (light < 0.08) return "black";
  if (hue < 14 || hue >= 345) return light > 0.75 ? "pink" : "red";
  if (hue < 42) return light < 0.4 ? "brown" : "orange";
  if (hue < 68) return light < 0.3 ? "olive" : "yellow";
  if (hue < 165) return "green";
  if (hue < 198) return "cyan";
  if (hue < 258) return "blue";
  if (hue < 290) return "purple";
  return light > 0.75 ? "pink" : "magenta";
}
