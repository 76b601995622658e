//! Refs: what an actor may reach. They come from the kernel, by spawn, in a message or as an endowment; nothing else makes one.

const KEY = Symbol("ref");
const BYTES = 16;

/** Rights beyond send and watch that a ref keeps in a message, if they are named. */
const RIGHTS = { link: 1, control: 2 };

let bytesOf, bear, lendsOf;

/** By what only this class gives: a prototype can be borrowed. */
export let isRef;

export class Ref {
  #bytes;
  #born;
  #lends = 0;

  constructor(key, bytes, born, lends = 0) {
    if (key !== KEY) throw new TypeError("a ref can't be made: it comes by spawn, in a message or as an endowment");
    this.#bytes = bytes;
    this.#born = born;
    this.#lends = lends;
  }

  /** The same ref; put in a message it keeps these rights too, as far as it has them. */
  lending(...rights) {
    const lends = rights.reduce((all, right) => {
      if (!Object.hasOwn(RIGHTS, right)) throw new TypeError(`there is no right ${right}: link, control`);
      return all | RIGHTS[right];
    }, this.#lends);
    return new Ref(KEY, this.#bytes, this.#born, lends);
  }

  /** Whether both name the same actor. */
  equals(other) {
    if (!isRef(other)) return false;
    const mine = this.#bytes, theirs = other.#bytes;
    if (!mine || !theirs) return this.#born !== undefined && this.#born === other.#born;
    // Rights do not count: a lent ref is found among one's own. Bytes 2 and 3 are they.
    return mine.every((byte, at) => at === 2 || at === 3 || byte === theirs[at]);
  }

  toJSON() {
    throw new TypeError("a ref travels in messages and in state, not in text");
  }

  static {
    isRef = (value) => typeof value === "object" && value !== null && #bytes in value;
    bytesOf = (ref) => ref.#bytes;
    lendsOf = (ref) => ref.#lends;
    bear = (ref, bytes) => {
      if (bytes) ref.#bytes = bytes;
      return ref.#born;
    };
  }
}

/** A ref of an actor that this turn spawns: its bytes come when the turn has returned. */
export const unborn = (number) => new Ref(KEY, undefined, number);

/** The kernel's answer to a turn that spawned. */
export function deliver(spawned, bytes) {
  spawned.forEach((ref, at) => bear(ref, bytes.slice(at * BYTES, (at + 1) * BYTES)));
}

/** The refs in a table of the kernel's. */
export function readTable(bytes) {
  const refs = [];
  for (let at = 0; at < bytes.length; at += BYTES) refs.push(new Ref(KEY, bytes.slice(at, at + BYTES)));
  return refs;
}

/** A table for the kernel: places are given out as refs are put in. `spawned` are this turn's. */
export class Table {
  #refs = [];

  place(ref) {
    return this.#refs.push(ref) - 1;
  }

  bytes(spawned = []) {
    const bytes = new Uint8Array(this.#refs.length * (BYTES + 1));
    this.#refs.forEach((ref, at) => {
      const start = at * (BYTES + 1), known = bytesOf(ref);
      bytes[start] = lendsOf(ref) << 4;
      if (known) return bytes.set(known, start + 1);
      const number = bear(ref);
      if (!spawned[number]) throw new TypeError("a ref of an actor that was never spawned: its turn failed");
      bytes[start] |= 1;
      new DataView(bytes.buffer).setUint32(start + 1, number, true);
    });
    return bytes;
  }
}
