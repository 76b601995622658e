//! The page: starts the Worker, and over a port to it holds and gives refs of Goblins, without a connection of its own to them.
import { E, Far, open } from "/module/captp.js";

function begin() {
  const worker = new Worker("/interop/worker.js", { type: "module" }), asked = new Map();
  let last = 0;
  worker.onmessage = ({ data: { id, value, error } }) => {
    const [done, failed] = asked.get(id);
    asked.delete(id);
    error === undefined ? done(value) : failed(new Error(error));
  };
  worker.onerror = ({ message }) => asked.forEach(([, failed]) => failed(new Error(`the Worker broke: ${message}`)));
  const ask = (call, words, ports = []) => new Promise((...both) => (asked.set(++last, both), worker.postMessage({ id: last, call, words }, ports)));
  return { ask, end: () => worker.terminate() };
}

async function inWorker(call, words) {
  const { ask, end } = begin();
  return ask(call, words).finally(end);
}

window.names = () => inWorker("names", {});
window.play = (words) => inWorker("play", words);

/** On message ports to the Worker, and from there over WebSocket: a call, a pipelined chain, one of ours called by them, a broken promise. */
window.throughPort = async ({ hub }) => {
  const { ask, end } = begin(), captp = await open(), { port1, port2 } = new MessageChannel();
  try {
    const door = captp.connect(port1).fetch(await ask("stand", {}, [port2]));
    const theirs = E(door).enliven(hub);
    const said = await E(theirs).call(Far("ours", (...args) => ["ours", ...args]), "from there");
    if (String(said) !== "ours,from there") throw new Error(`it gave ${said}`);
    const all = E(theirs)["new-tally"]();
    for (const item of ["a", "b", "c"]) E(all).note(item);
    if (String(await E(all).all()) !== "a,b,c") throw new Error("the order is another");
    const kind = await E(E(theirs).fail()).anything().then(() => "kept", ({ kind }) => kind);
    if (kind !== "told") throw new Error(`a broken promise was ${kind}`);
  } finally {
    captp.stop();
    end();
  }
};
