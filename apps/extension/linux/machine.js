//! One Linux machine: the emulator, and over it the control channel. It runs where it is made, which should be a Worker.
import { CLOCK, CREDIT, CREDITED, ERR, EXIT, FRAME_MAX, HEARD, KILL, Malformed, OPENED, OUT, PING, PONG, READY, RESIZE, RUN, Reader, STDIN, Sender, TRUST, frame, number, numbered } from './frames.js';

const KINDS = { shell: 0, console: 1, put: 2, get: 3 };
// The guest keeps so much of a job's input for itself.
const STDIN_MAX = 65_536;
// Limit: of the kernel's own words, which say why a machine did not start.
const LOG_MAX = 16_384;
const PORT = 'virtio-console1';

export class Machine {
  log = '';
  #emulator;
  #sender;
  #reader;
  #told;
  // By number: what was not sent yet, and how much the guest has room for.
  #jobs = new Map();
  #pongs = [];
  #broken = false;

  // `told` hears {ready}, {job, out|err|exit}, {opened}, {broken}.
  constructor(V86, image, told) {
    this.#told = told;
    this.#sender = new Sender((bytes) => this.#emulator.bus.send(`${PORT}-input-bytes`, bytes), image.state?.sent ?? 0);
    this.#reader = new Reader((kind, job, payload) => this.#heard(kind, job, payload));
    this.#emulator = new V86({
      wasm_fn: image.wasm,
      memory_size: image.memory_mb << 20,
      vga_memory_size: 1 << 20,
      bios: { buffer: image.bios },
      vga_bios: { buffer: image.vgabios },
      bzimage: { buffer: image.kernel },
      initrd: { buffer: image.initrd },
      cmdline: image.cmdline,
      ...(image.disk && { hda: { buffer: image.disk, async: true } }),
      ...(image.state && { initial_state: { buffer: image.state.bytes } }),
      virtio_console: true,
      // There is no network device: what leaves this machine leaves over the control channel or not at all.
      net_device: { type: 'none' },
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      autostart: true,
    });
    this.#emulator.add_listener(`${PORT}-output-bytes`, (bytes) => this.#read(bytes));
    this.#emulator.add_listener('serial0-output-byte', (byte) => this.#logged(byte));
    if (image.state) this.#emulator.add_listener('emulator-started', () => this.#told({ ready: true }));
  }

  /** The time, and bytes that nobody can guess: two machines resumed from one image must differ in them. */
  clock(ms, random) {
    const payload = new Uint8Array(8 + random.length);
    new DataView(payload.buffer).setBigUint64(0, BigInt(ms), true);
    payload.set(random, 8);
    this.#put(CLOCK, 0, payload);
  }

  /** Programs believe certificates of this authority, as PEM. */
  trust(certificate) {
    this.#put(TRUST, 0, new TextEncoder().encode(certificate));
  }

  // `who`: NAME:SECRET, by which the proxy knows whose connections it has.
  run(job, { kind = 'shell', where = '', what = '', who = '', columns = 80, rows = 25, credit }) {
    const words = new TextEncoder().encode(`${where}\0${what}\0${who}\0`);
    if (words.length + 9 > FRAME_MAX || `${where}${what}${who}`.includes('\0')) return this.#told({ job, exit: 125, why: 'the command is too long, or holds a NUL' });
    const payload = new Uint8Array(9 + words.length);
    const view = new DataView(payload.buffer);
    payload[0] = KINDS[kind];
    view.setUint16(1, columns, true);
    view.setUint16(3, rows, true);
    view.setUint32(5, credit, true);
    payload.set(words, 9);
    this.#jobs.set(job, { waiting: [], room: STDIN_MAX });
    this.#put(RUN, job, payload);
  }

  /** Bytes for its standard input, or null: that was all. */
  stdin(job, bytes) {
    const known = this.#jobs.get(job);
    if (!known) return;
    known.waiting.push(bytes ?? null);
    this.#feed(job, known);
  }

  kill(job) {
    this.#put(KILL, job);
  }

  resize(job, columns, rows) {
    this.#put(RESIZE, job, new Uint8Array([columns & 255, columns >> 8, rows & 255, rows >> 8]));
  }

  /** The job may say so many bytes more. */
  credit(job, bytes) {
    this.#put(CREDIT, job, numbered(bytes));
  }

  /** Resolves when the guest has done all that it was asked before. */
  ping() {
    return new Promise((done) => {
      this.#pongs.push(done);
      this.#put(PING, 0);
    });
  }

  /** All of the machine as bytes, for `image.state`. No job may be under way. */
  async save() {
    await this.ping();
    const sent = this.#sender.settled();
    if (sent === null || this.#jobs.size) throw new Error('something is under way in the machine');
    await this.#emulator.stop();
    const bytes = await this.#emulator.save_state();
    this.#emulator.run();
    return { bytes, sent };
  }

  /** Of the emulator's own memory: the guest's, and what the emulator needs around it. */
  memory() {
    return this.#emulator.v86.cpu.wasm_memory.buffer.byteLength;
  }

  #put(kind, job, payload) {
    this.#sender.put(frame(kind, job, payload));
  }

  #read(bytes) {
    if (this.#broken) return;
    try {
      this.#reader.heard(bytes);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#broken = true;
      this.#told({ broken: `the machine sent ${error.message}` });
    }
  }

  #heard(kind, job, payload) {
    if (kind === HEARD) this.#sender.heard(number(payload));
    else if (kind === READY) this.#told({ ready: true });
    else if (kind === PONG) this.#pongs.shift()?.();
    else if (kind === OPENED) this.#begun(job);
    else if (!this.#jobs.has(job)) return;
    else if (kind === OUT) this.#told({ job, out: payload });
    else if (kind === ERR) this.#told({ job, err: payload });
    else if (kind === EXIT) this.#ended(job, number(payload));
    else if (kind === CREDITED) this.#room(job, number(payload));
    else throw new Malformed(`a frame of kind ${kind}`);
  }

  #begun(job) {
    this.#jobs.set(job, { waiting: [], room: STDIN_MAX });
    this.#told({ opened: job });
  }

  #ended(job, exit) {
    this.#jobs.delete(job);
    this.#told({ job, exit });
  }

  #room(job, bytes) {
    const known = this.#jobs.get(job);
    known.room = Math.min(STDIN_MAX, known.room + bytes);
    this.#feed(job, known);
  }

  #feed(job, known) {
    while (known.waiting.length) {
      const next = known.waiting[0];
      if (next === null || next.length === 0) {
        known.waiting.shift();
        if (next === null) this.#put(STDIN, job);
        continue;
      }
      const length = Math.min(next.length, known.room, FRAME_MAX);
      if (!length) return;
      known.room -= length;
      this.#put(STDIN, job, next.slice(0, length));
      if (length === next.length) known.waiting.shift();
      else known.waiting[0] = next.subarray(length);
    }
  }

  #logged(byte) {
    this.log = (this.log + String.fromCharCode(byte)).slice(-LOG_MAX);
  }
}
