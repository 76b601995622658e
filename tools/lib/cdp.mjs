//! A word with the vat's Worker, which Playwright does not list: over the browser's own debugging socket.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const hostIn = (targets) => targets.find((one) => one.url.endsWith("/offscreen.html") && one.type !== "tab");

/** Closes the offscreen document, and the vat with it. */
export async function closeHost(browser) {
  const socket = await connect(browser);
  try {
    const { targetInfos } = await socket.send("Target.getTargets", { filter: [{}] });
    const host = hostIn(targetInfos);
    if (host) await socket.send("Target.closeTarget", { targetId: host.targetId });
    return Boolean(host);
  } finally {
    socket.close();
  }
}

/** Ends the whole browser at once: nothing of it is asked first. */
export async function killBrowser(browser) {
  const socket = await connect(browser);
  const { processInfo } = await socket.send("SystemInfo.getProcessInfo");
  const { id } = processInfo.find((process) => process.type === "browser");
  process.kill(id, "SIGKILL");
  for (;;) {
    await new Promise((done) => setTimeout(done, 25));
    try {
      process.kill(id, 0);
    } catch {
      return;
    }
  }
}

/** Evaluates in the Worker of the extension's offscreen document. */
export async function evaluateInVat(browser, expression) {
  const socket = await connect(browser);
  try {
    const { targetInfos } = await socket.send("Target.getTargets", { filter: [{}] });
    const host = hostIn(targetInfos);
    if (!host) throw new Error(`no offscreen document: ${targetInfos.map((one) => `${one.type} ${one.url}`).join(", ")}`);
    const { sessionId } = await socket.send("Target.attachToTarget", { targetId: host.targetId, flatten: true });
    const attached = socket.event("Target.attachedToTarget", ({ targetInfo }) => targetInfo.type === "worker");
    await socket.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true }, sessionId);
    const worker = await attached;
    const { result } = await socket.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, worker.sessionId);
    return result?.value;
  } finally {
    socket.close();
  }
}

async function connect(browser) {
  const [port, path] = readFileSync(join(browser.folder, "DevToolsActivePort"), "utf8").split("\n");
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  await new Promise((open, failed) => Object.assign(socket, { onopen: open, onerror: failed }));
  const answers = new Map();
  const listeners = [];
  let last = 0;
  socket.onmessage = ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(data);
    if (id) answers.get(id)?.(error ? { error } : result);
    else for (const hear of listeners) hear(method, params);
  };
  return {
    send: (method, params, sessionId) => new Promise((done) => {
      answers.set(++last, done);
      socket.send(JSON.stringify({ id: last, method, params, sessionId }));
    }),
    event: (wanted, test) => new Promise((done) => listeners.push((method, params) => {
      if (method === wanted && test(params)) done(params);
    })),
    close: () => socket.close(),
  };
}
