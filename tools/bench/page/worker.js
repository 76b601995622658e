//! The kernel in a Worker: a line in, an answer out, all of it inside one call of the module.
let exports;

async function start(module) {
  const instance = await WebAssembly.instantiate(module, { page: { now: () => performance.now() * 1e6 } });
  exports = instance.exports;
}

// The buffer is asked for after each call: a call may have grown the memory.
function at(pointer, length) {
  return new Uint8Array(exports.memory.buffer, pointer, length);
}

function ask(line) {
  const bytes = new TextEncoder().encode(line);
  const pointer = exports.line(bytes.length);
  at(pointer, bytes.length).set(bytes);
  const length = exports.ask();
  const answer = exports.line(length);
  return new TextDecoder().decode(at(answer, length).slice());
}

self.onmessage = async ({ data }) => {
  try {
    if (data.module) await start(data.module);
    self.postMessage(data.line ? ask(data.line) : "ok");
  } catch (error) {
    self.postMessage(`failed ${String(error?.stack ?? error).replaceAll("\n", " | ")}`);
  }
};
