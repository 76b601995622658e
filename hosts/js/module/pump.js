//! Keeps a kernel running: turns in slices, a timer for what is due later, time from the host or as a test sets it.
import { deliver } from "./ref.js";
import { ROOT, root } from "./root.js";
import { turn } from "./turn.js";

/** Turns in one slice, and milliseconds before others on this thread have their turn. */
const SLICE_TURNS = 500;
const SLICE_MS = 8;
/** Limit of the platform's timers. */
const SLEEP_MAX_MS = 2 ** 31 - 1;

export class Pump {
  #kernel;
  #said;
  #heard = [];
  #manual;
  #now = 0;
  #began = performance.now();
  #timer;
  #later = false;
  #running = false;

  /** `said(text, table)` and `reported(report)` are called between slices. */
  constructor(Kernel, behaviours, { said, reported = console.error, manual = false, seed = Math.random() * 2 ** 52 }) {
    if (Object.hasOwn(behaviours, ROOT)) throw new TypeError(`no behaviour can be called ${ROOT}`);
    const table = { ...behaviours, [ROOT]: root };
    let spawned = [];
    this.#said = said;
    this.#manual = manual;
    const host = {
      turn: (name, head, state, message, refs) => {
        const turned = turn(table[name], head, state, message, refs);
        spawned = turned.spawned;
        return turned;
      },
      born: (refs) => deliver(spawned, refs),
      // Not at once: the kernel is busy until its slice is over. A copy: the table lies in the kernel's memory.
      said: (text, refs) => this.#heard.push([text, refs.slice()]),
      reported: (text) => reported(JSON.parse(text)),
    };
    this.#kernel = new Kernel(host, Object.keys(table), ROOT, seed);
    this.#run();
  }

  tell(text, table) {
    if (!this.#kernel.tell(this.#time(), text, table)) throw new Error("the root's mailbox is full");
    if (this.#manual) this.#run();
    else this.#soon();
  }

  rows() {
    return JSON.parse(this.#kernel.rows());
  }

  /** Manual time only: lets so many milliseconds pass, from one due thing to the next. */
  advance(ms) {
    if (!this.#manual) throw new TypeError("time is the host's: start the system with { manual: true }");
    const until = this.#now + ms;
    for (;;) {
      this.#run();
      const next = this.#kernel.wake_at;
      if (next < 0 || next > until) break;
      this.#now = Math.max(this.#now, next);
    }
    this.#now = until;
    this.#run();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#later = this.#running = true;
    this.#kernel.free();
  }

  #time() {
    return this.#manual ? this.#now : performance.now() - this.#began;
  }

  #soon() {
    if (this.#later || this.#running) return;
    this.#later = true;
    queueMicrotask(() => {
      this.#later = false;
      this.#run();
    });
  }

  #run() {
    if (this.#running) return;
    this.#running = true;
    const started = performance.now();
    let idle;
    do {
      idle = this.#kernel.run(this.#time(), SLICE_TURNS);
      for (const [text, table] of this.#heard.splice(0)) this.#said(text, table);
    } while (!idle && (this.#manual || performance.now() - started < SLICE_MS));
    this.#running = false;
    if (!this.#manual) this.#sleep(idle);
  }

  #sleep(idle) {
    clearTimeout(this.#timer);
    const due = idle ? this.#kernel.wake_at : 0;
    if (due < 0) return;
    this.#timer = setTimeout(() => this.#run(), Math.min(Math.max(0, due - this.#time()), SLEEP_MAX_MS));
  }
}
