//! `./x interop goblins`, the browser's half: Spritely Goblins met from a Worker of a real Chromium, and from a page by way of it.
import { chromium } from "playwright-core";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { CHROMIUM, flags } from "../lib/chromium.mjs";
import { Rows, options } from "../lib/rows.mjs";

const { module, first, second, case: wanted = "", json } = options(process.argv.slice(2), { values: ["module", "first", "second", "case", "json"] });

const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm" };
const PAGE = `<!doctype html><meta charset="utf-8"><title>meeting</title><script type="module" src="/interop/page.js"></script>`;
const HERE = new URL(".", import.meta.url).pathname;

function serve() {
  const server = createServer((request, answer) => {
    const [, folder, file] = new URL(request.url, "http://host").pathname.split("/");
    if (!folder) return answer.setHeader("content-type", "text/html").end(PAGE);
    try {
      const bytes = readFileSync(join({ module, interop: HERE }[folder], file));
      answer.setHeader("content-type", KINDS[extname(file)] ?? "application/octet-stream").end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

const rows = new Rows("goblins-chromium");
const server = await serve();
const folder = mkdtempSync(join(tmpdir(), "peerd-interop-"));
const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: [...flags(), "--js-flags=--expose-gc"] });
try {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => window.names && window.play && window.throughPort);
  for (const name of await page.evaluate(() => window.names())) {
    if (name.includes(wanted)) await rows.run(`${name} in a Worker`, () => page.evaluate((words) => window.play(words), { name, first, second }));
  }
  const through = "by way of a port";
  const hub = first.replace("?", `/s/${Buffer.from("hub").toString("base64url")}?`);
  if (through.includes(wanted)) await rows.run(through, () => page.evaluate((words) => window.throughPort(words), { hub }));
} finally {
  await context.close();
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(rows.end(json));
