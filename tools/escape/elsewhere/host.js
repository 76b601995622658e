//! A page that is host to sandboxes as the extension's offscreen document is, where there is no extension: the frame, its document and its Worker's script are the extension's own files, their
//! policies come as headers. It plays what its server tells it, and tells what came of it.
import { E, Far, open } from "/captp/captp.js";
import { Frame } from "./host/frame.js";

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const late = (ms) => new Promise((done) => setTimeout(done, ms, { ended: `it had not ended after ${ms} ms` }));

/** Runs a piece of code in a sandbox of its own, for so long at most: `{said, failed, ended}`. */
async function run({ code, ms }) {
  const captp = await open(), { port1, port2 } = new MessageChannel(), lines = [];
  let ticket, frame;
  const here = new Promise((done) => (ticket = captp.offer(Far("host", { here: done, out: (text) => void lines.push(text) }))));
  const gone = new Promise((done) => {
    frame = new Frame({ kind: "compute", ticket: hex(ticket), port: port2, gone: (why) => done({ ended: why }) });
  });
  const clock = setInterval(() => frame.look(), 1_000);
  captp.connect(port1);
  const ran = here.then((runner) => E(runner).run(code, [])).then((result) => ({ said: [...lines, result].join("\n") }), (error) => ({ failed: String(error?.message ?? error) }));
  const told = await Promise.race([ran, gone, late(ms)]);
  clearInterval(clock);
  frame.end();
  captp.stop();
  return told;
}

const ticks = [];
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  ticks.push(Math.max(0, now - last - 20));
  last = now;
}, 20);

const told = { results: [] };
try {
  for (const piece of await (await fetch("/pieces")).json()) told.results.push(await run(piece));
} catch (error) {
  told.broken = `${error}\n${error.stack}`;
}
ticks.sort((a, b) => a - b);
told.ticks = [ticks[Math.floor(ticks.length * 0.99)] ?? 0, ticks.at(-1) ?? 0];
await fetch("/told", { method: "POST", body: JSON.stringify(told) });
