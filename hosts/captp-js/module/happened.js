//! What the endpoint tells: noted while it tells, acted on when it has returned.
import { Stack } from "./values.js";

export class Happened extends Stack {
  #events = [];

  /** All since the last time, each a name and what belongs to it. */
  take() {
    return this.#events.splice(0);
  }

  send(conn, bytes) { this.#events.push(["send", conn, bytes]); }
  dial(dial, url) { this.#events.push(["dial", dial, url]); }
  close(conn) { this.#events.push(["close", conn]); }
  deliver(object, length, resolver) { this.#events.push(["deliver", object, this.popMany(length), resolver]); }
  fulfilled(promise) { this.#events.push(["fulfilled", promise, this.pop()]); }
  broken(promise) { this.#events.push(["broken", promise, this.pop()]); }
  brokenBy(promise, kind, why) { this.#events.push(["brokenBy", promise, kind, why]); }
  dropped(object) { this.#events.push(["dropped", object]); }
}
