//! The Worker that a machine lives in: whoever made it ends it, and the machine with it, whatever that does.
import { V86 } from './libv86.mjs';
import { Machine } from './machine.js';
import { Network } from './network.js';

let machine, network;

const begin = (image) => {
  machine = new Machine(V86, { ...image, wasm: new URL('./v86.wasm', import.meta.url).href }, told);
  network = new Network(machine, proxy, (news) => self.postMessage(news));
};

async function proxy() {
  const { default: init, Proxy } = await import('./proxy.js');
  await init({ module_or_path: new URL('./proxy_bg.wasm', import.meta.url) });
  return new Proxy();
}

function told(news) {
  if (network.took(news)) return;
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
  answer: (answer) => network.answer(answer),
  async ping({ call }) {
    await network.begin();
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
