//! What can be called from elsewhere: objects made far, and the presences of those that are elsewhere.

const METHODS = new WeakMap();
/** Of presences and of promises that an endpoint has given: `{ captp, handle }`, or what such a promise was settled with. */
const HOMES = new WeakMap();

/**
 * Makes an object callable by whoever it is given to: its own functions if it is a plain object, its class's if it has one, itself if it is a
 * function. Nothing else of it can be reached, and it can't be changed afterwards by adding to it.
 */
export function Far(label, target) {
  if (typeof label !== "string" || label === "") throw new TypeError("a far object has a label");
  if ((typeof target !== "object" || target === null) && typeof target !== "function") throw new TypeError("only objects and functions can be far");
  if (METHODS.has(target) || HOMES.has(target)) throw new TypeError("it is far already");
  const methods = typeof target === "function" ? new Map() : methodsOf(target);
  METHODS.set(target, { label, methods });
  return target;
}

function methodsOf(target) {
  const methods = new Map();
  for (let at = target; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === "function" && name !== "constructor" && !methods.has(name)) methods.set(name, value);
    }
  }
  return methods;
}

export const isFar = (value) => METHODS.has(value);

/** One call of a far object of this realm. A symbol as the first argument names a method; without, the object itself is called. */
export function apply(target, args) {
  const [first, ...rest] = args, { label, methods } = METHODS.get(target);
  const name = typeof first === "symbol" ? Symbol.keyFor(first) : undefined;
  if (typeof target === "function") return target(...args);
  const method = name === undefined ? undefined : methods.get(name);
  if (!method) throw new TypeError(name === undefined ? `${label} can't be called without a method` : `${label} has no method ${name}`);
  return Reflect.apply(method, target, rest);
}

/** An object that is elsewhere. It has no methods of its own: `E` calls it. */
export class Presence {
  constructor() {
    Object.freeze(this);
  }
  get [Symbol.toStringTag]() {
    return "Presence";
  }
}

export const home = (value) => HOMES.get(value);
export const settle = (value, home) => HOMES.set(value, home);
