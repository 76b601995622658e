//! `fetch` for a guest: only to the origins that it was lent, each a ref to the broker. What it says is judged there and not here.
import { E } from 'captp';

let asked = 0;

/** `lent`: `[{origin, at}]`, `at` the ref. */
export function fetching(lent) {
  const refs = new Map(lent.map(({ origin, at }) => [origin, at]));
  return async function fetch(resource, options) {
    const request = new Request(resource, options);
    const { url, method, signal } = request;
    const { origin } = new URL(url);
    const at = refs.get(origin);
    if (!at) throw new TypeError(`${origin} was not granted: name it in "origins"`);
    const body = new Uint8Array(await request.arrayBuffer());
    signal.throwIfAborted();
    const mark = ++asked;
    const ask = { url, method, headers: [...request.headers], mark, ...(body.length > 0 && { body }) };
    const answer = await unlessAborted(signal, E(at).fetch(ask), () => E.sendOnly(at).abort(mark));
    const response = new Response(answer.status === 204 || answer.status === 304 ? null : answer.body, { status: answer.status, headers: answer.headers });
    Object.defineProperties(response, { url: { value: answer.url }, redirected: { value: answer.redirected } });
    return response;
  };
}

/** What comes first: the answer, or that nobody waits for it any more. */
function unlessAborted(signal, answer, undo) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      undo();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort);
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
