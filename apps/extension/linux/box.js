//! One life of a machine, from outside: the frame of an opaque origin that its emulator runs in, its jobs with their limits, and its end. Nothing in
//! it can outlast `end`, and what comes out of it is a stranger's until it is looked at.
import { NO_MESSAGE, line, news } from '../host/judge.js';
import { emulator } from './images.js';

/** Limits of a command, unless it is given others. */
export const LIMITS = { timeMs: 30_000, outputMax: 1 << 20 };
// The code of what was ended by a kill, as shells have it: 128 and the signal's number.
const KILLED = 137;
// How much of a job's output may be under way to us.
const WINDOW = 65_536;
// A command that is killed is gone within this, or the machine is.
const KILL_MS = 10_000;
const PING_MS = 2_000;
// On two busy cores a guest may take seconds to answer; one that takes so long is hung.
const SILENT_MS = 20_000;
const BOOT_MS = 180_000;
const PAGE = new URL('../sandbox.html', import.meta.url);
// Limits: of what comes out of the frame within one second. What jobs say is bounded by what was credited them, requests by their answers.
const SECOND_BYTES_MAX = 16 << 20;
const SECOND_MESSAGES_MAX = 20_000;
// Limit: requests under way; its proxy has 12 connections, each with one.
const ASKS_MAX = 64;
// What a job's owner is told where the emulator has words of its own: those are for people, in the page of the machine.
const BROKE = 'the machine broke';
// By the order: the field of its answer.
const ANSWERS = { ping: 'memory', save: 'saved', log: 'log' };

export class Box {
  /** Why it ended; null while it lives. */
  ended = null;
  memory = 0;
  #frame = document.createElement('iframe');
  #port;
  #control;
  #second = { since: 0, bytes: 0, messages: 0 };
  #jobs = new Map();
  #numbered = 0;
  #calls = new Map();
  #called = 0;
  #onend;
  #asked;
  // What its programs ask for, by the proxy's number: how it is stopped.
  #asks = new Map();
  #heard = performance.now();
  #watch;
  #ready;
  #late;

  // `image`: what the machine boots from; with a `state`, what it goes on from. `asked(request, answer)`: a program of it asks for
  // something; `answer` takes `head`, `piece`, `end` and `fail`, and what is given back stops it. Without it, each is refused.
  constructor(image, { onend = () => {}, asked = refuse } = {}) {
    this.#onend = onend;
    this.#asked = asked;
    this.#ready = Promise.withResolvers();
    this.#ready.promise.catch(() => {});
    // Until it has obeyed once: that it is ready a resumed one says by itself, whatever its kernel does.
    this.#late = setTimeout(() => this.end('it did not start in time'), BOOT_MS);
    this.#begin(image).catch((error) => this.end(`the emulator did not start: ${error?.message ?? error}`));
  }

  // An opaque origin has no address: all that it needs is handed over, and what is large is moved and not copied.
  async #begin(image) {
    const loaded = new Promise((done) => (this.#frame.onload = done));
    Object.assign(this.#frame, { sandbox: 'allow-scripts', src: PAGE, title: 'Linux' });
    this.#frame.style.cssText = 'position: absolute; width: 0; height: 0; border: 0; visibility: hidden';
    document.body.append(this.#frame);
    const [{ script, wasm, proxy }] = await Promise.all([emulator(), loaded]);
    if (this.ended) return;
    const [inner, control] = [new MessageChannel(), new MessageChannel()];
    [this.#port, this.#control] = [inner.port1, control.port1];
    this.#port.onmessage = ({ data }) => this.#judged(data);
    this.#port.onmessageerror = () => this.end(NO_MESSAGE);
    this.#control.onmessage = ({ data }) => (typeof data?.gone === 'string' ? this.end(line(data.gone), BROKE) : this.end(NO_MESSAGE));
    this.#control.onmessageerror = () => this.end(NO_MESSAGE);
    this.#frame.contentWindow.postMessage({ script, machine: true }, '*', [inner.port2, control.port2]);
    // Another document in it is none of ours.
    this.#frame.onload = () => this.end('its frame went to another page');
    // What it boots from may be another one's, too.
    this.#order('begin', { image, wasm, proxy }, [wasm, proxy, image.state?.bytes].filter(Boolean));
  }

  #judged(data) {
    if (this.ended) return;
    const now = performance.now(), read = news(data);
    if (now - this.#second.since > 1_000) this.#second = { since: now, bytes: 0, messages: 0 };
    this.#second.messages += 1;
    this.#second.bytes += read?.size ?? 0;
    if (!read) this.end(NO_MESSAGE);
    else if (this.#second.bytes > SECOND_BYTES_MAX || this.#second.messages > SECOND_MESSAGES_MAX) this.end('it sent too much at a time');
    else this.#said(read.said);
  }

  /** Resolves when it obeys; rejects when it ended before. */
  async ready() {
    await this.#ready.promise;
    this.#order('clock');
    await this.ping();
    clearTimeout(this.#late);
    this.#watch ??= setInterval(() => this.#look(), PING_MS);
  }

  async ping() {
    const { memory, failed } = await this.#call('ping');
    if (failed) throw new Error(failed);
    this.memory = memory;
  }

  /** All of it as bytes, and what a later life needs to go on with them. Refused while a job is under way. */
  async save() {
    const { saved, failed } = await this.#call('save');
    if (failed) throw new Error(failed);
    return saved;
  }

  /** What its kernel said last. */
  async log() {
    return (await this.#call('log')).log;
  }

  /** Starts a job whose pieces its caller takes one by one: `out`, `err`, and `exit(code, why)` once. */
  start({ kind = 'shell', where, what, who, columns, rows }, { out, err = out, exit }) {
    const job = (this.#numbered += 1);
    this.#jobs.set(job, { out, err, exit });
    if (this.ended) this.#over(job, KILLED, this.ended);
    else this.#order('run', { job, kind, where, what, who, columns, rows, credit: WINDOW });
    return {
      stdin: (bytes) => this.#order('stdin', { job, bytes: bytes && Uint8Array.from(bytes) }),
      resize: (columns, rows) => this.#order('resize', { job, columns, rows }),
      // So many bytes of what was told are done with.
      took: (bytes) => this.#order('credit', { job, bytes }),
      kill: () => this.#kill(job),
    };
  }

  /** Runs a job to its end: `{exit, why, out, err}`; `why` says what ended it when it did not end by itself. */
  run(what, { stdin, timeMs = LIMITS.timeMs, outputMax = LIMITS.outputMax, stopped } = {}) {
    return new Promise((done) => {
      const said = { out: [], err: [] };
      let bytes = 0;
      let why = null;
      let late;
      const stop = (reason) => {
        why ??= reason;
        job.kill();
      };
      const keep = (which) => (piece) => {
        const room = Math.max(0, outputMax - bytes);
        if (room) said[which].push(piece.subarray(0, room));
        bytes += piece.length;
        if (bytes > outputMax) stop(`it said more than ${outputMax} bytes`);
        else job.took(piece.length);
      };
      const job = this.start(what, {
        out: keep('out'),
        err: keep('err'),
        exit: (exit, reason) => {
          clearTimeout(late);
          // The word of its own end crossed that of its kill: nothing of it is lost, unless it had said too much.
          if (exit !== KILLED && bytes <= outputMax) why = null;
          done({ exit, why: why ?? reason ?? null, out: joined(said.out), err: joined(said.err) });
        },
      });
      late = setTimeout(() => stop(`it took longer than ${timeMs} ms`), timeMs);
      stopped?.addEventListener('abort', () => stop('it was stopped'));
      if (stopped?.aborted) stop('it was stopped');
      if (stdin) job.stdin(stdin);
      if (what.kind !== 'console') job.stdin(null);
    });
  }

  /** At once, and whatever it is doing. `told`: what its jobs are ended with. */
  end(why, told = why) {
    if (this.ended) return;
    this.ended = why;
    clearInterval(this.#watch);
    clearTimeout(this.#late);
    this.#control?.postMessage('end');
    this.#port?.close();
    this.#frame.remove();
    this.#ready.reject(new Error(why));
    for (const { reject } of this.#calls.values()) reject(new Error(why));
    this.#calls.clear();
    for (const stop of this.#asks.values()) stop?.();
    this.#asks.clear();
    for (const job of [...this.#jobs.keys()]) this.#over(job, KILLED, told);
    this.#onend(why);
  }

  /** How many are under way. */
  jobs() {
    return this.#jobs.size;
  }

  #kill(job) {
    const known = this.#jobs.get(job);
    if (!known || known.killing) return;
    this.#order('kill', { job });
    known.killing = setTimeout(() => this.end('a command in it could not be stopped'), KILL_MS);
  }

  #over(job, code, why) {
    const known = this.#jobs.get(job);
    this.#jobs.delete(job);
    clearTimeout(known.killing);
    known.exit(code, why);
  }

  #said(said) {
    this.#heard = performance.now();
    const known = this.#jobs.get(said.job);
    if (said.broken !== undefined) this.end(said.broken, BROKE);
    else if (said.ready) this.#ready.resolve();
    else if (said.call !== undefined) this.#answered(said);
    else if (said.asked) this.#ask(said.asked);
    else if (said.abort !== undefined) this.#unasked(said.abort);
    else if (!known) return;
    else if (said.out) known.out(said.out);
    else if (said.err) known.err(said.err);
    else {
      if (said.why) known.err(new TextEncoder().encode(`${said.why}\n`));
      this.#over(said.job, said.exit);
    }
  }

  #ask({ ask, ...request }) {
    if (this.#asks.has(ask) || this.#asks.size >= ASKS_MAX) return this.end('it asked for too much at a time');
    const say = (what) => this.#asks.has(ask) && this.#order('answer', { ask, ...what });
    const last = (what) => (say(what), this.#asks.delete(ask));
    const answer = {
      head: (status, headers) => say({ head: { status, headers } }),
      piece: (piece) => say({ piece }),
      end: () => last({ end: true }),
      fail: (status, why) => last({ fail: { status, why } }),
    };
    this.#asks.set(ask, null);
    const stop = this.#asked(request, answer);
    if (this.#asks.has(ask)) this.#asks.set(ask, stop);
  }

  #unasked(ask) {
    const stop = this.#asks.get(ask);
    this.#asks.delete(ask);
    stop?.();
  }

  #look() {
    if (performance.now() - this.#heard > SILENT_MS) this.end('it did not answer');
    else this.ping().catch(() => {});
  }

  #order(order, with_ = {}, transfer = []) {
    if (!this.ended) this.#port.postMessage({ order, ...with_ }, transfer);
  }

  #call(order) {
    if (this.ended) return Promise.reject(new Error(this.ended));
    const call = (this.#called += 1);
    const settle = Promise.withResolvers();
    this.#calls.set(call, { order, ...settle });
    this.#order(order, { call });
    return settle.promise;
  }

  #answered(said) {
    const known = this.#calls.get(said.call);
    if (!known) return;
    if (said[ANSWERS[known.order]] === undefined && said.failed === undefined) return this.end(NO_MESSAGE);
    this.#calls.delete(said.call);
    known.resolve(said);
  }
}

const refuse = (_, answer) => answer.fail(403, 'nobody gave this machine a network');

function joined(pieces) {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
