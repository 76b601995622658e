//! A frame that a page of ours shows, and whose port is the vat's: the other half of `Elsewhere` in boxes.js.
import { Frame } from './frame.js';

const PING_MS = 1_000;

export class Shown {
  /** What the vat is told to show it by. */
  name = crypto.randomUUID();
  #channel = new BroadcastChannel(`peerd.frame.${this.name}`);
  #frame = null;
  #release;
  #clock;

  /** `parent` is where it is put; `gone` is told why it is no more. Resolves when the vat may be asked. */
  static async ready(parent, title, gone) {
    const shown = new Shown();
    shown.#channel.onmessage = ({ data }) => shown.#heard(data, parent, title, gone);
    await new Promise((held) => {
      navigator.locks.request(`peerd.frame.${shown.name}`, () => {
        held();
        return new Promise((release) => (shown.#release = release));
      });
    });
    return shown;
  }

  #heard({ open, in: data, end }, parent, title, gone) {
    if (open) this.#open(open, parent, title, gone);
    else if (end) this.end();
    else this.port?.postMessage(data);
  }

  #open({ kind, ticket }, parent, title, gone) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    port1.onmessage = ({ data }) => this.#channel.postMessage({ out: data });
    const over = (why) => {
      this.#channel.postMessage({ gone: why });
      this.end();
      gone(why);
    };
    this.#frame = new Frame({ kind, ticket, port: port2, parent, title, gone: over });
    this.#clock = setInterval(() => this.#frame.look(), PING_MS);
  }

  end() {
    clearInterval(this.#clock);
    this.#frame?.end();
    this.#channel.close();
    this.#release?.();
  }
}
