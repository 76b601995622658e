//! `node chromium.mjs OURS.wasm [FILE..]`: the contestant in a Chromium Worker, with these files beside its page (a worker.js among them
//! in place of the usual one). Reads `PROGRAM UNITS` a line, answers `ok VALUE` or `failed WHY`.
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname } from "node:path";
import { createInterface } from "node:readline";
import { CHROMIUM, flags } from "../../lib/chromium.mjs";

const here = (name) => readFileSync(new URL(name, import.meta.url));
const FILES = {
  "/": ["text/html", Buffer.from(`<!doctype html><title>bench</title><script src="/page.js"></script>`)],
  "/page.js": ["text/javascript", here("page.js")],
  "/worker.js": ["text/javascript", here("worker.js")],
  "/ours.wasm": ["application/wasm", readFileSync(process.argv[2])],
};
for (const path of process.argv.slice(3)) {
  FILES[`/${basename(path)}`] = [extname(path) === ".wasm" ? "application/wasm" : "text/javascript", readFileSync(path)];
}

const server = createServer((request, response) => {
  const [type, bytes] = FILES[request.url] ?? ["text/plain", Buffer.alloc(0)];
  // Isolated: only then is the clock's step 5 us.
  const headers = { "Content-Type": type, "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
  response.writeHead(200, headers).end(bytes);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: flags() });
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);

for await (const line of createInterface({ input: process.stdin })) {
  console.log(line === "hello" ? `ok Chromium ${browser.version()}` : await page.evaluate((asked) => window.ask(asked), line));
}
await browser.close();
server.close();
