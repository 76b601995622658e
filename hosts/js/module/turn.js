//! One turn: your function is called with what the kernel hands over, and what it asks for of `cx` is written down.
import { Down, Exit, Reply, Start, Timer } from "./events.js";
import { Table, isRef, readTable, unborn } from "./ref.js";
import { decode, encode } from "./value.js";

const CALL_MS = 5_000;

/** What an actor can do within its turn. All of it happens when the turn returns, in order; nothing if it throws. */
export class Context {
  #asked = [];
  #table = new Table();
  #spawned = [];
  #head;
  #marks;
  #random;
  #over = false;

  constructor(head, refs) {
    this.#head = head;
    this.#marks = head.marks;
    this.#random = head.seed;
    this.self = refs[head.me];
    /** Where the call at hand is answered; undefined for a message that is no call. Send it on, keep it, or answer. */
    this.caller = head.reply === null ? undefined : refs[head.reply];
  }

  /** The turn's start in milliseconds of the vat's clock. */
  get now() { return this.#head.now; }
  get tag() { return this.#head.tag; }

  /** From 0 to 1, seeded per turn. */
  random() {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), this.#random | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  send(to, message) {
    this.#ask("send", { to: this.#place(to), ...this.#value(message) });
  }

  /** Answers the call at hand. */
  reply(value) {
    if (!this.caller) throw new TypeError("what is handled is no call");
    this.send(this.caller, value);
  }

  /** Settles once, as a `Reply` with the number that is returned. */
  call(to, message, { ms = CALL_MS } = {}) {
    return this.#mark("call", { to: this.#place(to), ...this.#value(message), ms: whole(ms) });
  }

  cancelCall(call) { this.#ask("cancelCall", { mark: call }); }

  /** The ref is good at once; what is sent to it arrives after its start. */
  spawn(behaviour, args, { label = "", link = false } = {}) {
    this.#ask("spawn", { behaviour: String(behaviour), ...this.#value(args), label, link });
    return this.#bear();
  }

  /** A supervisor with these children: see `Tree` in the types. */
  supervise(tree, { label = "", link = false } = {}) {
    this.#ask("supervise", { tree: this.#tree(tree), label, link });
    return this.#bear();
  }

  /** What a supervisor can be asked; settles as a `Reply`. */
  whichChildren(of, options) { return this.#askFor(of, { whichChildren: {} }, options); }
  countChildren(of, options) { return this.#askFor(of, { countChildren: {} }, options); }
  startChild(of, child, options) { return this.#askFor(of, { startChild: { child: this.#child(child) } }, options); }
  restartChild(of, id, options) { return this.#askFor(of, { restartChild: { id } }, options); }
  terminateChild(of, id, options) { return this.#askFor(of, { terminateChild: { id } }, options); }
  deleteChild(of, id, options) { return this.#askFor(of, { deleteChild: { id } }, options); }

  /** One `Down` when the life that is now ends, or with `identity` when the actor does not come back. Returns its number. */
  watch(ref, { identity = false } = {}) { return this.#mark("watch", { to: this.#place(ref), identity }); }
  unwatch(watch) { this.#ask("unwatch", { mark: watch }); }
  link(ref) { this.#ask("link", { to: this.#place(ref) }); }
  unlink(ref) { this.#ask("unlink", { to: this.#place(ref) }); }
  trapExits(on = true) { this.#ask("trapExits", { on }); }
  /** An exit signal; `"kill"` can't be trapped. Needs the right to control. */
  exit(ref, reason = "shutdown") { this.#ask("exit", { to: this.#place(ref), reason: String(reason) }); }

  /** Sets the timer of this key, a whole number, in place of an older one. */
  timer(key, ms) { this.#ask("timer", { key: whole(key), ms: whole(ms) }); }
  cancelTimer(key) { this.#ask("cancelTimer", { key: whole(key) }); }

  /** A tag that differs from the last one: everything deferred is handled again. */
  become(tag) { this.#ask("become", { tag: whole(tag) }); }
  /** Sets the message aside until the tag changes. */
  defer() { this.#ask("defer", {}); }
  /** Ends this life after the turn. */
  stop(reason = "normal") { this.#ask("stop", { reason: String(reason) }); }
  /** A word for people. */
  report(kind, text) { this.#ask("report", { kind: String(kind), text: String(text) }); }

  #ask(what, fields) {
    if (this.#over) throw new TypeError("this turn is over: cx is good for one turn");
    this.#asked.push({ [what]: fields });
  }

  #mark(what, fields) {
    const mark = ++this.#marks;
    this.#ask(what, { ...fields, mark });
    return mark;
  }

  #askFor(of, ask, { ms = CALL_MS } = {}) {
    return this.#mark("ask", { to: this.#place(of), ask, ms: whole(ms) });
  }

  #bear() {
    const ref = unborn(this.#spawned.length);
    this.#spawned.push(ref);
    return ref;
  }

  #place(ref) {
    if (!isRef(ref)) throw new TypeError("not a ref");
    return this.#table.place(ref);
  }

  #value(value) {
    const refs = [];
    const text = encode(value, (ref) => refs.push(this.#table.place(ref)) - 1);
    return { text, refs };
  }

  #tree({ children = [], ...flags }) {
    return { ...flags, children: children.map((child) => this.#child(child)) };
  }

  #child({ supervise, args, ...child }) {
    return supervise ? { ...child, tree: this.#tree(supervise) } : { ...child, ...this.#value(args) };
  }

  /** What the turn ended with, for the kernel. */
  finish(state) {
    const kept = this.#value(state);
    this.#over = true;
    return { text: JSON.stringify({ state: kept, commands: this.#asked }), table: this.#table.bytes(this.#spawned), spawned: this.#spawned };
  }
}

function whole(number) {
  if (!Number.isSafeInteger(number) || number < 0) throw new TypeError(`${number} is no whole number`);
  return number;
}

/** Calls `behaviour`, a function (state, message, cx) that returns the new state. */
export function turn(behaviour, headText, stateText, messageText, tableBytes) {
  const head = JSON.parse(headText), refs = readTable(tableBytes);
  try {
    const cx = new Context(head, refs);
    const state = head.state === null ? undefined : decode(stateText, (n) => refs[head.state[n]]);
    const message = decode(messageText, (n) => refs[head.refs[n]]);
    const result = behaviour(state, event(head, message, refs), cx);
    if (typeof result?.then === "function") throw new TypeError("a behaviour is synchronous: it returned a promise");
    return cx.finish(result);
  } catch (error) {
    return { text: JSON.stringify({ crash: crash(error) }), table: new Uint8Array(), spawned: [] };
  }
}

function event(head, message, refs) {
  switch (head.kind) {
    case "start": return new Start(message);
    case "message": return message;
    case "reply": return new Reply(head.mark, message, head.failed ?? undefined);
    case "down": return new Down(head.mark, refs[head.who], head.reason);
    case "exit": return new Exit(refs[head.who], head.reason);
    case "timer": return new Timer(head.key);
    default: throw new TypeError(`the kernel hands over a ${head.kind}`);
  }
}

/** The kind is the error's name; the message ends with where it was thrown. */
function crash(error) {
  if (!(error instanceof Error)) return { kind: "thrown", message: String(error) };
  const place = position(error);
  return { kind: error.name, message: place ? `${error.message} (${place})` : error.message };
}

/** File, line and column of the first place that is not in this module. */
function position({ stack = "" }) {
  const here = new URL(".", import.meta.url).href;
  const own = ["turn.js", "value.js", "ref.js", "pump.js", "root.js", "system.js", "kernel.js"].map((file) => here + file);
  for (const line of stack.split("\n")) {
    const found = /((?:\w+:\/\/)?[^\s()]+):(\d+):(\d+)\)?$/.exec(line.trim());
    if (found && !found[1].startsWith("node:") && !own.some((file) => found[1].startsWith(file))) return `${found[1].split("/").pop().split("?")[0]}:${found[2]}:${found[3]}`;
  }
  return "";
}
