//! What carries bytes between two sides: message ports and the browser's WebSockets. Each calls back with what happens.

/** `on`: bytes(Uint8Array), closed(). Returns send(Uint8Array) and close(). Pieces of one stream: what is sent together goes as one message. */
export function port(port, on) {
  let pieces = [], isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    port.close();
    on.closed();
  };
  port.onmessage = ({ data }) => {
    if (isOver) return;
    if (data instanceof Uint8Array) on.bytes(data);
    // The other side says goodbye. Not every browser tells when a port's other end is gone.
    else over();
  };
  port.onmessageerror = over;
  port.addEventListener("close", over);
  port.start?.();
  const flush = () => {
    const bytes = join(pieces);
    pieces = [];
    if (!isOver) port.postMessage(bytes, [bytes.buffer]);
  };
  return {
    send(bytes) {
      if (pieces.push(bytes) === 1) queueMicrotask(flush);
    },
    close() {
      if (isOver) return;
      if (pieces.length > 0) flush();
      isOver = true;
      port.postMessage(null);
      port.close();
    },
  };
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
