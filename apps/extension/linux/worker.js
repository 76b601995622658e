//! The Worker that a machine lives in: whoever made it ends it, and the machine with it, whatever that does.
import { V86 } from './libv86.mjs';
import { Machine } from './machine.js';

let machine;

const begin = (image) => {
  machine = new Machine(V86, { ...image, wasm: new URL('./v86.wasm', import.meta.url).href }, told);
};

function told(news) {
  const piece = news.out ?? news.err;
  self.postMessage(news, piece ? [piece.buffer] : []);
}

const orders = {
  begin,
  run: ({ job, ...what }) => machine.run(job, what),
  stdin: ({ job, bytes }) => machine.stdin(job, bytes),
  kill: ({ job }) => machine.kill(job),
  resize: ({ job, columns, rows }) => machine.resize(job, columns, rows),
  credit: ({ job, bytes }) => machine.credit(job, bytes),
  clock: () => machine.clock(Date.now(), crypto.getRandomValues(new Uint8Array(32))),
  async ping({ call }) {
    await machine.ping();
    self.postMessage({ call, memory: machine.memory() });
  },
  async save({ call }) {
    try {
      const saved = await machine.save();
      self.postMessage({ call, saved }, [saved.bytes]);
    } catch (error) {
      self.postMessage({ call, failed: error.message });
    }
  },
  log: ({ call }) => self.postMessage({ call, log: machine.log }),
};

self.addEventListener('message', ({ data: { order, ...with_ } }) => orders[order](with_));
