//! What a page of ours says to the vat, and is shown by it: over the panels' channel, see docs/protocol.md.

// Who keeps the vat may still be starting.
const AGAIN_MS = 300;
// An app that is made one file is started for that. What was asked of a vat that is gone is answered by nobody.
const ANSWER_MS = 60_000;

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

  /** The same, for a wish that is answered with its token. Null: nothing came of it, and that is shown. */
  asked(work, wish) {
    const token = crypto.randomUUID();
    this.wish(work, { ...wish, token });
    return new Promise((answered) => {
      const late = setTimeout(() => {
        this.#settle(token, null);
        this.#seen.problem('peerd did not answer. Try it again.');
      }, ANSWER_MS);
      this.#waiting.set(token, { work, answered, late });
    });
  }

  #settle(token, answer) {
    const waits = this.#waiting.get(token);
    if (!waits) return;
    this.#waiting.delete(token);
    clearTimeout(waits.late);
    waits.answered(answer);
  }

  #hear(update) {
    if (update?.Works) {
      this.#heard = true;
      for (const [work, wish] of this.#early.splice(0)) this.#say(work, wish);
      this.#seen.works(update.Works.works);
    } else if (update?.Work) {
      const { work, news } = update.Work;
      const token = typeof news.made === 'string' ? news.made : news.token;
      this.#settle(token, { work, news });
      if (news.problem || news.deleted) for (const [token, waits] of this.#waiting) if (waits.work === work) this.#settle(token, null);
      this.#seen.news(work, news);
    } else if (update?.Unopened) {
      this.#heard = true;
      this.#seen.problem(`peerd could not be opened: ${update.Unopened.why}`);
    }
  }
}
