//! Frames for code that was not written by us: made when the vat asks, here, where nobody sees them, or in the page that shows them.
import { Frame } from './frame.js';

const PING_MS = 1_000;

export class Boxes {
  #frames = new Map();
  #tell;

  // `tell` is given `{gone: {number, why}}`.
  constructor(tell) {
    this.#tell = tell;
    setInterval(() => {
      for (const frame of this.#frames.values()) frame.look();
    }, PING_MS);
  }

  open({ box: number, page, ...wanted }) {
    const gone = (why) => {
      if (!this.#frames.delete(number)) return;
      this.#tell({ gone: { number, why } });
    };
    this.#frames.set(number, page ? new Elsewhere({ ...wanted, page, gone }) : new Frame({ ...wanted, gone }));
  }

  close(number) {
    this.#frames.get(number)?.end();
    this.#frames.delete(number);
  }

  // Nobody is there any more to whom they belong.
  closeAll() {
    for (const number of [...this.#frames.keys()]) this.close(number);
  }
}

/** A frame in a page of ours, see `shown.js`: its bytes go over a channel of the page's name. */
class Elsewhere {
  #channel;
  #port;
  #isOver = false;

  constructor({ kind, ticket, port, page, gone }) {
    const channel = new BroadcastChannel(`peerd.frame.${page}`);
    [this.#channel, this.#port] = [channel, port];
    channel.onmessage = ({ data: { out, gone: why } }) => {
      if (why !== undefined) {
        this.end();
        gone(why);
      } else if (out !== undefined) port.postMessage(out);
    };
    port.onmessage = ({ data }) => channel.postMessage({ in: data });
    channel.postMessage({ open: { kind, ticket } });
    // A page that is gone lets go of its lock, however it went.
    navigator.locks.request(`peerd.frame.${page}`, () => {
      if (this.#isOver) return;
      this.end();
      gone('its page was closed');
    });
  }

  // Its page looks after it.
  look() {}

  end() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#channel.postMessage({ end: true });
    this.#channel.close();
    this.#port.close();
  }
}
