//! A vat from the outside: what a page or a program asks of it.
import { Table, isRef, readTable } from "./ref.js";
import { decode, encode } from "./value.js";

/** A call that did not settle with a value. `why.type` says how: `timeout`, `noproc`, `exit`, .. */
export class CallFailed extends Error {
  constructor(why) {
    super(why.type === "exit" ? `exit: ${why.reason.message ?? why.reason.type}` : why.message ?? why.type);
    this.name = "CallFailed";
    this.why = why;
  }
}

export class System {
  #vat;
  #asked = new Map();
  #numbers = 0;

  /** `connect(said)` returns `{ tell(text, table), rows(), advance(ms), stop() }`. */
  constructor(connect) {
    this.#vat = connect((text, table) => this.#said(text, table));
  }

  spawn(behaviour, args, options = {}) { return this.#ask({ op: "spawn", behaviour, args, options }); }
  supervise(tree, options = {}) { return this.#ask({ op: "supervise", tree, options }); }
  send(to, message) { this.#tell({ op: "send", n: 0, to: known(to), message }); }
  call(to, message, options = {}) { return this.#ask({ op: "call", to: known(to), message, options }); }
  /** Resolves with the reason when the actor ends. */
  watch(to, options = {}) { return this.#ask({ op: "watch", to: known(to), options }); }
  exit(to, reason = "shutdown") { this.#tell({ op: "exit", n: 0, to: known(to), reason }); }

  whichChildren(of, options = {}) { return this.#askSupervisor("whichChildren", of, [], options); }
  countChildren(of, options = {}) { return this.#askSupervisor("countChildren", of, [], options); }
  startChild(of, child, options = {}) { return this.#askSupervisor("startChild", of, [child], options); }
  restartChild(of, id, options = {}) { return this.#askSupervisor("restartChild", of, [id], options); }
  terminateChild(of, id, options = {}) { return this.#askSupervisor("terminateChild", of, [id], options); }
  deleteChild(of, id, options = {}) { return this.#askSupervisor("deleteChild", of, [id], options); }

  /** One row per actor. */
  rows() { return this.#vat.rows(); }
  /** Lets time pass, in a system that was started with `manual`. */
  advance(ms) { return this.#vat.advance(ms); }
  stop() { this.#vat.stop(); }

  #askSupervisor(op, to, rest, options) {
    return this.#ask({ op, to: known(to), rest, options });
  }

  #ask(order) {
    const n = ++this.#numbers;
    const settled = new Promise((resolve, reject) => this.#asked.set(n, { resolve, reject }));
    this.#tell({ ...order, n });
    return settled;
  }

  #tell(order) {
    const table = new Table();
    const whom = order.to?.lending("link", "control");
    // The root may do all that the outside may with whom it is told to; in messages it passes on what was lent.
    this.#vat.tell(encode({ ...order, to: whom }, (ref) => table.place(ref)), table.bytes());
  }

  #said(text, bytes) {
    const refs = readTable(bytes), { n, value, failed, reason } = decode(text, (at) => refs[at]);
    const asked = this.#asked.get(n);
    this.#asked.delete(n);
    if (failed) asked?.reject(new CallFailed(failed));
    else asked?.resolve(reason ?? value);
  }
}

function known(ref) {
  if (!isRef(ref)) throw new TypeError("not a ref");
  return ref;
}
