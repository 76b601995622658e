//! Which number is which object: those of this realm that others have, and those of others that this realm has.
import { Presence, home, isFar, settle } from "./far.js";

export class Refs {
  #captp;
  #endpoint;
  /** Objects of ours that somebody may have, by number and back. */
  #objects = new Map();
  #numbers = new Map();
  #next = 1;
  /** Of others: weak, so that what nobody here refers to is given back. */
  #theirs = new Map();
  #collected = new FinalizationRegistry(({ handle, weak }) => {
    // A presence that was made again for the same number owns it now.
    if (this.#theirs.get(handle) !== weak) return;
    this.#theirs.delete(handle);
    this.#endpoint.release(handle);
    this.#captp.wake();
  });

  constructor(captp, endpoint) {
    this.#captp = captp;
    this.#endpoint = endpoint;
  }

  /** The number of an object of this realm, from when it is first given away. */
  number(object) {
    let number = this.#numbers.get(object);
    if (number === undefined) {
      number = this.#next++;
      this.#objects.set(number, object);
      this.#numbers.set(object, number);
    }
    return number;
  }

  object(number) {
    return this.#objects.get(number);
  }

  drop(number) {
    this.#numbers.delete(this.#objects.get(number));
    this.#objects.delete(number);
  }

  get count() {
    return { given: this.#objects.size, had: this.#theirs.size };
  }

  presence(handle) {
    const known = this.#theirs.get(handle)?.deref();
    if (known) return known;
    const presence = new Presence(), weak = new WeakRef(presence);
    settle(presence, { captp: this.#captp, handle });
    this.#theirs.set(handle, weak);
    this.#collected.register(presence, { handle, weak }, presence);
    return presence;
  }

  /** The object is given back at once. Calls of it fail from now on. */
  release(presence) {
    const there = home(presence);
    if (there?.captp !== this.#captp || !this.#theirs.delete(there.handle)) return;
    this.#collected.unregister(presence);
    this.#endpoint.release(there.handle);
    this.#captp.wake();
  }

  /** Of something that can be called, to the endpoint. */
  push(value) {
    const there = home(value);
    if (there?.captp === this.#captp) return this.#endpoint.push_handle(there.handle);
    // Of this realm, or of another endpoint in it: then it is passed on from here.
    if (isFar(value) || value instanceof Presence) return this.#endpoint.push_object(this.number(value));
    this.#endpoint.push_handle(this.#captp.promising(value));
  }
}
