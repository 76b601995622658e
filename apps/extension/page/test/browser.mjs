//! One headless Chromium for all of a file's cases, and pages to act on: served from loopback, the script in an isolated world.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const HERE = dirname(fileURLToPath(import.meta.url));
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** The bundled script, as the extension carries it. */
export async function bundle(entry) {
  const made = await build({ entryPoints: [join(HERE, "..", entry)], bundle: true, format: "iife", target: "chrome128", charset: "utf8", write: false });
  return made.outputFiles[0].text;
}

/** A browser and a server of the pages handed to `open`. */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), "peerd-page-"));
  const pages = new Map();
  const hits = [];
  const server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`);
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(pages.get(request.url.split("?")[0]) ?? "<p>nothing here</p>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const context = await chromium.launchPersistentContext(folder, { headless: true, executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS, viewport: { width: 1000, height: 700 } });
  const script = await bundle("main.js");
  let count = 0;
  return {
    origin, hits, context,
    /** Opens a page with this body and gives hold of it. */
    async open(html, { head = "", script: code = script } = {}) {
      const path = `/page${++count}`;
      pages.set(path, `<!doctype html><meta charset=utf-8><title>a page</title>${head}<body>${html}`);
      const page = await context.newPage();
      await page.goto(origin + path);
      return hold(page, code);
    },
    serve: (path, html) => pages.set(path, html),
    async end() {
      await context.close();
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The page with our script in an isolated world of its own: requests go in, answers come out. */
export async function hold(page, code) {
  const cdp = await page.context().newCDPSession(page);
  const { frameTree } = await cdp.send("Page.getFrameTree");
  const { executionContextId } = await cdp.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "peerd" });
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await cdp.send("Runtime.evaluate", { contextId: executionContextId, expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await evaluate(code);
  const ask = (request) => evaluate(`peerdPage(${JSON.stringify(request)})`);
  let effects = 0;
  const held = {
    page, cdp, code, evaluate, ask,
    snapshot: () => ask({ do: "snapshot" }),
    act: (act, more = {}) => ask({ do: "act", effect: `e${++effects}`, act, ...more }),
    /** The number of the one element with these words for its name, label or text. */
    async n(words, role) {
      const { nodes } = await held.snapshot();
      const found = nodes.filter((node) => [node.name, node.label, node.text, node.attrs?.id].includes(words) && (!role || node.role === role));
      if (found.length !== 1) throw new Error(`${found.length} nodes are called ${words}: ${JSON.stringify(nodes)}`);
      return found[0].n;
    },
    /** What the page itself says, in its own world. */
    says: (expression) => page.evaluate(expression),
    close: () => page.close(),
  };
  return held;
}
