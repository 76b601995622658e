//! The machine's proxy, beside the emulator: connections of its programs in, requests out; somebody else decides, and answers.

/** Without a proxy, because this build has none, each connection is refused. */
export class Network {
  #machine;
  #proxy;
  #loading;
  #trusted = false;
  #told;
  // Connections that are open.
  #conns = new Set();

  // `told` hears {asked: {ask, credentials, method, url, headers, body}} and {abort: ask}.
  constructor(machine, load, told) {
    this.#machine = machine;
    this.#told = told;
    this.#loading = load().catch((error) => console.error(`the machine has no network: ${error?.message ?? error}`));
  }

  /** Programs are told whom to believe. The machine obeys already, and nothing runs in it before. */
  async begin() {
    this.#proxy = await this.#loading;
    if (this.#proxy && !this.#trusted) this.#machine.trust(this.#proxy.certificate);
    this.#trusted = true;
  }

  /** True: it was a connection's, and nobody else's. */
  took({ opened, job, out, exit }) {
    if (opened !== undefined) this.#opened(opened);
    else if (!this.#conns.has(job)) return false;
    else if (out) this.#heard(job, out);
    else if (exit !== undefined) this.#closed(job);
    return true;
  }

  answer({ ask, head, piece, end, fail }) {
    if (head) this.#proxy.head(ask, head.status, head.headers.flat());
    if (piece) this.#proxy.piece(ask, piece);
    if (end) this.#proxy.end(ask);
    if (fail) this.#proxy.fail(ask, fail.status, fail.why);
    this.#go();
  }

  #opened(conn) {
    this.#conns.add(conn);
    if (this.#proxy) return this.#proxy.opened(conn);
    this.#machine.stdin(conn, new TextEncoder().encode(REFUSAL));
    this.#machine.stdin(conn, null);
  }

  // No bytes: that was all.
  #heard(conn, bytes) {
    this.#machine.credit(conn, bytes.length);
    if (bytes.length > 0) this.#proxy?.heard(conn, bytes);
    else this.#proxy?.ended(conn);
    this.#go();
  }

  #closed(conn) {
    this.#conns.delete(conn);
    this.#proxy?.closed(conn);
    this.#go();
  }

  #go() {
    for (let event; (event = this.#proxy?.take()); ) {
      if (event.send !== undefined) this.#machine.stdin(event.send, event.bytes);
      else if (event.end !== undefined) this.#machine.stdin(event.end, null);
      else if (event.abort !== undefined) this.#told({ abort: event.abort });
      else this.#told({ asked: event });
    }
  }
}

const REFUSAL = 'HTTP/1.1 403 No network\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nThis machine has no network.\n';
