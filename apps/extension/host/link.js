//! The port to the service worker. That one may be killed at any moment: what it had not answered is then lost, and said so.

// A service worker without events is stopped after 30 s.
const ALIVE_MS = 20_000;
const AGAIN_MS = 100;
const LOST = { err: { kind: 'lost', text: 'the service worker ended before it answered' } };

export class Link {
  #port = null;
  #calls = 0;
  // By number, in the order they were asked.
  #calling = new Map();
  #heard;

  // `heard` is given what happens in the browser: {event}, {recorded}, {all_sites}.
  constructor(heard) {
    this.#heard = heard;
    this.#open();
    setInterval(() => this.#post({ alive: true }), ALIVE_MS);
  }

  // `answered` is called once. Without it no answer is wanted: what is asked then can be done twice, and is asked until it was heard.
  // Between two service workers nothing is lost: it waits.
  ask(op, answered) {
    this.#calls += 1;
    const call = { message: { id: this.#calls, op }, answered, sent: false };
    this.#calling.set(this.#calls, call);
    this.#send(call);
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
    for (const call of this.#calling.values()) this.#send(call);
  }

  #send(call) {
    call.sent ||= this.#post(call.message);
  }

  #lost() {
    // Chrome says why here, and logs an error when nobody reads it.
    void chrome.runtime.lastError;
    this.#port = null;
    for (const [id, call] of this.#calling) {
      if (call.sent && call.answered) this.#settle(id, LOST);
      else call.sent = false;
    }
    setTimeout(() => this.#open(), AGAIN_MS);
  }

  #settle(id, answer) {
    const call = this.#calling.get(id);
    this.#calling.delete(id);
    call?.answered?.(answer);
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
