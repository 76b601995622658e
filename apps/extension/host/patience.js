//! How long silence may last. Only an unanswered ping counts, and only time in which we were awake ourselves: hidden pages
//! are woken once a minute, machines sleep.

const SILENCE_MS = 5_000;
// Loading the Worker's scripts on a busy machine.
const START_MS = 60_000;
// A gap this long between two looks means that we slept.
const ASLEEP_MS = 3_000;

export class Patience {
  #limit = START_MS;
  #pinged = null;
  #looked = null;

  // Something was said: from now on the usual patience, or as much as it asked for.
  spoke(busyMs = SILENCE_MS) {
    this.#pinged = null;
    this.#limit = busyMs;
  }

  // To be asked each time before a ping: is it over?
  isOver(now) {
    const slept = this.#looked !== null && now - this.#looked > ASLEEP_MS;
    this.#looked = now;
    if (this.#pinged === null || slept) this.#pinged = now;
    return now - this.#pinged > this.#limit;
  }
}
