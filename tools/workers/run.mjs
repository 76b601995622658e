//! `node run.mjs --module FOLDER --guest FILE [--browsers chromium,firefox] [--figures] [--json FILE]`: vats in several Workers of one page, which
//! is isolated from others, so that they share memory, and of one that is not.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { OPEN } from "../lib/browsers.mjs";
import { Rows, options } from "../lib/rows.mjs";

const told = options(process.argv.slice(2), { values: ["module", "guest", "browsers", "json"], flags: ["figures"] });
const { module, guest, json, browsers = "chromium" } = told;

/** Limit: of one page. */
const MINUTES = 5;
const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm" };
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const GUESTS = new URL("../../hosts/webassembly/js/", import.meta.url);

/** Glue imports by its bare name what the kernel calls directly, and in a Worker there is no map that says where that lies. */
const placed = (script) => String(script).replace(/from (['"])guests\1/g, `from "/guests/kernel.js"`);

function file(path) {
  const [, folder, name] = /^\/(?:(module|guests)\/)?([\w.-]+)$/.exec(path) ?? [];
  if (path === "/hop.wasm") return readFileSync(guest);
  if (folder === "module") return extname(name) === ".js" ? placed(readFileSync(join(module, name))) : readFileSync(join(module, name));
  return readFileSync(new URL(name, folder === "guests" ? GUESTS : import.meta.url));
}

async function serve(isIsolated) {
  let tell;
  const word = new Promise((resolve) => (tell = resolve));
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    if (pathname === "/told") {
      let body = "";
      for await (const piece of request) body += piece;
      response.end();
      return tell(JSON.parse(body));
    }
    const headers = isIsolated ? ISOLATED : {};
    if (pathname === "/") return response.writeHead(200, { ...headers, "Content-Type": "text/html" }).end(`<!doctype html><title>Workers</title><script type=module src=/page.js></script>`);
    try {
      const bytes = file(pathname);
      return response.writeHead(200, { ...headers, "Content-Type": KINDS[extname(pathname)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      return response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, word, close: () => server.close() };
}

async function page(browser, isIsolated) {
  const server = await serve(isIsolated);
  const open = await OPEN[browser](`${server.url}${told.figures ? "?figures" : ""}`);
  const late = new Promise((_, reject) => setTimeout(reject, MINUTES * 60_000, new Error(`no word in ${MINUTES} minutes`)).unref());
  try {
    return { name: open.name, ...(await Promise.race([server.word, late, ...(open.failed ? [open.failed] : [])])) };
  } finally {
    await open.close();
    server.close();
  }
}

const rows = new Rows("workers");
for (const browser of browsers.split(",")) {
  for (const isIsolated of told.figures ? [true] : [true, false]) {
    const played = await page(browser, isIsolated).catch((error) => ({ name: browser, rows: [{ name: "page", failed: String(error) }] }));
    for (const { name, said, failed } of played.rows) {
      const where = `${browser}${isIsolated ? "" : ", not isolated"}: ${name}`;
      // A page that is isolated and shares nothing would be green for the wrong reason.
      const isWrong = !told.figures && /over/.test(said ?? "") && (said === "over shared memory") !== (isIsolated && !name.startsWith("ports"));
      if (failed || isWrong) rows.add(where, "failed", failed ?? said);
      else rows.add(where, "passed", typeof said === "number" ? said.toPrecision(4) : said);
    }
  }
}
process.exitCode = rows.end(json);
