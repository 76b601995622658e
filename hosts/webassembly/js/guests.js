//! Guests beside a kernel in one Worker: their instances, a turn on a borrowed one, and turns that take long, a slice at a time.
//!
//!     const guests = new Guests(() => kernel.exports.memory);
//!     kernel = await WebAssembly.instantiate(module, { guests: guests.imports, .. });
//!     guests.attach(kernel.exports);
//!     while (kernel.exports.pump() || guests.waiting) await guests.slices(() => !kernel.exports.pump());
//!
//! Addresses are the kernel's. A guest can't be heard here but by what its turn returns; all that this file believes of it is that.

/** What `turn` returns in place of a length when the guest trapped, of which `why` and `fuel` say more, and when it was this engine that failed. */
const TRAPPED = -0x8000_0000;
const FAULT = -0x7fff_ffff;
/** Of the compiled code of how many classes at once: each keeps a memory, of which a renderer process has about 124. */
const RESIDENT_MAX = 48;
/** In a row, of one long turn: to go over to another one moves what both have changed, and leaves more to the collector. */
const SLICES = 32;
/** Turns that are begun and wait at once; near 25,000 a renderer ends without a word. */
export const SUSPENDED_MAX = 2_000;
/** And what they may have changed, all together: for each, as much as its class's memory has. */
const HELD_MAX = 512 * 2 ** 20;
/** Of the outbox of one turn. */
const OUT_BYTES = 65_536;
/** What a turn tells when it returns, before it. */
const TOLD_BYTES = 8;
/** A store reaches at most this far beyond the granule that it is marked by. */
const SPILL = 8;

export class Guests {
  #memory;
  #exports;
  #classes = [];
  /** Classes with instances, the one used longest ago first. */
  #resident = new Set();
  /** Classes with an instance for long turns. */
  #shared = new Set();
  /** Long turns that could go on, the one that has waited longest first, and those that are not begun. */
  #ready = new Line();
  #unbegun = new Line();
  #suspended = 0;
  #held = 0;
  #isNew = false;
  /** The one whose slice is under way. */
  #running;
  /** The long turn that ran last. */
  #writing;
  /** Of the slices that are under way: how many more may follow, and who is asked before each, and told of the end. */
  #more = 0;
  #goesOn;
  #sliced;
  #failed;
  #room;

  constructor(memory) {
    this.#memory = memory;
  }

  /** For the kernel's module, as its imports from `guests`. */
  get imports() {
    const classes = this.#classes;
    return {
      load: (...builds) => this.#load(...builds),
      image: (id, to, length) => this.#bytes(to, length).set(new Uint8Array(this.#quick(this.#classes[id]).memory.buffer, 0, length)),
      keep: (id, image) => (this.#classes[id].image = image),
      prepare: (...turn) => this.#prepare(...turn),
      prepared: (id) => this.#classes[id].stateBytes,
      turn: (id, state, stateLength, message, messageLength, fuel, out, outEnd, next, told) => {
        // Why all of them by name, and all of it here: this is what a turn costs besides its own.
        const found = classes[id];
        try {
          const { turn, reset } = found.quick ?? this.#quick(found);
          const result = turn(state, stateLength, message, messageLength, fuel, out, outEnd, next, told);
          reset(found.image);
          return result;
        } catch (error) {
          return this.#trapped(found, error);
        }
      },
      // Of the turn before, which trapped: its fuel that was left, and how it went wrong.
      left: (id) => this.#classes[id].left,
      why: (id) => this.#classes[id].why,
      begin: (...turn) => this.#begin(...turn),
      cancel: (turn) => this.#cancel(turn),
    };
  }

  attach(exports) {
    this.#exports = exports;
  }

  /** How many long turns are not over, and how many of them hold a stack. */
  get waiting() {
    return this.#ready.length + this.#unbegun.length;
  }

  get suspended() {
    return this.#suspended;
  }

  static get hasStacks() {
    return typeof WebAssembly.Suspending === "function" && typeof WebAssembly.promising === "function";
  }

  #bytes(at, length) {
    return new Uint8Array(this.#memory().buffer, at, length);
  }

  /** Compiles both builds of a class. Its number; -1 if this engine does not take them, -2 if their start does not end well. */
  #load(trap, trapLength, yielding, yieldingLength, pages, shift) {
    try {
      const trapping = new WebAssembly.Module(this.#bytes(trap, trapLength).slice());
      const suspending = yieldingLength > 0 ? new WebAssembly.Module(this.#bytes(yielding, yieldingLength).slice()) : undefined;
      const found = { trapping, suspending, pages, shift, image: 0, quick: undefined, slow: undefined, begun: 0, left: 0, why: 0 };
      this.#quick(found);
      return this.#classes.push(found) - 1;
    } catch (error) {
      return error instanceof WebAssembly.RuntimeError ? -2 : -1;
    }
  }

  /**
   * A class of the same code whose memory is, before each turn, as the turn with this message leaves it. `image` copies it from here next.
   * Its number, or what `turn` says that is no length; FAULT also if the turn has changed a global, which an image does not hold.
   */
  #prepare(id, message, length, out, outEnd, next, told) {
    const found = { ...this.#classes[id], imageBytes: 0, image: 0, quick: undefined, slow: undefined, begun: 0, left: 0, why: 0 };
    const base = this.#classes[id];
    try {
      const on = this.#quick(found, base);
      const before = on.kept.map((global) => global.value);
      const result = on.turn(0, 0, message, length, 0x7fffffff, out, outEnd, next, told);
      const isSame = on.kept.every((global, index) => Object.is(global.value, before[index]));
      if (result < 0 || !isSame) {
        this.#forget(found);
        return isSame ? result : FAULT;
      }
      on.dirty.value = 0n;
      found.imageBytes = on.memory.buffer.byteLength;
      found.stateBytes = result;
      return this.#classes.push(found) - 1;
    } catch (error) {
      if (found.quick) {
        base.left = found.quick.fuel.value;
        base.why = why(found.quick.why.value, error);
      }
      this.#forget(found);
      return ended(error);
    }
  }

  #forget(found) {
    this.#resident.delete(found);
  }

  /** The instance that short turns run on: they never overlap. `of`: the class whose image is its first one, if it is not its own. */
  #quick(found, of = found) {
    if (found.quick) return found.quick;
    if (this.#resident.size >= RESIDENT_MAX) {
      const [oldest] = this.#resident;
      this.#resident.delete(oldest);
      oldest.quick = undefined;
    }
    const { exports } = new WebAssembly.Instance(found.trapping, { peerd: { memory: memoryOf(found), kernel: this.#memory() } });
    restore(exports, of, this.#memory());
    this.#resident.add(found);
    const { __turn: turn, __reset: reset, __fuel: fuel, __why: why, __dirty: dirty, memory } = exports;
    // What a reset gives the values that they had at first.
    const kept = Object.keys(exports).filter((name) => /^__(g\d+|pages)$/.test(name)).map((name) => exports[name]);
    found.quick = { turn, reset, memory, fuel, why, dirty, kept };
    return found.quick;
  }

  /** Nothing may leave a turn as an exception: it would unwind the kernel. */
  #trapped(found, error) {
    const on = found.quick;
    if (!on) return FAULT;
    found.left = on.fuel.value;
    found.why = why(on.why.value, error);
    on.reset(found.image);
    return ended(error);
  }

  /** A turn that did not end in the short way begins anew here. What it is given stays where it is told until its end is. */
  #begin(turn, id, state, stateLength, message, messageLength, capLow, capHigh, slice) {
    const found = this.#classes[id];
    const cap = (capHigh >>> 0) * 2 ** 32 + (capLow >>> 0);
    this.#unbegun.push({ turn, found, given: [state, stateLength, message, messageLength], cap, slice, granted: 0, kept: undefined, go: undefined });
  }

  /** 1 if that is the end of it; else its end is told, soon. */
  #cancel(turn) {
    const isIt = (long) => long.turn === turn;
    if (this.#unbegun.remove(isIt)) return 1;
    const begun = this.#running && isIt(this.#running) ? this.#running : this.#ready.find(isIt);
    if (begun) begun.cap = 0;
    return 0;
  }

  /**
   * Slices of the long turn that has waited longest: a promise of their end. Between two of them, in which other microtasks have their turn,
   * `goesOn` is called; they end when it says false. What a slice leaves to the collector comes back as pauses for all actors of the thread,
   * so that most of a hundred thousand a second make nothing new.
   */
  slices(goesOn) {
    // In turns, so that what waits to be begun keeps nobody from going on.
    this.#isNew = !this.#isNew;
    const long = (this.#isNew || this.#ready.length === 0 ? this.#next() : undefined) ?? this.#ready.shift();
    if (!long) return undefined;
    if (!long.found.suspending || !Guests.hasStacks) return void this.#end(long, TRAPPED, 0, -1);
    const on = long.found.slow ?? this.#slow(long);
    if (!on) return undefined;
    on.admit(long);
    this.#write(long);
    this.#running = long;
    this.#more = SLICES - 1;
    this.#goesOn = goesOn;
    return new Promise((resolve, reject) => {
      this.#sliced = resolve;
      this.#failed = reject;
      if (long.go) this.#resume(long);
      else this.#start(long, on);
    });
  }

  /** Of those that are not begun the one that has waited longest and that there is room for. */
  #next() {
    if (this.#suspended >= SUSPENDED_MAX) return undefined;
    const fits = ({ found }) => this.#held + bytesOf(found) <= HELD_MAX;
    const { first } = this.#unbegun;
    return first && fits(first) ? this.#unbegun.shift() : this.#unbegun.remove(fits);
  }

  /** Whether this turn, whose slice is over, goes on with a whole one at once. Nothing may be thrown: its guest would catch it. */
  #goesOnNow(long) {
    try {
      if (this.#more === 0 || !this.#goesOn()) return false;
    } catch (error) {
      this.#failed(error);
      return false;
    }
    // Not before: whoever was asked may have ended it.
    if (long.cap - long.granted < long.slice) return false;
    this.#more -= 1;
    long.granted += long.slice;
    return true;
  }

  /** `go` is called with the fuel of its next slice. */
  #paused(long, go) {
    this.#running = undefined;
    long.go = go;
    this.#ready.push(long);
    this.#sliced();
  }

  #over(long, on, result, why) {
    this.#running = undefined;
    this.#suspended -= 1;
    this.#held -= bytesOf(long.found);
    long.found.begun -= 1;
    this.#writing = undefined;
    this.#end(long, result, why, on.left);
    on.vacate();
    this.#sliced();
  }

  /** The instance for its class, if there is room for one more: else it waits until another class needs its own no more. */
  #slow(long) {
    if (this.#shared.size >= RESIDENT_MAX) {
      const idle = [...this.#shared].find((found) => found.begun === 0);
      if (!idle) return void this.#unbegun.push(long);
      this.#shared.delete(idle);
      idle.slow = undefined;
    }
    try {
      const ask = { goesOn: (turn) => this.#goesOnNow(turn), paused: (turn, go) => this.#paused(turn, go) };
      long.found.slow = new Slow(long.found, this.#memory(), ask);
      this.#shared.add(long.found);
    } catch {
      this.#end(long, FAULT, 0, 0);
    }
    return long.found.slow;
  }

  #start(long, on) {
    this.#suspended += 1;
    this.#held += bytesOf(long.found);
    long.found.begun += 1;
    long.granted = Math.min(long.slice, long.cap);
    const { told, out, outEnd, next } = this.#place;
    on.turn(...long.given, long.granted, out, outEnd, next, told).then(
      (result) => this.#over(long, on, result, 0),
      (error) => this.#over(long, on, ended(error), why(on.why, error)),
    );
  }

  #resume(long) {
    // Killed only like this: what is thrown can be caught by the guest, and a trap can't.
    const grant = Math.max(0, Math.min(long.slice, long.cap - long.granted));
    long.granted += grant;
    const { go } = long;
    long.go = undefined;
    go(grant);
  }

  /** Of the long turns only the one that runs has what it asked for in the kernel's room for it; the others have theirs with them. */
  #write(long) {
    const before = this.#writing;
    if (before === long) return;
    const { out } = this.#place;
    const length = before ? before.found.slow.outEnd(before) - out : 0;
    if (before) before.asked = length > 0 ? this.#bytes(out, length).slice() : undefined;
    if (long.asked) this.#bytes(out, long.asked.length).set(long.asked);
    this.#writing = long;
  }

  #end(long, result, why, left) {
    const used = long.granted - left;
    this.#exports.guests_ended(long.turn, result, why, left < 0 ? 1 : 0, used % 2 ** 32 | 0, Math.floor(used / 2 ** 32));
  }

  /** Where long turns write, which stays where it is. */
  get #place() {
    if (this.#room) return this.#room;
    const told = this.#exports.guests_room();
    const out = told + TOLD_BYTES;
    this.#room = { told, out, outEnd: out + OUT_BYTES, next: out + OUT_BYTES };
    return this.#room;
  }
}

/** The one instance of a class on which long turns run. All of them are suspended but one, and what they changed is with them. */
class Slow {
  #exports;
  #memory;
  #globals;
  #found;
  #out;
  #tenant;

  constructor(found, kernel, { goesOn, paused }) {
    const pause = (go) => paused(this.#tenant, go);
    let whole;
    let slice;
    const wait = () => {
      const long = this.#tenant;
      if (!goesOn(long)) return new Promise(pause);
      // The same promise for all: a stack that waits for it goes on in the next microtask.
      if (slice !== long.slice) [slice, whole] = [long.slice, Promise.resolve(long.slice)];
      return whole;
    };
    const imports = { peerd: { memory: memoryOf(found), kernel, yield: new WebAssembly.Suspending(wait) } };
    this.#exports = new WebAssembly.Instance(found.suspending, imports).exports;
    restore(this.#exports, found, kernel);
    this.#found = found;
    this.turn = WebAssembly.promising(this.#exports.__turn);
    this.#memory = new Uint8Array(this.#exports.memory.buffer);
    this.#globals = Object.values(this.#exports).filter((value) => value instanceof WebAssembly.Global);
    this.#out = this.#globals.indexOf(this.#exports.__out);
  }

  get why() {
    return this.#exports.__why.value;
  }

  get left() {
    return this.#exports.__fuel.value;
  }

  /** Where what this turn has asked for so far ends. */
  outEnd(long) {
    return this.#tenant === long ? this.#exports.__out.value : long.kept.globals[this.#out];
  }

  /** Makes this turn the one whose bytes are here. */
  admit(long) {
    if (this.#tenant === long) return;
    if (this.#tenant) this.#leave(this.#tenant);
    this.#tenant = long;
    const { kept } = long;
    if (!kept) return;
    for (const { here, there } of kept.pieces) here.set(there);
    for (let index = 0; index < this.#globals.length; index += 1) this.#globals[index].value = kept.globals[index];
  }

  #leave(long) {
    const dirty = this.#exports.__dirty.value;
    if (long.kept?.dirty !== dirty) long.kept = { dirty, pieces: this.#pieces(dirty), globals: [] };
    const { kept } = long;
    for (const { here, there } of kept.pieces) there.set(here);
    for (let index = 0; index < this.#globals.length; index += 1) kept.globals[index] = this.#globals[index].value;
    // Its turn is not over, but what it has marked is known: that is all that has to be put back.
    this.#exports.__out_end.value = 0;
    this.#exports.__reset(this.#found.image);
  }

  /** The one that was here is over. */
  vacate() {
    this.#tenant = undefined;
    this.#exports.__reset(this.#found.image);
  }

  /** What the bits of `__dirty` stand for, neighbours together: each piece of this memory, and room for its bytes elsewhere. */
  #pieces(dirty) {
    const piece = ([from, to]) => ({ here: this.#memory.subarray(from, to), there: new Uint8Array(to - from) });
    return this.#ranges(dirty).map(piece);
  }

  #ranges(dirty) {
    const { shift } = this.#found;
    const end = this.#memory.length;
    const ranges = [];
    for (let half = 0; half < 2; half += 1) {
      let bits = Number(BigInt.asUintN(32, dirty >> BigInt(32 * half)));
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits = (bits & (bits - 1)) >>> 0;
        const from = (half * 32 + bit) * 2 ** shift;
        const to = Math.min(from + 2 ** shift + SPILL, end);
        const last = ranges.at(-1);
        if (last && last[1] >= from) last[1] = to;
        else if (from < end) ranges.push([from, to]);
      }
    }
    return ranges;
  }
}

const { port1: arrival, port2: departure } = new MessageChannel();
const hopping = [];
arrival.onmessage = () => hopping.shift()();

/**
 * A task of its own: what waits for the event loop has its turn. One channel for all, for to make one takes longer than a hop.
 * Not `scheduler.postTask`, a third shorter: behind a row of those Firefox keeps timers waiting without end, and Chromium for a while.
 */
export function hop() {
  return new Promise((resolve) => {
    hopping.push(resolve);
    departure.postMessage(0);
  });
}

/** A new instance's memory is its class's, which differs from what instantiation leaves if the class was prepared. */
function restore(exports, found, kernel) {
  if (!found.imageBytes) return;
  new Uint8Array(exports.memory.buffer).set(new Uint8Array(kernel.buffer, found.image, found.imageBytes));
}

/** A trap is the guest's own end. Anything else, a stack of the engine that is full, is not its doing. */
function ended(error) {
  return error instanceof WebAssembly.RuntimeError ? TRAPPED : FAULT;
}

/** How a turn went wrong: what the guest's own `__why` says in the low byte, and above it which trap this engine calls it. */
function why(own, error) {
  const words = String(error?.message);
  const trap = TRAPS.findIndex((known) => known.test(words));
  return own | (trap + 1) << 8;
}

/** In the words of V8 and of SpiderMonkey, most telling first. */
const TRAPS = [/unreachable/, /indirect call|signature|null function|undefined element/, /out of bounds|index/, /zero|overflow|unrepresentable|integer/];

const bytesOf = ({ pages }) => pages * 65_536;

/** Of one instance: as large from the beginning as it gets. */
function memoryOf({ pages }) {
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** First in, first out. */
class Line {
  #items = [];
  #head = 0;

  get length() {
    return this.#items.length - this.#head;
  }

  get first() {
    return this.#items[this.#head];
  }

  push(item) {
    this.#items.push(item);
  }

  shift() {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1_024) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  find(is) {
    return this.#items.find((item) => item && is(item));
  }

  remove(is) {
    const at = this.#items.findIndex((item) => item && is(item));
    return at < 0 ? undefined : this.#items.splice(at, 1)[0];
  }
}
