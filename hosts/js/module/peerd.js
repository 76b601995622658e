//! Actors in JavaScript: `start` runs a vat here, `open` runs one in a Worker of its own. See `peerd.d.ts` and examples/js.
import init, { Kernel } from "./kernel.js";
import { Pump } from "./pump.js";
import { System } from "./system.js";

export { Down, Exit, Reply, Start, Timer } from "./events.js";
export { Ref } from "./ref.js";
export { CallFailed, System } from "./system.js";

const WASM = new URL("./kernel_bg.wasm", import.meta.url);
let ready;

async function load() {
  const isNode = globalThis.process?.versions?.node !== undefined;
  const source = isNode ? (await import("node:fs/promises")).readFile(WASM) : WASM;
  await init({ module_or_path: await source });
}

/** A vat on this thread. `behaviours` are functions by name: the exports of a module will do. */
export async function start(behaviours, options = {}) {
  await (ready ??= load());
  return new System((said) => new Pump(Kernel, functions(behaviours), { ...options, said }));
}

/** A vat in a Worker, with the behaviours that the module at `url` exports. */
export async function open(url, { reported = console.error } = {}) {
  const worker = new Worker(new URL("./vat.js", import.meta.url), { type: "module" });
  let hear;
  const system = new System((said) => {
    hear = said;
    return {
      tell: (text, table) => worker.postMessage({ text, table }),
      rows: () => new Promise((resolve) => ask(worker, { rows: true }, resolve)),
      advance: () => { throw new TypeError("time in a Worker is the host's"); },
      stop: () => worker.terminate(),
    };
  });
  await new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      if (data.failed) reject(new Error(data.failed));
      else if (data.opened) resolve();
      else if (data.report) reported(data.report);
      else if (data.text) hear(data.text, data.table);
    };
    worker.postMessage({ open: String(new URL(url, globalThis.location?.href)) });
  });
  return system;
}

function ask(worker, question, resolve) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    port1.close();
    resolve(data);
  };
  worker.postMessage(question, [port2]);
}

function functions(behaviours) {
  const named = Object.entries(behaviours).filter(([, behaviour]) => typeof behaviour === "function");
  if (!named.length) throw new TypeError("no behaviour: give functions (state, message, cx) by name");
  return Object.fromEntries(named);
}

/** For `vat.js`: the pump of a Worker. */
export async function pump(behaviours, options) {
  await (ready ??= load());
  return new Pump(Kernel, functions(behaviours), options);
}
