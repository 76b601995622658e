//! The Worker that a machine lives in, of an opaque origin: it has one port, by which it is given all that it needs. Whoever made it ends it, and the
//! machine with it, whatever that does.
import { V86 } from 'v86';
import init, { Proxy } from 'proxy';
import { narrow } from '../guest/realm.js';
import { Machine } from './machine.js';
import { Network } from './network.js';

// The emulator takes turns by a Worker of its own.
narrow(self, ['Worker']);

let port, machine, network;

// `wasm`, `proxy`: bytes, because nothing can be fetched from here.
const begin = ({ image, wasm, proxy }) => {
  const instance = async (imports) => (await WebAssembly.instantiate(wasm, imports)).instance.exports;
  machine = new Machine(V86, { ...image, wasm: instance }, told);
  network = new Network(machine, () => proxyOf(proxy), (news) => port.postMessage(news));
};

async function proxyOf(module) {
  if (!module) throw new Error('this build has no proxy');
  await init({ module_or_path: module });
  return new Proxy();
}

function told(news) {
  if (network.took(news)) return;
  const piece = news.out ?? news.err;
  port.postMessage(news, piece ? [piece.buffer] : []);
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
    port.postMessage({ call, memory: machine.memory() });
  },
  async save({ call }) {
    try {
      const saved = await machine.save();
      port.postMessage({ call, saved }, [saved.bytes]);
    } catch (error) {
      port.postMessage({ call, failed: error.message });
    }
  },
  log: ({ call }) => port.postMessage({ call, log: machine.log }),
};

self.onmessage = ({ data }) => {
  self.onmessage = null;
  port = data.port;
  port.onmessage = ({ data: { order, ...with_ } }) => orders[order](with_);
};
