//! What messages and states are made of: null, booleans, finite numbers, strings, arrays, plain objects, bytes, refs.
//! As text, `{"@":n}` is the n-th ref of the table beside it, `{"@":"..."}` bytes, and `{"@":{..}}` an object with a key `@`.
import { isRef } from "./ref.js";

const MARK = "@";
/** Limit: a cycle is found here and not by the stack. */
const DEPTH_MAX = 200;

/** The text of a value; each ref in it is given to `place`, which returns its number. */
export function encode(value, place) {
  return JSON.stringify(plain(value, place, 0));
}

function plain(value, place, depth) {
  if (depth > DEPTH_MAX) throw new TypeError("a value this deep, or a cycle, can't be kept or sent");
  switch (typeof value) {
    case "undefined": return null;
    case "boolean": case "string": return value;
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} can't be kept or sent`);
      return value;
    case "object": break;
    default: throw new TypeError(`a ${typeof value} can't be kept or sent`);
  }
  if (value === null) return null;
  if (isRef(value)) return { [MARK]: place(value) };
  if (value instanceof Uint8Array) return { [MARK]: base64(value) };
  if (Array.isArray(value)) return value.map((item) => plain(item, place, depth + 1));
  const kind = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null) throw new TypeError(`a ${kind.constructor?.name ?? "strange object"} can't be kept or sent`);
  const object = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) set(object, key, plain(item, place, depth + 1));
  }
  return Object.hasOwn(object, MARK) ? { [MARK]: object } : object;
}

/** `find` gives the ref of a number. */
export function decode(text, find) {
  return text === "" ? undefined : rich(JSON.parse(text), find);
}

function rich(value, find) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => rich(item, find));
  const marked = Object.hasOwn(value, MARK) ? value[MARK] : undefined;
  if (typeof marked === "number") return find(marked);
  if (typeof marked === "string") return Uint8Array.from(atob(marked), (letter) => letter.charCodeAt(0));
  const object = {};
  for (const [key, item] of Object.entries(marked ?? value)) set(object, key, rich(item, find));
  return object;
}

// Why not an assignment: `__proto__` is a key like any other.
function set(object, key, value) {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
