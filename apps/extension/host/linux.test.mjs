//! The machine's keeper: what was asked of it, and what its programs ask.
import assert from 'node:assert/strict';
import { after, before, mock, test } from 'node:test';

// Of browsers, and of later Nodes.
Promise.withResolvers ??= () => {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  return it;
};

let frame;

class Element {
  style = {};
  contentWindow = { postMessage: (_, __, [port, control]) => Object.assign(this, { port, control }) };

  remove() {}
}
globalThis.document = { createElement: () => (frame = new Element()), body: { append: (it) => queueMicrotask(() => it.onload()) } };
globalThis.BroadcastChannel = class {
  postMessage() {}
};
const FILES = { 'linux/small/image.json': { image: 'small', hash: 'x', memory_mb: 1, files: {} } };
globalThis.fetch = async (path) => ({ ok: path in FILES || !path.endsWith('.json'), json: async () => FILES[path], text: async () => path, arrayBuffer: async () => new ArrayBuffer(8) });
const { Linux } = await import('./linux.js');

const turn = () => new Promise((done) => setImmediate(done));
async function turns(n = 20) {
  for (let at = 0; at < n; at++) await turn();
}

let linux, orders, port, said;
let hears = true;

// A machine that has begun; commands end when they are called `true`.
before(async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  console.error = () => {};
  linux = new Linux();
  [orders, said] = [[], []];
  linux.join((message) => hears && said.push(message) > 0);
  const ready = linux.asked({ op: 'ready' });
  while (!frame?.port) await turn();
  port = frame.port;
  port.onmessage = ({ data }) => {
    orders.push(data);
    if (data.order === 'ping') port.postMessage({ call: data.call, memory: 1 });
    if (data.order === 'save') port.postMessage({ call: data.call, failed: 'not in a test' });
    if (data.order === 'run' && data.what === 'true') port.postMessage({ job: data.job, exit: 0 });
  };
  port.postMessage({ ready: true });
  await ready;
});
after(() => {
  linux.asked({ op: 'end' });
  frame.control.close();
  port.close();
  mock.timers.reset();
});

const run = (effect, command, more = {}) => linux.asked({ op: 'run', effect, command, line: `line ${effect}`, time_ms: 1_000, ...more });

test('what_still_runs_can_be_stopped_whatever_was_asked_since', async () => {
  run('first', 'sleep');
  await turns();
  const { job } = orders.find(({ order, what }) => order === 'run' && what === 'sleep');
  for (let n = 0; n < 100; n++) await run(`e${n}`, 'true');
  await linux.asked({ op: 'stop', effect: 'first' });
  await turns();
  assert.ok(orders.some((it) => it.order === 'kill' && it.job === job));
  port.postMessage({ job, exit: 137 });
  // What is over and old is forgotten; what is not so old is told again.
  assert.equal((await run('e99', 'true', { begun: true })).exit, 0);
  assert.deepEqual(await run('e0', 'true', { begun: true }), { unknown: true });
});

test('a_request_goes_to_whoever_speaks_for_its_line_and_is_refused_where_nobody_hears', async () => {
  run('asks', 'sleep');
  await turns();
  const { job, who } = orders.findLast(({ order }) => order === 'run');
  const ask = (ask, body) => port.postMessage({ asked: { ask, credentials: who, method: 'POST', url: 'https://example.com/', headers: [['a', 'b']], body } });
  ask(1, new Uint8Array(200_000).fill(65));
  await turns();
  assert.deepEqual(said, [{ line: { name: 'line asks', say: { Ask: { number: 1, method: 'POST', url: 'https://example.com/', headers: [['a', 'b']], body: btoa('A'.repeat(200_000)) } } } }]);
  hears = false;
  ask(2);
  await turns();
  assert.deepEqual(orders.at(-1), { order: 'answer', ask: 2, fail: { status: 503, why: 'peerd starts again' } });
  port.postMessage({ job, exit: 0 });
  await turns();
});
