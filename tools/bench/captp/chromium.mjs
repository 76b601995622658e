//! The contestant peerd-chromium of `./x bench captp`: reads `PROGRAM UNITS` a line, answers `ok VALUE..`. Two Workers, joined by a message port.
import { chromium } from "playwright-core";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { CHROMIUM, flags } from "../../lib/chromium.mjs";

const module = process.argv[2];
const HERE = new URL(".", import.meta.url).pathname;
const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm" };
const PAGE = `<!doctype html><meta charset="utf-8"><title>calls</title><script>
const begin = () => new Worker("/bench/worker.js", { type: "module" });
const ask = (worker, words, port) => new Promise((done, failed) => {
  worker.onmessage = ({ data }) => data.error ? failed(new Error(data.error)) : done(data.value);
  worker.onerror = ({ message }) => failed(new Error(message));
  worker.postMessage(words, [port].filter(Boolean));
});
let caller;
window.play = async (program, units) => {
  if (!caller) {
    const { port1, port2 } = new MessageChannel(), answers = begin();
    caller = begin();
    await ask(caller, { call: "fetch", ticket: await ask(answers, { call: "answer" }, port1) }, port2);
  }
  return ask(caller, { call: program, units });
};
</script>`;

const server = createServer((request, answer) => {
  const [, folder, file] = new URL(request.url, "http://host").pathname.split("/");
  if (!folder) return answer.setHeader("content-type", "text/html").end(PAGE);
  try {
    const bytes = readFileSync(join({ module, bench: HERE }[folder], file));
    answer.setHeader("content-type", KINDS[extname(file)] ?? "application/octet-stream").end(bytes);
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const folder = mkdtempSync(join(tmpdir(), "peerd-bench-captp-"));
const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: flags() });
try {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  for await (const line of createInterface({ input: process.stdin })) {
    const [program, units] = line.split(" ");
    if (program === "hello") {
      console.log(`ok Chromium ${context.browser()?.version() ?? ""}`.trim());
      continue;
    }
    const values = await page.evaluate(([program, units]) => window.play(program, units), [program, Number(units)]).catch((error) => error);
    console.log(values instanceof Error ? `failed ${values.message.split("\n")[0]}` : `ok ${values.join(" ")}`);
  }
} finally {
  await context.close();
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
