//! The Worker that plays cases: starts the module once, then answers each case with its row.
import start, { play } from "./conformance.js";

const ready = start({ module_or_path: "./conformance_bg.wasm" });

self.onmessage = async ({ data: { name, text } }) => {
  try {
    await ready;
    self.postMessage(JSON.parse(play(name, text)));
  } catch (error) {
    self.postMessage({ trap: String(error) });
  }
};
