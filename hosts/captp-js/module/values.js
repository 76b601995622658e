//! Values between JavaScript and the endpoint, piece by piece.
//!
//! `undefined`, null, booleans, numbers (as floats), BigInts (as integers), strings, `Uint8Array`s, arrays, plain objects, registered symbols
//! (`Symbol.for`), errors (their message), `Tagged`, `Sturdyref`, far objects, presences and promises.
import { home, isFar } from "./far.js";

/** Limit: as deep as a message may be. A cycle is found here and not by the stack. */
const DEPTH_MAX = 60;

export class Tagged {
  constructor(tag, value) {
    if (typeof tag !== "string") throw new TypeError("a tag is a string");
    this.tag = tag;
    this.value = value;
    Object.freeze(this);
  }
}

/** A name of an object that outlives connections. Whoever has it has the object. */
export class Sturdyref {
  constructor(uri) {
    this.uri = String(uri);
    Object.freeze(this);
  }
}

/** What a promise of the other side was broken with, or why there is none: `disconnected`, `refused` (by the machine), `told`. */
export class Broken extends Error {
  name = "Broken";
  constructor(kind, message, value) {
    super(message);
    this.kind = kind;
    this.value = value;
  }
}

/** Pushes a value to the endpoint. `refs` finds the numbers of what can be called. */
export function write(value, endpoint, refs, depth = 0) {
  if (depth > DEPTH_MAX) throw new TypeError("a value this deep, or a cycle, can't be sent");
  switch (typeof value) {
    case "undefined": return endpoint.push_void();
    case "boolean": return endpoint.push_bool(value);
    case "number": return endpoint.push_float(value);
    case "bigint": return endpoint.push_integer(String(value));
    case "string": return endpoint.push_text(whole(value));
    case "symbol": return endpoint.push_symbol(keyOf(value));
    case "function": case "object": break;
  }
  if (value === null) return endpoint.push_null();
  if (isFar(value) || home(value) || value instanceof Promise) return refs.push(value);
  if (value instanceof Uint8Array) return endpoint.push_bytes(value);
  if (Array.isArray(value)) {
    for (const item of value) write(item, endpoint, refs, depth + 1);
    return endpoint.make_list(value.length);
  }
  if (value instanceof Error) return endpoint.push_error(value.message);
  if (value instanceof Sturdyref) return endpoint.push_sturdyref(value.uri);
  if (value instanceof Tagged) {
    write(value.value, endpoint, refs, depth + 1);
    return endpoint.make_tagged(value.tag);
  }
  const kind = Object.getPrototypeOf(value);
  if (typeof value === "function" || (kind !== Object.prototype && kind !== null)) {
    throw new TypeError(`a ${kind?.constructor?.name ?? "strange object"} can't be sent: make it Far, or send what is in it`);
  }
  const fields = Object.entries(value);
  for (const [key, field] of fields) {
    endpoint.push_text(whole(key));
    write(field, endpoint, refs, depth + 1);
  }
  endpoint.make_struct(fields.length);
}

function whole(text) {
  if (!text.isWellFormed()) throw new TypeError("a string with half a character can't be sent");
  return text;
}

function keyOf(symbol) {
  const key = Symbol.keyFor(symbol);
  if (key === undefined) throw new TypeError("only symbols of Symbol.for can be sent");
  return key;
}

/** The other way: what the endpoint pushes. `refs` gives what stands for a number. */
export class Stack {
  #values = [];
  #refs;

  constructor(refs) {
    this.#refs = refs;
  }

  pop() {
    return this.#values.pop();
  }

  popMany(length) {
    return this.#values.splice(this.#values.length - length, length);
  }

  pushVoid() { this.#values.push(undefined); }
  pushNull() { this.#values.push(null); }
  pushBool(value) { this.#values.push(value); }
  pushFloat(value) { this.#values.push(value); }
  pushInteger(value) { this.#values.push(value); }
  pushLargeInteger(digits) { this.#values.push(BigInt(digits)); }
  pushBytes(bytes) { this.#values.push(bytes); }
  pushText(text) { this.#values.push(text); }
  pushSymbol(text) { this.#values.push(Symbol.for(text)); }
  pushError(message) { this.#values.push(new Error(message)); }
  pushSturdyref(uri) { this.#values.push(new Sturdyref(uri)); }
  pushObject(object) { this.#values.push(this.#refs.object(object)); }
  pushFar(handle) { this.#values.push(this.#refs.presence(handle)); }
  pushPromise(handle) { this.#values.push(this.#refs.promise(handle)); }

  makeList(length) {
    this.#values.push(this.popMany(length));
  }

  makeStruct(length) {
    const pieces = this.popMany(length * 2), object = {};
    for (let at = 0; at < pieces.length; at += 2) {
      // Why not an assignment: `__proto__` is a key like any other.
      Object.defineProperty(object, pieces[at], { value: pieces[at + 1], enumerable: true, configurable: true, writable: true });
    }
    this.#values.push(object);
  }

  makeTagged(tag) {
    this.#values.push(new Tagged(tag, this.pop()));
  }
}
