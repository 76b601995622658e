//! Frames of the machine's control channel: {u32 length of what follows, u8 kind, u32 job} and a payload, little-endian. The other
//! end is tools/linux/guest.c; docs/linux.md lists the kinds. What comes from there is bytes of a stranger: bounded, and checked.

export const RUN = 1, STDIN = 2, KILL = 3, RESIZE = 4, CREDIT = 5, CLOCK = 6, PING = 7, TRUST = 8;
export const READY = 65, OUT = 66, ERR = 67, EXIT = 68, CREDITED = 69, HEARD = 70, PONG = 71, OPENED = 72;

export const FRAME_MAX = 16_384;
const HEAD = 9;
// The device gives its driver 16 buffers of a page, and drops what finds none: half of them are in use at most.
const CHUNK_MAX = 4_096;
const CHUNKS_MAX = 8;

export class Malformed extends Error {}

/** One frame as bytes. */
export function frame(kind, job, payload = new Uint8Array()) {
  if (payload.length > FRAME_MAX) throw new RangeError(`a frame of ${payload.length} bytes`);
  const bytes = new Uint8Array(HEAD + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HEAD - 4 + payload.length, true);
  bytes[4] = kind;
  view.setUint32(5, job, true);
  bytes.set(payload, HEAD);
  return bytes;
}

/** Puts frames together from pieces of any size. */
export class Reader {
  #have = new Uint8Array();
  #told;

  // `told(kind, job, payload)`; the payload is the receiver's.
  constructor(told) {
    this.#told = told;
  }

  /** Throws `Malformed` for what no frame begins with; nothing can be read after that. */
  heard(bytes) {
    let all = bytes;
    if (this.#have.length) {
      all = new Uint8Array(this.#have.length + bytes.length);
      all.set(this.#have);
      all.set(bytes, this.#have.length);
    }
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    let at = 0;
    while (all.length - at >= HEAD) {
      const length = view.getUint32(at, true);
      if (length < HEAD - 4 || length > HEAD - 4 + FRAME_MAX) throw new Malformed(`a frame of ${length} bytes`);
      if (all.length - at < 4 + length) break;
      this.#told(all[at + 4], view.getUint32(at + 5, true), all.slice(at + HEAD, at + 4 + length));
      at += 4 + length;
    }
    this.#have = all.slice(at);
  }
}

/** Sends no more than the other end has room for. */
export class Sender {
  #send;
  #waiting = [];
  // Where each piece that is under way ends, counted in bytes since the machine began.
  #ends = [];
  #sent;

  // `sent`: bytes that went before, in the life of the machine that is gone on with.
  constructor(send, sent = 0) {
    this.#send = send;
    this.#sent = sent;
  }

  put(bytes) {
    for (let at = 0; at < bytes.length; at += CHUNK_MAX) this.#waiting.push(bytes.subarray(at, at + CHUNK_MAX));
    this.#go();
  }

  /** The other end has read so much, modulo 2^32. */
  heard(total) {
    while (this.#ends.length && ((total - this.#ends[0]) | 0) >= 0) this.#ends.shift();
    this.#go();
  }

  /** Bytes sent since the machine began, modulo 2^32; null while any is under way. */
  settled() {
    return this.#ends.length || this.#waiting.length ? null : this.#sent;
  }

  #go() {
    while (this.#waiting.length && this.#ends.length < CHUNKS_MAX) {
      const chunk = this.#waiting.shift();
      this.#sent = (this.#sent + chunk.length) >>> 0;
      this.#ends.push(this.#sent);
      this.#send(chunk);
    }
  }
}

export function number(payload) {
  if (payload.length !== 4) throw new Malformed(`a number of ${payload.length} bytes`);
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
}

export function numbered(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
