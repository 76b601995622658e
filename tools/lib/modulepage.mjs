//! A module for JavaScript developers under test: found by its name in this node, and on a page of a real Chromium.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";

const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

/** `name` means the module's file in this folder from now on. */
export function inNode(name, folder) {
  const url = pathToFileURL(join(folder, `${name}.js`)).href;
  const loader = `export const resolve = (asked, context, next) =>
    asked === ${JSON.stringify(name)} ? { url: ${JSON.stringify(url)}, shortCircuit: true } : next(asked, context);`;
  register(`data:text/javascript,${encodeURIComponent(loader)}`);
}

/** The module's folder as /module, that of its tests as /test, and `page` as /. */
function serve(name, { module, test, page }) {
  const server = createServer((request, answer) => {
    const path = new URL(request.url, "http://host").pathname;
    // A sandbox has no origin that could be named.
    answer.setHeader("access-control-allow-origin", "*");
    if (path === "/") return answer.setHeader("content-type", "text/html").end(page);
    const [, folder, file = ""] = path.split("/");
    try {
      let bytes = readFileSync(join({ module, test }[folder], file));
      // Import maps do not reach into Workers.
      if (folder === "test") bytes = String(bytes).replaceAll(`from "${name}"`, `from "/module/${name}.js"`);
      answer.setHeader("content-type", KINDS[extname(file)] ?? "application/octet-stream").end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

/**
 * The page says in `window.names` which cases there are, by where they run, and `window.play(where, name)` what was wrong, or "".
 * `each(where, name, play)` is told of each.
 */
export async function inChromium(name, folders, each) {
  const { chromium } = await import("playwright-core");
  const { CHROMIUM, flags } = await import("./chromium.mjs");
  const server = await serve(name, folders);
  const folder = mkdtempSync(join(tmpdir(), `peerd-${name}-`));
  const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: flags() });
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => console.log(`page: ${error}`));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => window.names);
    for (const [where, names] of Object.entries(await page.evaluate(() => window.names))) {
      for (const name of names) await each(where, name, () => page.evaluate(([where, name]) => window.play(where, name), [where, name]));
    }
  } finally {
    await context.close();
    server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
