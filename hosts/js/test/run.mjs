//! `./x js`, the tests: the cases in this node, on a page of a real Chromium, and through a Worker there; then the examples.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { options } from "../../../tools/lib/rows.mjs";

const words = options(process.argv.slice(2), { values: ["module", "json"], flags: ["no-browser"] });
const module = resolve(words.module);
const here = new URL(".", import.meta.url).pathname;
const CASE_MS = 20_000;
const rows = [];

function note(check, name, why = "") {
  rows.push({ check, case: name, result: why ? "failed" : "passed", why });
  console.log(why ? `FAIL  ${check}  ${name}: ${why}` : `ok    ${check}  ${name}`);
}

/** `peerd` names the module under test, here and on the page. */
const loader = `export function resolve(name, context, next) {
  return name === "peerd" ? { url: ${JSON.stringify(pathToFileURL(join(module, "peerd.js")).href)}, shortCircuit: true } : next(name, context);
}`;

async function inNode() {
  register(`data:text/javascript,${encodeURIComponent(loader)}`);
  const { start, Ref } = await import("peerd");
  const { behaviours, cases, timed } = await import("./cases.js");
  for (const [name, run] of [...Object.entries(cases), ...Object.entries(timed)]) {
    const reports = [];
    const system = await start(behaviours, { manual: name in timed, reported: (report) => reports.push(report) });
    const why = await Promise.race([run({ system, reports, Ref }).then(() => "", (error) => error.stack), later()]);
    note("js-node", name, why);
    system.stop();
  }
}

const later = () => new Promise((done) => setTimeout(done, CASE_MS, "no end").unref());

const PAGE = `<!doctype html><meta charset="utf-8"><title>peerd</title>
<script type="importmap">{"imports": {"peerd": "/module/peerd.js"}}</script>
<script type="module">
import { open, start, Ref } from "peerd";
import { behaviours, cases, timed } from "/test/cases.js";
window.names = { page: [...Object.keys(cases), ...Object.keys(timed)], worker: Object.keys(cases) };
window.play = async (where, name) => {
  const reports = [], reported = (report) => reports.push(report);
  const system = where === "worker" ? await open("/test/behaviours.js", { reported }) : await start(behaviours, { manual: name in timed, reported });
  try {
    await (cases[name] ?? timed[name])({ system, reports, Ref });
    return "";
  } catch (error) {
    return error.stack;
  } finally {
    system.stop();
  }
};
</script>`;
const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm" };

function serve() {
  const server = createServer((request, answer) => {
    const path = new URL(request.url, "http://host").pathname;
    if (path === "/") return answer.setHeader("content-type", "text/html").end(PAGE);
    const [, folder, file = ""] = path.split("/");
    try {
      let bytes = readFileSync(join({ module, test: here }[folder], file));
      // Import maps do not reach into Workers.
      if (folder === "test") bytes = String(bytes).replaceAll('from "peerd"', 'from "/module/peerd.js"');
      answer.setHeader("content-type", KINDS[extname(file)] ?? "application/octet-stream").end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

async function inChromium() {
  const { chromium } = await import("playwright-core");
  const { CHROMIUM, flags } = await import("../../../tools/lib/chromium.mjs");
  const server = await serve();
  const folder = mkdtempSync(join(tmpdir(), "peerd-js-"));
  const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: flags() });
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => console.log(`page: ${error}`));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => window.names);
    for (const [where, names] of Object.entries(await page.evaluate(() => window.names))) {
      for (const name of names) {
        const why = await Promise.race([page.evaluate(([where, name]) => window.play(where, name), [where, name]), later()]);
        note(`js-${where}`, name, why);
      }
    }
  } finally {
    await context.close();
    server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Each says at its end what it should: the last line of its output. */
function examples() {
  const folder = join(here, "../../../examples/js");
  const last = { "1-counter.mjs": "42", "2-supervised.mjs": "7", "3-watch-and-time.mjs": "[ 'killed at 100 ms' ]" };
  // The one of captp.js is played by its own tests.
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".mjs") && name !== "4-captp.mjs")) {
    const out = execFileSync(process.execPath, [join(folder, name)], { encoding: "utf8", timeout: CASE_MS });
    const said = out.trim().split("\n").at(-1);
    note("js-examples", name, said === last[name] ? "" : `it said ${said}`);
  }
}

await inNode();
examples();
if (!words["no-browser"]) await inChromium();
if (words.json) writeFileSync(words.json, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
const failed = rows.filter((row) => row.result !== "passed").length;
console.log(`${rows.length - failed} passed, ${failed} failed, 0 skipped`);
process.exit(failed || !rows.length ? 1 : 0);
