//! A loopback relay before the scripted model: it keeps what was asked, byte for byte, with times, and can spoil an answer.
import { createServer, request as ask } from "node:http";

/**
 * `spoil(entry, n)` may answer, for request number n (from 0), `{status, headers, body}` to reply by itself; `{after, then}` to
 * let that many bytes of the answer through and then `"stall"`, `"cut"` (end as if complete) or `"reset"`; or
 * `{slow: {bytes, ms}}` to let it trickle. Without an answer everything passes.
 */
export async function wire(target, { spoil = () => null } = {}) {
  const entries = [];
  const server = createServer(async (incoming, outgoing) => {
    const parts = [];
    for await (const part of incoming) parts.push(part);
    const entry = { at: performance.now(), method: incoming.method, path: incoming.url, headers: incoming.headers, body: Buffer.concat(parts).toString(), closed: null, ended: false };
    const isModel = incoming.method === "POST";
    const n = isModel ? entries.push(entry) - 1 : -1;
    outgoing.on("close", () => {
      if (!entry.ended) entry.closed = performance.now();
    });
    outgoing.on("finish", () => (entry.ended = true));
    const spoiled = isModel ? spoil(entry, n) : null;
    if (spoiled?.status) {
      outgoing.writeHead(spoiled.status, { "content-type": "application/json", "access-control-allow-origin": "*", ...spoiled.headers }).end(spoiled.body ?? "");
      return;
    }
    const { host, ...headers } = incoming.headers;
    const onward = ask(new URL(incoming.url, target), { method: incoming.method, headers: { ...headers, host: new URL(target).host } }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      pass(answer, outgoing, spoiled);
    });
    onward.on("error", () => outgoing.destroy());
    onward.end(entry.body);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`, entries,
    stop: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}

async function pass(answer, outgoing, spoiled) {
  let left = spoiled?.after ?? Infinity;
  for await (const chunk of answer) {
    const now = chunk.subarray(0, Math.max(0, left));
    left -= now.length;
    if (spoiled?.slow) await trickle(now, outgoing, spoiled.slow);
    else outgoing.write(now);
    if (left > 0) continue;
    answer.resume();
    if (spoiled.then === "cut") outgoing.end();
    else if (spoiled.then === "reset") outgoing.destroy();
    return;
  }
  outgoing.end();
}

async function trickle(bytes, outgoing, { bytes: size, ms }) {
  for (let at = 0; at < bytes.length && !outgoing.destroyed; at += size) {
    outgoing.write(bytes.subarray(at, at + size));
    await new Promise((done) => setTimeout(done, ms));
  }
}
