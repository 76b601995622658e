//! A word with targets that Playwright does not list, such as the vat's Worker: the browser's own debugging socket.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Evaluates in the first target whose type and URL fit; throws with the list when there is none. */
export async function evaluateIn(browser, type, part, expression) {
  const [port, path] = readFileSync(join(browser.folder, "DevToolsActivePort"), "utf8").split("\n");
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  await new Promise((open, failed) => Object.assign(socket, { onopen: open, onerror: failed }));
  const waiting = new Map();
  let last = 0;
  socket.onmessage = ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    waiting.get(id)?.(error ? { error } : result);
  };
  const send = (method, params, sessionId) => new Promise((done) => {
    waiting.set(++last, done);
    socket.send(JSON.stringify({ id: last, method, params, sessionId }));
  });
  try {
    const { targetInfos } = await send("Target.getTargets", { filter: [{}] });
    const target = targetInfos.find((one) => one.type === type && one.url.includes(part));
    if (!target) throw new Error(`no ${type} with ${part}: ${targetInfos.map((one) => `${one.type} ${one.url}`).join(", ")}`);
    const { sessionId } = await send("Target.attachToTarget", { targetId: target.targetId, flatten: true });
    return await send("Runtime.evaluate", { expression }, sessionId);
  } finally {
    socket.close();
  }
}
