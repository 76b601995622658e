// The port to the service worker. That one may be killed at any moment: what it had not answered is then lost, and said so.

// A service worker without events is stopped after 30 s.
const ALIVE_MS = 20_000;
const AGAIN_MS = 100;
const LOST = { err: { kind: 'lost', text: 'the service worker ended before it answered' } };

export class Link {
  #port = null;
  #calls = 0;
  #waiting = new Map();
  #heard;

  // `heard` is given what happens in the browser: {event}, {recorded}, {all_sites}.
  constructor(heard) {
    this.#heard = heard;
    this.#open();
    setInterval(() => this.#post({ alive: true }), ALIVE_MS);
  }

  // `answered` is called once; without it no answer is wanted.
  ask(op, answered) {
    if (!answered) return void this.#post({ op });
    this.#calls += 1;
    const id = this.#calls;
    this.#waiting.set(id, answered);
    if (!this.#post({ id, op })) this.#settle(id, LOST);
  }

  // What only the service worker knows about this installation.
  async about() {
    for (;;) {
      const answer = await new Promise((answered) => this.ask({ op: 'about' }, answered));
      if (!answer.err) return answer;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }

  #open() {
    const port = chrome.runtime.connect({ name: 'host' });
    this.#port = port;
    port.onMessage.addListener((message) => {
      if (message.id === undefined) this.#heard(message);
      else this.#settle(message.id, message.answer);
    });
    port.onDisconnect.addListener(() => this.#lost());
  }

  #lost() {
    // Chrome says why here, and logs an error when nobody reads it.
    void chrome.runtime.lastError;
    this.#port = null;
    for (const id of this.#waiting.keys()) this.#settle(id, LOST);
    setTimeout(() => this.#open(), AGAIN_MS);
  }

  #settle(id, answer) {
    const answered = this.#waiting.get(id);
    this.#waiting.delete(id);
    answered?.(answer);
  }

  #post(message) {
    try {
      this.#port.postMessage(message);
      return true;
    } catch {
      return false;
    }
  }
}
