//! The task pages: PyPI's miniwob at one version, checked by its hash, unpacked below target/ and served on loopback.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const VERSION = "1.1.0";
const SHA256 = "297006e84219d56ad037e843527ed773a4a82509dc43b6031ec4a3ad3e3e61d9";
const HERE = new URL("../../target/miniwob/", import.meta.url).pathname;
const WHEEL = join(HERE, `miniwob-${VERSION}-py3-none-any.whl`);
export const PAGES = join(HERE, "miniwob/html");

/** Fetches and unpacks what is missing. Throws with the one command to type. */
export function ensure() {
  if (existsSync(join(PAGES, "miniwob/click-test.html"))) return;
  mkdirSync(HERE, { recursive: true });
  if (!existsSync(WHEEL)) pip();
  const hash = createHash("sha256").update(readFileSync(WHEEL)).digest("hex");
  if (hash !== SHA256) throw new Error(`${WHEEL} is not the package that was locked (its SHA-256 is ${hash})`);
  execFileSync("python3", ["-m", "zipfile", "-e", WHEEL, HERE]);
}

function pip() {
  const words = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", HERE, `miniwob==${VERSION}`];
  try {
    execFileSync("python3", words, { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    throw new Error(`python3 -m pip could not fetch miniwob ${VERSION} (${String(error.stderr ?? error.message).trim().split("\n").at(-1)}); on Debian: apt-get install python3-pip`);
  }
}

/** Is there a page for it? */
export const has = (task) => existsSync(join(PAGES, "miniwob", `${task}.html`));

const KINDS = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css", ".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg", ".svg": "image/svg+xml", ".json": "application/json" };

/** Serves the pages as they are. */
export async function serve() {
  const server = createServer((incoming, outgoing) => {
    const path = normalize(decodeURIComponent(new URL(incoming.url, "http://pages").pathname));
    try {
      const bytes = readFileSync(join(PAGES, path));
      outgoing.writeHead(200, { "content-type": KINDS[extname(path)] ?? "application/octet-stream", "cache-control": "max-age=600" }).end(bytes);
    } catch {
      outgoing.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}
