//! Plays scenarios off the page's own thread: a long one must not stop the drawing. Asked `{ id, call, words }`, it answers `{ id, told }`.
import start, { ReplayPage } from "./simpage.js";

const ready = start({ module_or_path: new URL("simpage_bg.wasm", import.meta.url) });
let replay;

const calls = {
  play(name, seed) {
    replay?.free();
    replay = ReplayPage.play(name, seed);
    return replay ? JSON.parse(replay.summary()) : null;
  },
  look: (line, from, count) => ({ nodes: JSON.parse(replay.nodes(line)), lines: JSON.parse(replay.lines(from, count)) }),
  next: (line) => replay.next(line),
};

self.onmessage = async ({ data: { id, call, words } }) => {
  await ready;
  try {
    self.postMessage({ id, told: calls[call](...words) });
  } catch (error) {
    // A panic is a bug that a seed found: the module is done for, and the page says so.
    self.postMessage({ id, broken: String(error) });
  }
};
