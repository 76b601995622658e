//! Keys by name: what "ctrl+a", "Enter" or "é" are as keyboard events.

const NAMED = {
  enter: ["Enter", "Enter", 13], tab: ["Tab", "Tab", 9], space: [" ", "Space", 32], backspace: ["Backspace", "Backspace", 8], delete:
    ["Delete", "Delete", 46],
  escape: ["Escape", "Escape", 27], insert: ["Insert", "Insert", 45], home: ["Home", "Home", 36], end: ["End", "End", 35], pageup:
    ["PageUp", "PageUp", 33],
  pagedown: ["PageDown", "PageDown", 34], arrowleft: ["ArrowLeft", "ArrowLeft", 37], arrowup: ["ArrowUp", "ArrowUp", 38], arrowright: ["ArrowRight", "ArrowRight", 39],
  arrowdown: ["ArrowDown", "ArrowDown", 40], control: ["Control", "ControlLeft", 17], shift: ["Shift", "ShiftLeft", 16], alt: ["Alt",
    "AltLeft", 18], meta: ["Meta", "MetaLeft", 91],
};
for (let i = 1; i <= 12; i++) NAMED["f" + i] = ["F" + i, "F" + i, 111 + i];
const ALIASES = {
  return: "enter", esc: "escape", del: "delete", left: "arrowleft", right: "arrowright", up: "arrowup", down: "arrowdown", page_up: "pageup", page_down: "pagedown", pgup: "pageup",
  pgdn: "pagedown", spacebar: "space", ctrl: "control", cmd: "meta", command: "meta", super: "meta", win: "meta", option: "alt", kp_enter: "enter", ins: "insert",
};
const MODIFIERS = { control: "ctrlKey", shift: "shiftKey", alt: "altKey", meta: "metaKey" };
const ODD = {
  ";": ["Semicolon", 186], ":": ["Semicolon", 186], "=": ["Equal", 187], "+": ["Equal", 187], ",": ["Comma", 188], "<": ["Comma", 188],
    "-": ["Minus", 189], "_": ["Minus", 189],
  ".": ["Period", 190], ">": ["Period", 190], "/": ["Slash", 191], "?": ["Slash", 191], "`": ["Backquote", 192], "~": ["Backquote", 192],
    "[": ["BracketLeft", 219],
  "{": ["BracketLeft", 219], "\\": ["Backslash", 220], "|": ["Backslash", 220], "]": ["BracketRight", 221], "}": ["BracketRight", 221],
    "'": ["Quote", 222], '"': ["Quote", 222],
};
const OVER_DIGITS = ")!@#$%^&*(";

/** "ctrl+a Tab Enter" as a list of {key, code, keyCode, ctrlKey, ..}, or null when a word names no key. */
export function chordsOf(keys) {
  const chords = String(keys).trim().split(/\s+/).map(chordOf);
  return chords.length && chords.every(Boolean) ? chords : null;
}

function chordOf(word) {
  // A last "+" is the plus key itself.
  const parts = word === "+" ? ["+"] : word.endsWith("++") ? [...word.slice(0, -2).split("+"), "+"] : word.split("+");
  const mods = { ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };
  for (const part of parts.slice(0, -1)) {
    const flag = MODIFIERS[nameOf(part)];
    if (!flag) return null;
    mods[flag] = true;
  }
  const last = parts.at(-1);
  const named = NAMED[nameOf(last)];
  if (named) return { key: named[0], code: named[1], keyCode: named[2], ...mods };
  if ([...last].length !== 1) return null;
  const key = mods.shiftKey ? last.toUpperCase() : last;
  return { ...keyOf(key), ...mods, shiftKey: mods.shiftKey || needsShift(key) };
}

const nameOf = (part) => ALIASES[part.toLowerCase()] ?? part.toLowerCase();

/** The key that types one character. */
export function keyOf(char) {
  if (char === "\n") return { key: "Enter", code: "Enter", keyCode: 13 };
  if (char === "\t") return { key: "Tab", code: "Tab", keyCode: 9 };
  if (char === " ") return { key: " ", code: "Space", keyCode: 32 };
  const upper = char.toUpperCase();
  if (/^[A-Z]$/.test(upper)) return { key: char, code: "Key" + upper, keyCode: upper.charCodeAt(0) };
  if (/^[0-9]$/.test(char)) return { key: char, code: "Digit" + char, keyCode: char.charCodeAt(0) };
  const over = OVER_DIGITS.indexOf(char);
  if (over >= 0) return { key: char, code: "Digit" + over, keyCode: 48 + over };
  const [code, keyCode] = ODD[char] ?? ["", 0];
  return { key: char, code, keyCode };
}

export function needsShift(char) {
  return (char !== char.toLowerCase() && char === char.toUpperCase()) || OVER_DIGITS.includes(char) || '~_+{}|:"<>?'.includes(char);
}
