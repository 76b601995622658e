//! A Chromium of our own, in a process group that can be killed at once, and pages whose Workers own a journal.
import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CHROMIUM, flags } from "../lib/chromium.mjs";

/** Limit: a browser that has not started by then won't. */
const START_MS = 30_000;
const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm" };
const PAGE = `<!doctype html><meta charset="utf-8"><title>journal</title><script>
let workers = {}, last = 0, asked = new Map();
window.renew = (name = "") => {
  workers[name]?.terminate();
  workers[name] = new Worker("worker.js", { type: "module" });
  workers[name].onmessage = ({ data }) => {
    if (data.landed !== undefined) return window.landed?.(data.landed, data.snapshots);
    asked.get(data.id)?.(data);
    asked.delete(data.id);
  };
};
window.ask = (call, words, name = "", port) => new Promise((done) => {
  asked.set(++last, done);
  workers[name].postMessage({ id: last, call, words }, port ? [port] : []);
});
window.join = (one, other) => {
  const { port1, port2 } = new MessageChannel();
  return Promise.all([window.ask("join", {}, one, port1), window.ask("join", {}, other, port2)]);
};
window.renew();
</script>`;

/** Serves the page, its Worker, and the module, all of one origin. */
export async function serve(module, worker = new URL("worker.js", import.meta.url)) {
  const server = createServer((request, answer) => {
    const path = new URL(request.url, "http://host").pathname.slice(1);
    if (!path) return answer.setHeader("content-type", "text/html").end(PAGE);
    try {
      const bytes = readFileSync(path === "worker.js" ? worker : join(module, path));
      answer.setHeader("content-type", KINDS[extname(path)] ?? "application/octet-stream").end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

export const profile = () => mkdtempSync(join(tmpdir(), "peerd-opfs-"));
export const forget = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

export async function launch(folder) {
  const port = join(folder, "DevToolsActivePort");
  rmSync(port, { force: true });
  const args = [...flags(), "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"];
  const child = spawn(CHROMIUM, args, { detached: true, stdio: "ignore" });
  const ended = new Promise((done) => child.once("exit", done));
  // It is in a group of its own: nobody else would end it.
  const abandon = () => group(child.pid, "SIGKILL");
  process.once("exit", abandon);
  const kill = async () => {
    process.off("exit", abandon);
    group(child.pid, "SIGKILL");
    await ended;
    while (group(child.pid, 0)) await wait(5);
  };
  try {
    // Without Playwright's own settings, by which every tab counts as seen.
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${await listening(port)}`, { noDefaults: true });
    const context = browser.contexts()[0];
    return { context, kill, pid: child.pid, page: (url) => open(context, url) };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** The browser and all that it started. False: none is left. */
function group(pid, signal) {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

async function listening(file) {
  for (const begun = Date.now(); Date.now() - begun < START_MS; await wait(20)) {
    try {
      const [port, path] = readFileSync(file, "utf8").split("\n");
      if (path) return port;
    } catch {
      // It is not there yet.
    }
  }
  throw new Error(`Chromium did not start within ${START_MS / 1000} s`);
}

/** A page with its Worker. `ask` answers with what the Worker answers, or throws its words. */
async function open(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  const ask = async (call, words = {}, name = "") => {
    const { value, error } = await page.evaluate(([call, words, name]) => window.ask(call, words, name), [call, words, name]);
    if (error) throw new Error(error);
    return value;
  };
  return {
    page, ask,
    renew: (name = "") => page.evaluate((name) => window.renew(name), name),
    join: (one, other) => page.evaluate(([one, other]) => window.join(one, other), [one, other]),
    landed: (hear) => page.exposeFunction("landed", hear),
    /** Names and sizes of what lies in the private file system; what goes meanwhile may be missing. */
    files: () => page.evaluate(async () => {
      const found = {};
      const list = async (folder, path) => {
        for await (const [name, handle] of folder.entries()) {
          if (handle.kind === "directory") await list(handle, `${path}${name}/`);
          else await handle.getFile().then(({ size }) => (found[path + name] = size), () => {});
        }
      };
      await list(await navigator.storage.getDirectory(), "");
      return found;
    }),
  };
}
