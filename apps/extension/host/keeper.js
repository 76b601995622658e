//! The Worker's keeper: a Worker that trapped, or says nothing for too long, is ended, and a new one reads the store again.
import { Patience } from './patience.js';

const PING_MS = 1_000;
// A Worker that breaks at once must not be replaced in a tight circle: each time the rest is twice as long.
const REST_MS = 500;
const REST_MAX_MS = 30_000;
// So many in a row are told to its owner; one that ran for so long ends the row.
const BROKEN_MAX = 4;
const WELL_MS = 30_000;
// Limit: of what is said while the vat starts. A person's clicks are dozens, the browser's events hundreds.
const EARLY_MAX = 2_000;
const EARLY_CHARS_MAX = 32 << 20;

export class Keeper {
  #worker = null;
  #ready = false;
  #early = [];
  #earlyChars = 0;
  #patience;
  #refused = null;
  #resting = null;
  // Workers that broke, one after the other, and since when this one runs.
  #broken = 0;
  #since = 0;
  #link;
  #boot;
  #told;
  #boxes;
  #linux;

  // `boxes`: the frames that the vat asks for; they end with it. `linux` has the machine, which outlives it. `boot` makes the vat's first message; `told` is given why there is no vat.
  constructor(link, boxes, linux, boot, told) {
    this.#boxes = boxes;
    this.#linux = linux;
    linux.join((message) => this.tell(message));
    this.#told = told;
    this.#link = link;
    this.#boot = boot;
    setInterval(() => this.#watch(), PING_MS);
  }

  async start() {
    const worker = new Worker('worker.js', { type: 'module', name: 'vat' });
    this.#worker = worker;
    this.#since = performance.now();
    this.#ready = false;
    this.#patience = new Patience();
    worker.addEventListener('message', ({ data }) => (typeof data === 'string' ? this.#said(worker, JSON.parse(data)) : this.#box(worker, data)));
    worker.addEventListener('error', (event) => this.#replace(worker, event.message ?? 'its script did not load'));
    const boot = await this.#boot();
    worker.postMessage(JSON.stringify({ boot }));
  }

  // Nobody runs the vat until `again`.
  stop() {
    this.#boxes.closeAll();
    this.#linux.left();
    clearTimeout(this.#resting);
    this.#worker?.terminate();
    this.#worker = null;
    this.#ready = false;
  }

  // The store is read again, also when it could not be opened before.
  again() {
    this.stop();
    this.#refused = null;
    this.#broken = 0;
    this.start();
  }

  // What happens in the browser and what panels want, for a vat that may be starting. False: nobody will hear it.
  tell(message) {
    if (this.#refused) {
      this.#told(this.#refused);
      return false;
    }
    const text = JSON.stringify(message);
    if (this.#ready) this.#worker.postMessage(text);
    else if (this.#early.length >= EARLY_MAX || this.#earlyChars + text.length > EARLY_CHARS_MAX) return false;
    else {
      this.#early.push(text);
      this.#earlyChars += text.length;
    }
    return true;
  }

  #said(worker, message) {
    if (this.#worker !== worker) return;
    this.#patience.spoke(message.busy_ms);
    if (message.trap) this.#replace(worker, message.trap);
    else if (message.refused) this.#refuse(message.refused);
    else if (message.ready) this.#begin(message.journal);
    else if (message.op) this.#ask(worker, message);
    else if (message.linux) this.#machine(worker, message);
  }

  // A frame with its port, or the end of one.
  #box(worker, message) {
    if (this.#worker !== worker) return;
    if (message.close) this.#boxes.close(message.close);
    else this.#boxes.open(message);
  }

  // Nothing is begun anew in silence: panels are told why, each time that one asks.
  #refuse(why) {
    console.error(`the vat did not start: ${why}`);
    this.#worker.terminate();
    this.#worker = null;
    this.#refused = why;
    [this.#early, this.#earlyChars] = [[], 0];
    this.#told(why);
  }

  #begin(identity) {
    this.#ready = true;
    // Where it may not be evicted without its owner's doing, it is not. Asked once there is something to lose.
    navigator.storage.persist?.();
    this.#link.ask({ op: 'journal_opened', identity }, null);
    for (const text of this.#early) this.#worker.postMessage(text);
    [this.#early, this.#earlyChars] = [[], 0];
  }

  // An answer goes to the Worker that asked; one that is gone took its calls with it.
  #ask(worker, { id, op }) {
    const answered = (answer) => worker.postMessage(JSON.stringify({ id, answer }));
    this.#link.ask(op, id === undefined ? null : answered);
  }

  async #machine(worker, { id, linux }) {
    const answer = await this.#linux.asked(linux);
    if (id !== undefined) worker.postMessage(JSON.stringify({ id, answer: answer ?? {} }));
  }

  #watch() {
    const worker = this.#worker;
    if (!worker) return;
    if (this.#patience.isOver(performance.now())) this.#replace(worker, 'it does not answer');
    else worker.postMessage('{"ping":1}');
  }

  #replace(worker, why) {
    if (this.#worker !== worker) return;
    console.error(`the vat's Worker is replaced: ${why}`);
    worker.terminate();
    this.#boxes.closeAll();
    this.#linux.left();
    this.#worker = null;
    this.#ready = false;
    this.#broken = performance.now() - this.#since < WELL_MS ? this.#broken + 1 : 1;
    if (this.#broken >= BROKEN_MAX) this.#told(`It broke ${this.#broken} times in a row: ${why}`);
    this.#resting = setTimeout(() => this.start(), Math.min(REST_MS * 2 ** (this.#broken - 1), REST_MAX_MS));
  }
}
