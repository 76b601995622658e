//! What its owner does with all that the vat keeps: carries a copy away, puts one in its place, begins anew, reads its past and goes back
//! in it. A Worker of its own reads and writes the files, so that it can be done when the vat can't be opened.

const CHANNEL = 'peerd.files';
const AGAIN_MS = 100;

export class Files {
  #keeper;
  #link;
  #channel = new BroadcastChannel(CHANNEL);
  // One wish after the other.
  #last = Promise.resolve();

  constructor(keeper, link) {
    this.#keeper = keeper;
    this.#link = link;
    this.#channel.onmessage = ({ data }) => {
      this.#last = this.#last.then(() => this.#heard(data));
    };
  }

  async #heard({ wish, file, actor, place }) {
    const work = {
      copy: () => this.#copy(),
      restore: () => this.#restore(file),
      anew: () => this.#replace({}),
      again: () => this.#keeper.again(),
      history: () => this.#work('history', { actor }),
      back: () => this.#back(actor, place),
    }[wish];
    if (!work) return;
    try {
      this.#channel.postMessage({ done: wish, result: await work(), actor });
    } catch (error) {
      this.#channel.postMessage({ failed: wish, actor, text: String(error?.message ?? error) });
    }
  }

  async #copy() {
    return new Blob([await this.#work('copy')]);
  }

  async #restore(file) {
    const folder = unused();
    const identity = await working({ work: 'restore', bytes: await file.arrayBuffer(), folder });
    await this.#replace({ identity, folder });
  }

  // Nobody writes meanwhile, and whoever reads what is kept reads it again.
  async #back(actor, place) {
    this.#keeper.stop();
    try {
      return await this.#work('back', { actor, place });
    } finally {
      this.#keeper.again();
    }
  }

  async #work(work, wish = {}) {
    const journal = await this.#asked({ op: 'journal' });
    return working({ work, journal, ...wish });
  }

  // The old files are as they were until the new ones are the vat's, and then lie aside.
  async #replace({ identity, folder = unused() }) {
    this.#keeper.stop();
    try {
      const { gone } = await this.#asked({ op: 'journal_replaced', identity, folder });
      const root = await navigator.storage.getDirectory();
      // Not there any more, or held for a moment: it is only in the way.
      if (gone) await root.removeEntry(gone, { recursive: true }).catch(() => {});
    } finally {
      this.#keeper.again();
    }
  }

  // A service worker that ended meanwhile is asked again: it does this once.
  async #asked(op) {
    for (;;) {
      const answer = await new Promise((answered) => this.#link.ask(op, answered));
      if (!answer.err) return answer;
      if (answer.err.kind !== 'lost') throw new Error(answer.err.text);
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

const unused = () => `peerd-${crypto.randomUUID().slice(0, 8)}`;

function working(wish) {
  const worker = new Worker('worker.js', { type: 'module', name: 'files' });
  const done = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.failed === undefined ? resolve(data.done) : reject(new Error(data.failed)));
    worker.onerror = (event) => reject(new Error(event.message ?? 'its script did not load'));
  });
  worker.postMessage(wish);
  return done.finally(() => worker.terminate());
}
