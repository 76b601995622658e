//! `E`: calls that happen later, here or elsewhere, and promises that can be called before they are kept.
import { apply, home, isFar } from "./far.js";

const quiet = () => {};

/** A call in a later turn: of a far object here, of a presence, or of what a promise will be. */
function call(target, args) {
  const there = follow(hush(target));
  if (there?.captp) return there.captp.call(there.handle, args);
  return hush(Promise.resolve(there ? there.value : target)).then((value) => {
    if (isFar(value)) return apply(value, args);
    if (home(value)) return call(value, args);
    throw new TypeError(`${typeof value} is not far: it can't be called with E`);
  });
}

/** Who pipelines on a promise need not look at it: what was called on it fails in its place. */
function hush(target) {
  if (target instanceof Promise) target.catch(quiet);
  return target;
}

/** `{ captp, handle }` if a message can leave now, `{ value }` if it is a promise that was kept, otherwise nothing. */
function follow(target) {
  let there = home(target);
  // Kept with a presence: messages to it leave at once, and stay in order behind those sent to the promise.
  while (there && "value" in there && home(there.value)) there = home(there.value);
  return there;
}

function part(target, key) {
  const there = follow(hush(target));
  if (there?.captp && target instanceof Promise) return there.captp.part(there.handle, key);
  return hush(Promise.resolve(there ? there.value : target)).then((value) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) throw new TypeError(`it has no ${String(key)}`);
    return value[key];
  });
}

const NOT_METHODS = new Set(["then", "catch", "finally"]);

const methods = (target, how) => new Proxy(quiet, {
  get: (_, name) => {
    // Why not `then`: a proxy that is awaited by mistake would be called.
    if (typeof name !== "string" || NOT_METHODS.has(name)) return undefined;
    return (...args) => how(target, [Symbol.for(name), ...args]);
  },
  apply: (_, __, args) => how(target, args),
  has: () => true,
});

function send(target, args) {
  const there = follow(hush(target));
  if (there?.captp) return there.captp.send(there.handle, args);
  call(target, args).catch(quiet);
}

/** `E(ref).method(..)`, `E(ref)(..)`: a promise of what it gives. */
export const E = (target) => methods(target, call);
/** The same, if nobody wants to know. */
E.sendOnly = (target) => methods(target, send);
/** `E.get(promise).key`: a part of what it will be. */
E.get = (target) => new Proxy(quiet, { get: (_, key) => (typeof key === "string" && key !== "then" ? part(target, key) : undefined) });
E.when = (target, kept, broken) => Promise.resolve(target).then(kept, broken);
Object.freeze(E);
