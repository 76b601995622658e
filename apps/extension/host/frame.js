//! One frame for code that was not written by us: an opaque origin that has nothing but a port, watched for signs of life, and taken away at once.
import { NO_MESSAGE, carried, line, tight } from './judge.js';

// A frame that does not answer for so long: its process is gone, or all of it is stuck.
const SILENCE_MS = 8_000;
const ASLEEP_MS = 3_000;
const PAGE = 'sandbox.html';
// Whose code runs in the frame's own document: what comes out of it is judged here. A notebook's code has a Worker, which the frame's script judges.
const IN_DOCUMENT = new Set(['app']);
// Megabytes that are needed now and then: not kept between.
const LARGE = new Set(['assembly']);
// Limits: of one message, and of what comes within a second, and within ten: what goes on like that keeps the vat busy for nothing.
const MESSAGE_MAX = 1 << 20;
const LIMITS = [
  { ms: 1_000, bytes: 4 << 20, messages: 1_000 },
  { ms: 10_000, bytes: 10 << 20, messages: 5_000 },
];
// Limit: frames that an app makes in its own. Each costs the browser's process, too, which all pages share.
const FRAMES_MAX = 64;
const COUNT_MS = 100;

const parts = new Map();

// What a frame can't fetch by itself.
function guest(kind) {
  const known = parts.get(kind);
  if (known) return known;
  const files = Promise.all([fetch(`guest/${kind}.js`).then((it) => it.text()), fetch('guest/endpoint_bg.wasm').then((it) => it.arrayBuffer())]);
  const loaded = files.then(([script, wasm]) => ({ script, wasm, here: IN_DOCUMENT.has(kind) }));
  if (LARGE.has(kind)) return loaded;
  parts.set(kind, loaded);
  // The next one asks anew.
  loaded.catch(() => parts.delete(kind));
  return loaded;
}

/** Frames within it, and within those, up to one more than `most`: what every page may know of every other. */
function count(window, most) {
  const all = [window];
  for (const next of all) {
    for (let at = 0; at < next.length && all.length <= most + 1; at++) all.push(next[at]);
  }
  return all.length - 1;
}

/** Counts what comes in each such time: may this one come, too? */
function within(most) {
  let since = -Infinity, bytes = 0, messages = 0;
  return (now, size) => {
    if (now - since > most.ms) [since, bytes, messages] = [now, 0, 0];
    bytes += size;
    messages += 1;
    return bytes <= most.bytes && messages <= most.messages;
  };
}

export class Frame {
  #frame = document.createElement('iframe');
  #control = null;
  // Questions that were not answered yet.
  #asked = 0;
  #inner = null;
  #counting;
  #heard = performance.now();
  #looked = performance.now();
  #gone;
  #isOver = false;

  /** `port` is all that it has. `gone` is told why it is no more, unless it is ended from here. */
  constructor({ kind, ticket, port, parent = document.body, title = 'sandbox', gone }) {
    this.#gone = gone;
    this.#frame.sandbox = 'allow-scripts';
    this.#frame.src = PAGE;
    this.#frame.title = title;
    this.#open(kind, ticket, port, parent);
  }

  async #open(kind, ticket, port, parent) {
    const loaded = new Promise((done, fail) => {
      this.#frame.onload = done;
      this.#frame.onerror = fail;
    });
    parent.append(this.#frame);
    try {
      const [given] = await Promise.all([guest(kind), loaded]);
      if (this.#isOver) return;
      const { port1, port2 } = new MessageChannel();
      this.#control = port1;
      port1.onmessage = ({ data }) => this.#answered(data, given.here);
      port1.onmessageerror = () => this.#end(NO_MESSAGE);
      const inner = given.here ? this.#judged(port) : port;
      // An opaque origin has no name to address: there is nobody else in this frame.
      this.#frame.contentWindow.postMessage({ ...given, ticket }, '*', [inner, port2]);
      // Another document in it is none of ours.
      if (!given.here) return;
      this.#frame.onload = () => this.#end('it went to another page');
      this.#counting = setInterval(() => {
        if (count(this.#frame.contentWindow, FRAMES_MAX) > FRAMES_MAX) this.#end(`it made more than ${FRAMES_MAX} frames`);
      }, COUNT_MS);
    } catch (error) {
      this.#end(`its frame did not load: ${error?.message ?? error}`);
    }
  }

  /** What comes by the control port: one answer for each question; and why a Worker was ended, from a script of ours that has its document to itself. */
  #answered(data, here) {
    if (data === 'pong' && this.#asked > 0) {
      this.#asked -= 1;
      this.#heard = performance.now();
    } else if (!here && typeof data?.gone === 'string') this.#end(line(data.gone));
    else this.#end(NO_MESSAGE);
  }

  /** The port's other end for a frame: what comes out of that goes no further when it is too much. */
  #judged(port) {
    const { port1, port2 } = new MessageChannel();
    this.#inner = port1;
    const fits = LIMITS.map(within);
    port1.onmessage = ({ data }) => {
      const now = performance.now(), size = carried(data);
      if (size === null && data !== null && data !== 1 && data !== 2) return this.#end(NO_MESSAGE);
      if (size > MESSAGE_MAX) return this.#end('it sent a message that is too large');
      if (!fits.every((fits) => fits(now, size ?? 0))) return this.#end('it sent too much at a time');
      port.postMessage(size === null ? data : tight(data));
    };
    port1.onmessageerror = () => this.#end(NO_MESSAGE);
    port.onmessage = ({ data }) => port1.postMessage(data);
    return port2;
  }

  // Each second or so.
  look() {
    const now = performance.now();
    const slept = now - this.#looked > ASLEEP_MS;
    this.#looked = now;
    if (slept || !this.#control) this.#heard = now;
    if (now - this.#heard > SILENCE_MS) this.#end('it does not answer any more: its process ended, or its code never ends');
    else this.#ask();
  }

  #ask() {
    if (!this.#control) return;
    this.#asked += 1;
    this.#control.postMessage('ping');
  }

  #end(why) {
    if (this.#isOver) return;
    this.end();
    this.#gone(why);
  }

  end() {
    this.#isOver = true;
    clearInterval(this.#counting);
    this.#inner?.close();
    this.#control?.postMessage('end');
    this.#control?.close();
    this.#frame.remove();
  }
}
