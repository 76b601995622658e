//! `./x conformance`, the browser's half: every case in a Worker of a real Chromium, over nothing but loopback.
import { chromium } from "playwright-core";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { CHROMIUM, flags } from "../lib/chromium.mjs";
import { options } from "../lib/rows.mjs";

const { module, cases, case: wanted = "", json } = options(process.argv.slice(2), { values: ["module", "cases", "case", "json"] });

/** Limit: a case that takes longer hangs; its Worker is ended and the next case gets a new one. */
const CASE_MS = 120_000;
const PAGE = `<!doctype html><meta charset="utf-8"><title>conformance</title><script>
let worker;
window.play = (name, text) => new Promise((done) => {
  worker ??= new Worker("worker.js", { type: "module" });
  const end = (told, broken) => { clearTimeout(late); if (broken) { worker.terminate(); worker = undefined; } done(told); };
  const late = setTimeout(() => end({ trap: "no end within ${CASE_MS / 1000} s" }, true), ${CASE_MS});
  worker.onmessage = ({ data }) => end(data, Boolean(data.trap));
  worker.onerror = (error) => end({ trap: error.message }, true);
  worker.postMessage({ name, text });
});
</script>`;
const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm" };

function serve() {
  const server = createServer((request, answer) => {
    const path = new URL(request.url, "http://host").pathname.slice(1);
    const file = path === "worker.js" ? new URL("worker.js", import.meta.url).pathname : join(module, path);
    if (!path) return answer.setHeader("content-type", "text/html").end(PAGE);
    try {
      const bytes = readFileSync(file);
      answer.setHeader("content-type", KINDS[extname(file)] ?? "application/octet-stream").end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

function* found() {
  for (const group of readdirSync(cases).sort()) {
    for (const file of readdirSync(join(cases, group)).filter((name) => name.endsWith(".case")).sort()) {
      const name = `${group}/${file.replace(/\.case$/, "")}`;
      if (name.includes(wanted)) yield { name, text: readFileSync(join(cases, group, file), "utf8") };
    }
  }
}

const server = await serve();
const folder = mkdtempSync(join(tmpdir(), "peerd-conformance-"));
const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: flags() });
const rows = [];
try {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  for (const { name, text } of found()) {
    const { row, line, trap } = await page.evaluate(({ name, text }) => window.play(name, text), { name, text });
    if (trap || row) rows.push(trap ? JSON.stringify({ check: "conformance-chromium", case: name, result: "failed", why: `the Worker broke: ${trap}` }) : row);
    console.log(trap ? `FAIL  ${name}  the Worker broke: ${trap}` : line);
  }
} finally {
  await context.close();
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
if (json) writeFileSync(json, rows.map((row) => row + "\n").join(""));
const failed = rows.filter((row) => JSON.parse(row).result !== "passed").length;
console.log(`${rows.length - failed} passed, ${failed} failed, 0 skipped`);
process.exit(failed || !rows.length ? 1 : 0);
