//! What carries bytes between two sides: message ports and the browser's WebSockets. Each calls back with what happens.

/** What two ports say to each other beside bytes. */
const GOODBYE = null, PING = 1, PONG = 2;

/**
 * `on`: bytes(Uint8Array), closed(). Returns send(Uint8Array) and close(). What is sent in one turn goes as one message.
 *
 * Browsers do not tell when the other end of a port is gone with its Worker or frame: whoever ends those closes the connection, and with `silentMs`
 * an end that does not answer for so long is taken for gone.
 */
export function port(port, on, { silentMs } = {}) {
  let pieces = [], isOver = false, guard;
  const end = () => {
    isOver = true;
    clearInterval(guard);
    port.close();
  };
  const over = () => {
    if (isOver) return;
    end();
    on.closed();
  };
  const flush = () => {
    if (isOver || pieces.length === 0) return;
    const bytes = join(pieces);
    pieces = [];
    port.postMessage(bytes, [bytes.buffer]);
  };
  const pulse = silentMs === undefined ? undefined : new Pulse(silentMs);
  port.onmessage = ({ data }) => {
    if (isOver) return;
    pulse?.heard();
    if (data instanceof Uint8Array) on.bytes(data);
    else if (data === PING) port.postMessage(PONG);
    else if (data !== PONG) over();
  };
  port.onmessageerror = over;
  if (pulse) guard = setInterval(() => (pulse.isGone() ? over() : port.postMessage(PING)), silentMs / 2);
  return {
    send(bytes) {
      if (pieces.push(bytes) === 1) queueMicrotask(flush);
    },
    flush() {
      if (pieces.length > 0) flush();
    },
    close() {
      if (isOver) return;
      if (pieces.length > 0) flush();
      port.postMessage(GOODBYE);
      end();
    },
  };
}

/** Whether anything was heard, as far as this side was awake to hear it. */
class Pulse {
  #silentMs;
  #heardAt = performance.now();
  #lookedAt = performance.now();

  constructor(silentMs) {
    this.#silentMs = silentMs;
  }

  heard() {
    this.#heardAt = performance.now();
  }

  isGone() {
    const now = performance.now(), slept = now - this.#lookedAt > this.#silentMs;
    this.#lookedAt = now;
    // After a sleep of our own the other side is asked first.
    if (slept) this.#heardAt = now;
    return now - this.#heardAt > this.#silentMs;
  }
}

function join(pieces) {
  if (pieces.length === 1) return pieces[0];
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** `on`: opened(), failed(), bytes, closed. One message of CapTP is one message of the socket. */
export function socket(url, on) {
  let web, isOpen = false;
  try {
    web = new WebSocket(url);
  } catch {
    queueMicrotask(on.failed);
    return { send() {}, close() {} };
  }
  web.binaryType = "arraybuffer";
  web.onopen = () => {
    isOpen = true;
    on.opened();
  };
  web.onmessage = ({ data }) => (data instanceof ArrayBuffer ? on.bytes(new Uint8Array(data)) : web.close());
  web.onclose = () => (isOpen ? on.closed() : on.failed());
  return { send: (bytes) => web.send(bytes), close: () => web.close() };
}
