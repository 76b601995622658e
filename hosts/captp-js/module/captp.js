//! CapTP in a page, a sandbox or a Worker: refs to objects that are elsewhere, called with `E`.
//!
//!     const captp = await open();
//!     const ticket = captp.offer(Far("bank", { open: () => purse() }));     // here
//!     sandbox.postMessage({ port, ticket }, "*", [port]);  captp.connect(other);
//!
//!     const bank = (await open()).connect(port).fetch(ticket);              // there
//!     const purse = E(bank).open();  await E(purse).deposit(10);            // one round trip
import init, { Endpoint, initSync } from "./endpoint.js";
import { E } from "./eventual.js";
import { Far, Presence, apply, home, isFar, settle } from "./far.js";
import { Happened } from "./happened.js";
import * as netlayers from "./netlayers.js";
import { Refs } from "./refs.js";
import { Broken, Sturdyref, Tagged, write } from "./values.js";

export { Broken, E, Far, Presence, Sturdyref, Tagged };

const WASM = new URL("./endpoint_bg.wasm", import.meta.url);
let ready;

async function load() {
  const isNode = globalThis.process?.versions?.node !== undefined;
  const source = isNode ? (await import("node:fs/promises")).readFile(WASM) : WASM;
  await init({ module_or_path: await source });
}

/** `module`: what `WebAssembly.compile` gave, for who can't fetch it beside this file. */
export async function open({ module } = {}) {
  if (module) initSync({ module });
  else await (ready ??= load());
  return new CapTP(crypto.getRandomValues(new Uint8Array(64)));
}

class CapTP {
  #endpoint;
  #refs;
  #happened;
  /** Promises that came in a value, of which nobody has asked to hear yet. */
  #unheard = [];
  #conns = new Map();
  #lastConn = 0;
  /** Promises that the machine will settle: what resolves ours. */
  #open = new Map();
  #isAwake = false;
  #isActing = false;
  #timer;

  constructor(seed) {
    this.#happened = new Happened({
      object: (number) => this.#refs.object(number),
      presence: (handle) => this.#refs.presence(handle),
      promise: (handle) => this.#heard(handle),
    });
    this.#endpoint = new Endpoint(this.#happened, seed);
    this.#refs = new Refs(this, this.#endpoint);
  }

  /** The other end of the port is another CapTP's. Each side connects its own end. */
  connect(port, { silentMs } = {}) {
    const conn = ++this.#lastConn;
    this.#join(conn, netlayers.port(port, {
      bytes: (bytes) => this.#hear(conn, bytes),
      closed: () => this.#lost(conn),
    }, { silentMs }));
    this.#endpoint.connected(Date.now(), conn);
    this.wake();
    return Object.freeze({
      fetch: (ticket) => this.#asked(() => this.#endpoint.fetch(conn, ticket)),
      close: (why = "closed") => {
        this.#endpoint.abort(conn, why);
        this.wake();
      },
      sizes: () => {
        const [exports, imports, questions, answers] = this.#endpoint.sizes(conn) ?? [0, 0, 0, 0];
        return { exports, imports, questions, answers };
      },
    });
  }

  /** Whoever has the ticket may have the object, over any connection of this CapTP. */
  offer(object) {
    if (!isFar(object)) throw new TypeError("only far objects can be offered");
    return this.#endpoint.offer(this.#refs.number(object));
  }

  /** A ticket is good no more; who has the object has it still. */
  withdraw(ticket) {
    this.#endpoint.withdraw(ticket);
    this.wake();
  }

  /** The object that an `ocapn:` URI names, over the network. */
  enliven(sturdyref) {
    // A dial's deadline counts from the time that was told last.
    this.#endpoint.tick(Date.now());
    return this.#asked(() => this.#endpoint.enliven(sturdyref instanceof Sturdyref ? sturdyref.uri : String(sturdyref)));
  }

  /** Gives an object back before the collector would. */
  release(presence) {
    this.#refs.release(presence);
  }

  /** Sends what was said so far at once: for code that may not come back to its event loop for long. */
  flush() {
    // Within what it is doing, the rest of that comes first.
    if (this.#isActing) return;
    this.#act();
    for (const channel of this.#conns.values()) channel.flush?.();
  }

  /** How many objects others may have, and how many of others are had. */
  get counts() {
    return this.#refs.count;
  }

  /** Ends all connections. */
  stop() {
    for (const conn of this.#conns.keys()) this.#endpoint.abort(conn, "stopped");
    this.#act();
    clearTimeout(this.#timer);
  }

  // What follows is for the other files of this module.

  call(handle, args) {
    return this.#asked(() => {
      this.#push(args);
      return this.#endpoint.call(handle, args.length);
    });
  }

  send(handle, args) {
    this.#push(args);
    this.#endpoint.send(handle, args.length);
    this.wake();
  }

  part(handle, key) {
    return this.#asked(() => (/^(0|[1-9]\d{0,8})$/.test(key) ? this.#endpoint.index(handle, Number(key)) : this.#endpoint.field(handle, key)));
  }

  /** A promise for a number of the machine's; it can be called at once. */
  #promised(handle) {
    let resolve, reject;
    const promise = new Promise((...both) => ([resolve, reject] = both));
    settle(promise, { captp: this, handle });
    this.#open.set(handle, { promise, resolve, reject });
    return promise;
  }

  /** One that came in a value: the endpoint is asked when it has told all. */
  #heard(handle) {
    const known = this.#open.get(handle);
    if (known) return known.promise;
    this.#unheard.push(handle);
    return this.#promised(handle);
  }

  /** A number for a promise of this realm. */
  promising(promise) {
    const [handle, resolver] = this.#endpoint.promise();
    promise.then((value) => this.#answer(resolver, value, "fulfill"), (error) => this.#answer(resolver, error, "break_with"))
      .finally(() => this.#endpoint.release(handle));
    return handle;
  }

  /** What the machine wants is done when this turn of JavaScript is over, so that what was said together leaves together. */
  wake() {
    if (this.#isAwake) return;
    this.#isAwake = true;
    queueMicrotask(() => this.#act());
  }

  #push(args) {
    try {
      for (const arg of args) write(arg, this.#endpoint, this.#refs);
    } catch (error) {
      this.#endpoint.clear();
      throw error;
    }
  }

  #asked(ask) {
    try {
      const promise = this.#promised(ask());
      this.wake();
      return promise;
    } catch (error) {
      this.#endpoint.clear();
      return Promise.reject(error instanceof Error ? error : new Broken("refused", String(error)));
    }
  }

  #join(conn, channel) {
    this.#conns.set(conn, channel);
  }

  #hear(conn, bytes) {
    this.#endpoint.bytes(Date.now(), conn, bytes);
    this.#act();
  }

  #lost(conn) {
    this.#conns.delete(conn);
    this.#endpoint.closed(Date.now(), conn);
    this.#act();
  }

  #act() {
    this.#isAwake = false;
    for (;;) {
      this.#endpoint.tell();
      this.#unheard.splice(0).forEach((handle) => this.#endpoint.listen(handle));
      const events = this.#happened.take();
      if (events.length === 0) break;
      this.#isActing = true;
      for (const [name, ...args] of events) this.#do[name].apply(this, args);
      this.#isActing = false;
    }
    clearTimeout(this.#timer);
    const at = this.#endpoint.wake_at();
    if (at !== undefined) this.#timer = setTimeout(() => this.#tick(), Math.max(0, at - Date.now()) + 1);
  }

  #tick() {
    this.#endpoint.tick(Date.now());
    this.#act();
  }

  #do = {
    send(conn, bytes) {
      const length = bytes.length;
      this.#conns.get(conn)?.send(bytes);
      // It is the browser's from here on.
      this.#endpoint.written(Date.now(), conn, length);
    },
    dial(dial, url) {
      const conn = ++this.#lastConn;
      const failed = () => {
        this.#conns.delete(conn);
        this.#endpoint.not_dialled(Date.now(), dial);
        this.#act();
      };
      if (url === undefined) return queueMicrotask(failed);
      this.#join(conn, netlayers.socket(url, {
        opened: () => {
          this.#endpoint.dialled(Date.now(), conn, dial);
          this.#act();
        },
        failed,
        bytes: (bytes) => this.#hear(conn, bytes),
        closed: () => this.#lost(conn),
      }));
    },
    close(conn) {
      this.#conns.get(conn)?.close();
      this.#conns.delete(conn);
    },
    deliver(number, args, resolver) {
      const target = this.#refs.object(number);
      let result;
      try {
        result = target instanceof Presence ? E(target)(...args) : apply(target, args);
      } catch (error) {
        result = Promise.reject(error);
      }
      if (resolver === undefined) return Promise.resolve(result).catch(() => {});
      if (result instanceof Promise && home(result)?.captp !== this) {
        return result.then((value) => this.#answer(resolver, value, "fulfill"), (error) => this.#answer(resolver, error, "break_with"));
      }
      this.#answer(resolver, result, "fulfill");
    },
    fulfilled(handle, value) {
      this.#settled(handle, { value }, (open) => open.resolve(value));
    },
    broken(handle, value) {
      const told = value instanceof Error ? value.message : String(typeof value === "symbol" ? Symbol.keyFor(value) : value);
      this.#broken(handle, new Broken("told", told, value));
    },
    brokenBy(handle, kind, why) {
      this.#broken(handle, new Broken(kind, why));
    },
    dropped(number) {
      this.#refs.drop(number);
    },
  };

  #broken(handle, error) {
    const value = Promise.reject(error);
    value.catch(() => {});
    this.#settled(handle, { value }, (open) => open.reject(error));
  }

  #settled(handle, end, how) {
    const open = this.#open.get(handle);
    if (!open) return;
    this.#open.delete(handle);
    settle(open.promise, end);
    how(open);
    this.#endpoint.release(handle);
    this.wake();
  }

  #answer(resolver, value, how) {
    try {
      write(value, this.#endpoint, this.#refs);
    } catch (error) {
      this.#endpoint.clear();
      this.#endpoint.push_error(error.message);
      how = "break_with";
    }
    try {
      this.#endpoint[how](resolver);
    } catch (error) {
      this.#endpoint.push_error(String(error));
      this.#endpoint.break_with(resolver);
    }
    this.wake();
  }
}
