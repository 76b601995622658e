//! The Linux machine of this browser: started when somebody first needs it, ended by its owner or by what it does, and then started anew.
//! The vat asks for commands and files; pages have consoles, which are their owner's. What their programs ask of the network goes to the vat.
import { about } from '../linux/images.js';
import { start } from '../linux/start.js';

const CHANNEL = 'peerd.linux';
// The larger one, where this build carries it and this computer has room for it.
const IMAGES = ['large', 'small'];
// Limit: effects whose results are remembered, so that one is never done twice.
const EFFECTS_MAX = 64;
// Limit: bytes of what a command says; a model is told a part of that.
const OUTPUT_MAX = 256 << 10;
const FILE_MAX = 1 << 20;
// The line of all consoles, see core/agent/src/actors/linux.rs.
const TERMINAL = 'linux terminal';
// Limit: origins that were asked for in vain, and are offered to the terminal's owner; of a command, are told its caller.
const REFUSED_MAX = 8;

export class Linux {
  #channel = new BroadcastChannel(CHANNEL);
  #box = null;
  #starting = null;
  // By the effect's id: its promise, and what stops it.
  #effects = new Map();
  #consoles = new Map();
  #state = { phase: 'off' };
  // Who speaks for the network of a command or of the consoles, by name: `{who, asks, origins, refused}`.
  #lines = new Map();
  #asked = 0;
  #vat = () => false;
  #works = {
    run: (what, effect) => this.#command(what, effect),
    put: (what, effect) => this.#put(what, effect),
    get: (what, effect) => this.#get(what, effect),
  };

  constructor() {
    this.#channel.onmessage = ({ data }) => this.#page(data);
    this.#line(TERMINAL);
  }

  /** `tell` gives the vat a message, and answers whether it is taken. */
  join(tell) {
    this.#vat = tell;
  }

  /** The vat is gone, and with it whoever answers. */
  left() {
    for (const [name, line] of this.#lines) {
      this.#unasked(line, 'peerd starts again');
      if (name === TERMINAL) line.origins = [];
    }
    this.#tell();
  }

  /** What the vat asks, answered once. */
  async asked({ op, effect, begun, ...what }) {
    try {
      switch (op) {
        case 'ready':
          await this.#machine();
          return {};
        case 'run':
        case 'put':
        case 'get':
          return await this.#once(effect, begun, () => this.#works[op](what, effect));
        case 'answer':
          return this.#answered(what);
        case 'granted':
          return this.#granted(what);
        case 'no_line':
        case 'line_over':
          return this.#lineOver(what.line);
        case 'line':
          return undefined;
        case 'stop':
          return this.#effects.get(effect)?.stopping.abort();
        case 'end':
          return this.#box?.end('its owner ended it');
        default:
          return failed(`the Linux machine knows no ${op}`);
      }
    } catch (error) {
      return failed(error.message);
    }
  }

  async #command({ command, folder, stdin, time_ms, line: name }, effect) {
    const line = this.#line(name);
    try {
      const { exit, why, out, err } = await this.#run({ what: command, where: folder, who: line.who }, effect, { stdin: stdin && bytes(stdin), timeMs: time_ms });
      return { exit, why, out: text(out), err_text: text(err), refused: line.refused };
    } finally {
      this.#lineOver(name);
    }
  }

  async #put({ path, content }, effect) {
    const { exit, why, err } = await this.#run({ kind: 'put', what: path }, effect, { stdin: bytes(content) });
    return { exit, why, err_text: text(err) };
  }

  async #get({ path }, effect) {
    const { exit, why, out, err } = await this.#run({ kind: 'get', what: path }, effect, { outputMax: FILE_MAX });
    const whole = exact(out);
    return { exit, why, out: whole ?? '', binary: whole === null, err_text: text(err) };
  }

  async #run(what, effect, limits) {
    const box = await this.#machine();
    const stopped = this.#effects.get(effect).stopping.signal;
    const running = box.run(what, { outputMax: OUTPUT_MAX, timeMs: 30_000, ...limits, stopped });
    this.#tell();
    const result = await running;
    this.#tell();
    return result;
  }

  // What was asked before is not done again: its result is told again. What had begun in a life of which nothing is left is unknown.
  #once(effect, begun, work) {
    const known = this.#effects.get(effect);
    if (known) return known.result;
    if (begun) return { unknown: true };
    const kept = { stopping: new AbortController() };
    this.#effects.set(effect, kept);
    kept.result = work().finally(() => (kept.isOver = true));
    // The oldest that is over: one that is under way can still be stopped.
    const oldest = [...this.#effects].find(([, { isOver }]) => isOver);
    if (this.#effects.size > EFFECTS_MAX && oldest) this.#effects.delete(oldest[0]);
    return kept.result;
  }

  /** One that obeys. */
  async #machine() {
    if (this.#box && !this.#box.ended) return this.#box;
    this.#starting ??= this.#start().finally(() => (this.#starting = null));
    return this.#starting;
  }

  async #start() {
    let less;
    for (const name of IMAGES) {
      try {
        const image = await about(name);
        if (!image) continue;
        const is = { image: name, memory_mb: image.memory_mb, less };
        this.#tell({ phase: 'starting', ...is });
        const { box, how, ms, bytes } = await start(name, {
          onend: (why) => this.#tell({ phase: 'ended', why }),
          asked: (request, answer) => this.#ask(request, answer),
        });
        this.#box = box;
        this.#tell({ phase: 'running', ...is, how, ms: Math.round(ms), bytes });
        return box;
      } catch (error) {
        less = `the ${name} machine did not start: ${error.message}`;
      }
    }
    const why = less ?? 'this build of peerd carries no Linux machine';
    this.#tell({ phase: 'ended', why });
    throw new Error(why);
  }

  // ---- the network --------------------------------------------------------------------------------------------------------

  // Its programs say who they are by a word that nobody else in the machine was told.
  #line(name) {
    const known = this.#lines.get(name);
    if (known) return known;
    const secret = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const line = { name, who: `${name.replace(/[^\w-]/g, '_')}:${secret}`, asks: new Map(), origins: [], refused: [] };
    this.#lines.set(name, line);
    return line;
  }

  #ask({ credentials, method, url, headers, body }, answer) {
    const line = [...this.#lines.values()].find(({ who }) => who === credentials);
    if (!line) return answer.fail(403, 'the command that it was granted to has ended');
    const number = (this.#asked = (this.#asked % 0x7fff_0000) + 1);
    line.asks.set(number, answer);
    if (!this.#say(line, { Ask: { number, method, url, headers, body: base64(body) } })) {
      line.asks.delete(number);
      return answer.fail(503, 'peerd starts again');
    }
    return () => {
      if (line.asks.delete(number)) this.#say(line, { Abort: { number } });
    };
  }

  // False: nobody hears it.
  #say({ name }, say) {
    return this.#vat({ line: { name, say } });
  }

  #answered({ line: name, ask, head, piece, end, fail, refused }) {
    const line = this.#lines.get(name);
    const answer = line?.asks.get(ask);
    if (!answer) return;
    if (refused) this.#refused(line, refused);
    if (head) answer.head(head.status, head.headers);
    if (piece) answer.piece(Uint8Array.from(atob(piece), (char) => char.charCodeAt(0)));
    if (end || fail) line.asks.delete(ask);
    if (end) answer.end();
    if (fail) answer.fail(fail.status, fail.why);
  }

  // The newest last.
  #refused(line, origin) {
    line.refused = [...line.refused.filter((known) => known !== origin), origin].slice(-REFUSED_MAX);
    if (line.name === TERMINAL) this.#tell();
  }

  #granted({ line: name, origins }) {
    const line = this.#lines.get(name);
    if (!line) return;
    line.origins = origins;
    line.refused = line.refused.filter((origin) => !origins.includes(origin));
    if (name === TERMINAL) this.#tell();
  }

  #lineOver(name) {
    const line = this.#lines.get(name);
    if (!line) return;
    if (name !== TERMINAL) this.#lines.delete(name);
    this.#unasked(line, 'the command that it was granted to has ended');
  }

  #unasked(line, why) {
    for (const answer of line.asks.values()) answer.fail(502, why);
    line.asks.clear();
  }

  // ---- pages --------------------------------------------------------------------------------------------------------------

  #page({ hello, console: id, ...what }) {
    if (hello) this.#tell();
    else if (what.open) this.#open(id, what.open);
    else this.#consoles.get(id)?.(what);
  }

  async #open(id, { columns, rows }) {
    const say = (what) => this.#channel.postMessage({ console: id, ...what });
    // What is done to it before it is there.
    const early = [];
    this.#consoles.set(id, (what) => early.push(what));
    try {
      const box = await this.#machine();
      const job = box.start({ kind: 'console', what: '', who: this.#line(TERMINAL).who, columns, rows }, {
        out: (piece) => say({ said: piece }),
        exit: (code, why) => {
          this.#consoles.delete(id);
          say({ ended: why ?? 'The shell has ended.' });
          this.#tell();
        },
      });
      const obey = ({ typed, size, took, close }) => {
        if (typed) job.stdin(typed);
        if (size) job.resize(size.columns, size.rows);
        if (took) job.took(took);
        if (close) job.kill();
      };
      for (const what of early) obey(what);
      this.#consoles.set(id, obey);
      // A page that is gone lets go of its lock, however it went.
      navigator.locks.request(`${CHANNEL}.${id}`, () => this.#consoles.get(id)?.({ close: true }));
      this.#tell();
    } catch (error) {
      this.#consoles.delete(id);
      say({ ended: error.message });
    }
  }

  // Everybody who looks is told how it stands.
  #tell(state = this.#state) {
    this.#state = state;
    const jobs = this.#box && !this.#box.ended ? this.#box.jobs() : 0;
    const { origins, refused } = this.#lines.get(TERMINAL);
    this.#channel.postMessage({ state: { ...state, origins, refused, jobs, consoles: this.#consoles.size, memory: this.#box?.memory ?? 0 } });
  }
}

const failed = (text) => ({ err: { kind: 'linux', text } });
const bytes = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder().decode(bytes);

function base64(bytes) {
  let chars = '';
  for (let at = 0; at < bytes.length; at += 0x8000) chars += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(chars);
}

function exact(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
