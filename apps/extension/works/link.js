//! What a page of ours says to the vat, and is shown by it: over the panels' channel, see docs/protocol.md.

// Who keeps the vat may still be starting.
const AGAIN_MS = 300;

export class Link {
  #channel = new BroadcastChannel('peerd');
  #heard = false;
  #seen = {};
  #waiting = new Map();
  // What was wished before the vat was there to hear it.
  #early = [];

  /** `seen`: `works(list)`, and `news(work, news)`. */
  constructor(seen) {
    this.#seen = seen;
    this.#channel.onmessage = ({ data }) => this.#hear(JSON.parse(data).update);
  }

  /** Resolves when the vat has answered for the first time. */
  async begin() {
    while (!this.#heard) {
      // A service worker that is just starting may not answer.
      chrome.runtime.sendMessage({ ensure: 'host' }).catch(() => {});
      this.#say(null, { op: 'list' });
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }

  wish(work, wish) {
    if (this.#heard) this.#say(work, wish);
    else this.#early.push([work, wish]);
  }

  #say(work, wish) {
    this.#channel.postMessage(JSON.stringify({ command: { Work: { work, wish } } }));
  }

  /** The same, for a wish that is answered with its token. */
  asked(work, wish) {
    const token = crypto.randomUUID();
    this.wish(work, { ...wish, token });
    return new Promise((answered) => this.#waiting.set(token, answered));
  }

  #hear(update) {
    if (update?.Works) {
      this.#heard = true;
      for (const [work, wish] of this.#early.splice(0)) this.#say(work, wish);
      this.#seen.works(update.Works.works);
    } else if (update?.Work) {
      const { work, news } = update.Work;
      const token = typeof news.made === 'string' ? news.made : news.token;
      if (this.#waiting.has(token)) {
        this.#waiting.get(token)({ work, news });
        this.#waiting.delete(token);
      }
      this.#seen.news(work, news);
    } else if (update?.Unopened) {
      this.#heard = true;
      this.#seen.problem(`peerd could not be opened: ${update.Unopened.why}`);
    }
  }
}
