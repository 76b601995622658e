//! Frames for code that was not written by us: made when the vat asks, each an opaque origin that has nothing but a port, and taken away at once.

const PING_MS = 1_000;
// A frame that does not answer for so long: its process is gone, or all of it is stuck.
const SILENCE_MS = 8_000;
const ASLEEP_MS = 3_000;
const PAGE = 'sandbox.html';

export class Boxes {
  #frames = new Map();
  #tell;
  #parts;

  // `tell` is given `{gone: {number, why}}`.
  constructor(tell) {
    this.#tell = tell;
    setInterval(() => this.#watch(), PING_MS);
  }

  async open({ box: number, kind, ticket, port }) {
    const frame = document.createElement('iframe');
    const box = { frame, control: null, heard: performance.now(), looked: performance.now() };
    this.#frames.set(number, box);
    frame.sandbox = 'allow-scripts';
    frame.src = PAGE;
    const loaded = new Promise((done, fail) => {
      frame.onload = done;
      frame.onerror = fail;
    });
    document.body.append(frame);
    try {
      const [{ script, wasm }] = await Promise.all([this.#guest(kind), loaded]);
      if (this.#frames.get(number) !== box) return;
      const { port1, port2 } = new MessageChannel();
      box.control = port1;
      port1.onmessage = ({ data }) => {
        box.heard = performance.now();
        if (data?.gone) this.#gone(number, String(data.gone));
      };
      // An opaque origin has no name to address: there is nobody else in this frame.
      frame.contentWindow.postMessage({ script, wasm, ticket }, '*', [port, port2]);
    } catch (error) {
      this.#gone(number, `its frame did not load: ${error?.message ?? error}`);
    }
  }

  close(number) {
    const box = this.#frames.get(number);
    if (!box) return;
    this.#frames.delete(number);
    box.control?.postMessage('end');
    box.control?.close();
    box.frame.remove();
  }

  // Nobody is there any more to whom they belong.
  closeAll() {
    for (const number of [...this.#frames.keys()]) this.close(number);
  }

  #gone(number, why) {
    if (!this.#frames.has(number)) return;
    this.close(number);
    this.#tell({ gone: { number, why } });
  }

  // What a frame can't fetch by itself.
  #guest(kind) {
    this.#parts ??= new Map();
    if (!this.#parts.has(kind)) {
      const parts = Promise.all([fetch(`guest/${kind}.js`).then((it) => it.text()), fetch('guest/endpoint_bg.wasm').then((it) => it.arrayBuffer())]);
      this.#parts.set(kind, parts.then(([script, wasm]) => ({ script, wasm })));
    }
    return this.#parts.get(kind);
  }

  #watch() {
    const now = performance.now();
    for (const [number, box] of this.#frames) {
      const slept = now - box.looked > ASLEEP_MS;
      box.looked = now;
      if (slept || !box.control) box.heard = now;
      if (now - box.heard > SILENCE_MS) this.#gone(number, 'its process ended, perhaps for want of memory');
      else box.control?.postMessage('ping');
    }
  }
}
