//! `./x js`, the tests of captp.js: in this node, on a page of a real Chromium, and between that page and a sandbox of an opaque origin or a Worker.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Rows, options } from "../../../tools/lib/rows.mjs";

const words = options(process.argv.slice(2), { values: ["module", "json"], flags: ["no-browser"] });
const module = resolve(words.module);
const here = new URL(".", import.meta.url).pathname;
const rows = new Rows("captp-js");

const CASE_MS = 20_000;
const late = () => new Promise((_, fail) => setTimeout(fail, CASE_MS, new Error("no end")).unref());

/** `captp` names the module under test, here and on the page. */
const loader = `export function resolve(name, context, next) {
  return name === "captp" ? { url: ${JSON.stringify(pathToFileURL(join(module, "captp.js")).href)}, shortCircuit: true } : next(name, context);
}`;

async function inNode() {
  register(`data:text/javascript,${encodeURIComponent(loader)}`);
  const { cases } = await import("./cases.js");
  const { join: pair } = await import("./pair.js");
  for (const [name, run] of Object.entries(cases)) {
    await rows.run(`node: ${name}`, async () => {
      const both = await pair();
      await Promise.race([run(both), late()]).finally(both.end);
    });
  }
}

const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

function serve() {
  const server = createServer((request, answer) => {
    const path = new URL(request.url, "http://host").pathname;
    const [, folder, file = ""] = path === "/" ? ["", "test", "page.html"] : path.split("/");
    try {
      let bytes = readFileSync(join({ module, test: here }[folder], file));
      // Import maps do not reach into Workers.
      if (folder === "test") bytes = String(bytes).replaceAll('from "captp"', 'from "/module/captp.js"');
      // A sandbox has no origin that could be named.
      answer.setHeader("access-control-allow-origin", "*");
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
  const folder = mkdtempSync(join(tmpdir(), "peerd-captp-js-"));
  const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: flags() });
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => console.log(`page: ${error}`));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => window.names);
    for (const [where, names] of Object.entries(await page.evaluate(() => window.names))) {
      for (const name of names) {
        await rows.run(`${where}: ${name}`, async () => {
          const why = await Promise.race([page.evaluate(([where, name]) => window.play(where, name), [where, name]), late()]);
          if (why) throw new Error(why);
        });
      }
    }
  } finally {
    await context.close();
    server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Each says at its end what it should: the last line of its output. */
async function examples() {
  const folder = join(here, "../../../examples/js");
  const said = execFileSync(process.execPath, [join(folder, "4-captp.mjs")], { encoding: "utf8", timeout: CASE_MS });
  await rows.run("example: 4-captp.mjs", async () => {
    if (said.trim().split("\n").at(-1) !== "70n 30n") throw new Error(`it said ${said}`);
  });
}

await inNode();
await examples();
if (!words["no-browser"]) await inChromium();
process.exit(rows.end(words.json));
