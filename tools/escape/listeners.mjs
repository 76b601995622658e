//! Who counts what arrives: a TCP or UDP socket on loopback for each attempt, and a plain page. And who reads what names were looked up.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as plain } from "node:http";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One for each attempt in their order; none where it does not reach for the network. */
export const listeners = (attempts) => Promise.all(attempts.map(({ by }) => ({ tcp, udp, result: () => undefined, facts: () => undefined })[by]()));

async function tcp() {
  let count = 0, bytes = 0;
  const sockets = new Set();
  // An answer that any kind of reader takes for what it asked for is not needed: the connection counts.
  const server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => (bytes += data.length));
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-type: text/javascript\r\naccess-control-allow-origin: *\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: server.address().port,
    count: () => count,
    bytes: () => bytes,
    stop: () => new Promise((done) => {
      for (const socket of sockets) socket.destroy();
      server.close(done);
    }),
  };
}

async function udp() {
  let count = 0;
  const socket = createSocket("udp4", () => (count += 1));
  await new Promise((done) => socket.bind(0, "127.0.0.1", done));
  return { port: socket.address().port, count: () => count, stop: () => new Promise((done) => socket.close(done)) };
}

export const plainPage = () => servedPage("<!doctype html><title>plain</title><body>", []);

/** A page on loopback, and scripts beside it: `[path, bytes]`. */
export async function servedPage(html, files) {
  const scripts = new Map(files);
  const server = plain((request, response) => {
    const script = scripts.get(request.url);
    response.setHeader("content-type", script ? "text/javascript" : "text/html").end(script ?? html);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const stop = () => new Promise((done) => {
    server.closeAllConnections();
    server.close(done);
  });
  return { url: `http://127.0.0.1:${server.address().port}/`, stop };
}

/** The network's own log of a browser that is started with `args`. It has a word of a name that a page asks for, which `control(browser)` has one do; once the browser has ended `why(name)` says what is wrong: nothing, if nobody asked for that. */
export function lookedUp() {
  const folder = mkdtempSync(join(tmpdir(), "peerd-netlog-")), log = join(folder, "net.json");
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return {
    args: [`--log-net-log=${log}`],
    async control(browser) {
      const page = await browser.context.newPage();
      await page.goto("http://canary-page.example/").catch(() => {});
    },
    why(name) {
      const text = readFileSync(log, "utf8");
      return [!text.includes("canary-page") && "the log does not say what a page asks for", text.includes(name) && "it asked for a name"].filter(Boolean).join("; ");
    },
  };
}
