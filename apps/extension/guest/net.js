//! `fetch` for a guest: only to the origins that it was lent, each a ref to the broker. What it says is judged there and not here.
import { E } from 'captp';

const METHODS_WITHOUT_BODY = new Set(['GET', 'HEAD']);

/** `lent`: `[{origin, at}]`, `at` the ref. */
export function fetching(lent) {
  const refs = new Map(lent.map(({ origin, at }) => [origin, at]));
  return async function fetch(resource, { method = 'GET', headers = {}, body } = {}) {
    const url = new URL(String(resource?.url ?? resource));
    const at = refs.get(url.origin);
    if (!at) throw new TypeError(`${url.origin} was not granted: name it in "origins"`);
    const pairs = [...new Headers(headers)].map(([name, value]) => [name, value]);
    const ask = { url: url.href, method: String(method), headers: pairs };
    if (body !== undefined && !METHODS_WITHOUT_BODY.has(ask.method.toUpperCase())) ask.body = await bytesOf(body);
    const { status, headers: told, body: bytes, url: last, redirected } = await E(at).fetch(ask);
    const response = new Response(status === 204 || status === 304 ? null : bytes, { status, headers: told });
    Object.defineProperties(response, { url: { value: last }, redirected: { value: redirected } });
    return response;
  };
}

async function bytesOf(body) {
  return new Uint8Array(await new Response(body).arrayBuffer());
}
