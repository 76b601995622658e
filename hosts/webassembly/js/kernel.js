//! Guests beside a kernel whose glue is a module: its imports from `guests`, by name, and the loop that runs their long turns.
//!
//!     const exports = await init(..);
//!     attach(exports, slices_ran);
import { Guests, hop } from './guests.js';

// So long at a time: then the event loop has its turn.
const SPELL_MS = 4;

let kernel;
let told;
let isUnderWay = false;

const guests = new Guests(() => kernel.memory);
const { begin: start, ...imports } = guests.imports;

export const { load, image, keep, prepare, prepared, turn, left, why, cancel } = imports;

export function begin(...turn) {
  start(...turn);
  if (isUnderWay) return;
  isUnderWay = true;
  // Not within the kernel's own call. What breaks here is the Worker's end, and said by whoever hears of that.
  Promise.resolve().then(run);
}

/** `ran` is called when turns may have ended. */
export function attach(exports, ran) {
  kernel = exports;
  told = ran;
  guests.attach(exports);
}

/** What waits for the kernel in this thread runs between two slices: the kernel's own tasks are promises, too. */
async function run() {
  while (guests.waiting > 0) {
    const end = performance.now() + SPELL_MS;
    const goesOn = () => performance.now() < end;
    while (guests.waiting > 0 && goesOn()) await guests.slices(goesOn);
    told();
    await hop();
  }
  isUnderWay = false;
}
