//! A machine's frame, as an emulator that was taken over speaks in it.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

// Of browsers, and of later Nodes.
Promise.withResolvers ??= () => {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  return it;
};

let frame, box;

class Element {
  style = {};
  contentWindow = { postMessage: (_, __, [port, control]) => Object.assign(this, { port, control }) };

  remove() {
    this.removed = true;
  }
}
globalThis.document = { createElement: () => (frame = new Element()), body: { append: (it) => queueMicrotask(() => it.onload()) } };
globalThis.fetch = async (path) => ({ text: async () => path, arrayBuffer: async () => new ArrayBuffer(8) });
const { Box } = await import('./box.js');

const turn = () => new Promise((done) => setImmediate(done));
async function turns(n = 20) {
  for (let at = 0; at < n; at++) await turn();
}

/** `obeys`: what it says to each order. */
async function begin(obeys = () => undefined, options) {
  box = new Box({}, options);
  while (!frame.port) await turn();
  frame.port.onmessage = ({ data: { order, ...with_ } }) => {
    const said = obeys(order, with_);
    if (said) frame.port.postMessage(said);
  };
  return frame;
}

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }));
afterEach(() => {
  box.end('the test is over');
  frame.control.close();
  frame.port.close();
  mock.timers.reset();
});

test('a_machine_that_says_it_is_ready_and_never_obeys_is_ended', async () => {
  const { port } = await begin();
  const ready = box.ready();
  port.postMessage({ ready: true });
  await turns();
  assert.equal(box.ended, null);
  mock.timers.tick(180_000);
  await assert.rejects(ready, /it did not start in time/);
});

test('one_that_obeys_is_not', async () => {
  const { port } = await begin((order, { call }) => order === 'ping' && { call, memory: 1_000 });
  port.postMessage({ ready: true });
  await box.ready();
  mock.timers.tick(180_000);
  await turns();
  assert.deepEqual([box.ended, box.memory], [null, 1_000]);
});

test('an_answer_to_something_else_ends_it', async () => {
  const { port } = await begin((_, { call }) => call && { call, log: 'x' });
  port.postMessage({ ready: true });
  await assert.rejects(box.ready(), /it sent what is no message/);
});

const ASKED = { ask: 1, credentials: 'x', method: 'GET', url: 'https://example.com/', headers: [] };
const LONG = 'x'.repeat(1e6);
const many = (n, of) => Array.from({ length: n }, (_, at) => of(at));
const CASES = {
  'what_is_no_message_ends_it': [[{ what: 'ever' }], 'it sent what is no message'],
  'words_without_end_are_cut': [[{ broken: LONG }], 'x'.repeat(200)],
  'a_body_that_is_a_text_is_no_message': [[{ asked: { ...ASKED, body: LONG } }], 'it sent what is no message'],
  'a_body_that_is_too_large_is_no_message': [[{ asked: { ...ASKED, body: new Uint8Array(1 << 20) } }], 'it sent what is no message'],
  'a_view_of_what_is_large_is_counted_whole': [many(3, () => ({ job: 1, out: new Uint8Array(new ArrayBuffer(8 << 20), 0, 1) })), 'it sent too much at a time'],
  'bodies_are_counted': [many(100, (at) => ({ asked: { ...ASKED, ask: at, body: new Uint8Array(250 << 10) } })), 'it sent too much at a time'],
  'requests_without_end_are_too_many': [many(100, (at) => ({ asked: { ...ASKED, ask: at } })), 'it asked for too much at a time', { asked: () => {} }],
  'the_same_request_again_is_too_many': [many(2, () => ({ asked: ASKED })), 'it asked for too much at a time', { asked: () => {} }],
  'a_request_without_a_body_is_one': [[{ asked: ASKED }], null],
};
for (const [name, [all, why, options]] of Object.entries(CASES)) {
  test(name, async () => {
    const { port } = await begin(undefined, options);
    for (const news of all) port.postMessage(news);
    await turns(150);
    assert.equal(box.ended, why);
    assert.equal(frame.removed ?? false, why !== null);
  });
}

test('what_its_frame_says_is_cut', async () => {
  const { control } = await begin();
  control.postMessage({ gone: LONG });
  await turns();
  assert.equal(box.ended, 'x'.repeat(200));
});

test('why_a_job_ended_is_in_our_words_and_its_own_are_among_what_it_said', async () => {
  const { port } = await begin();
  const job = () => box.run({ what: 'true' }).then(({ exit, why, err }) => [exit, why, new TextDecoder().decode(err)]);
  const ended = job();
  port.postMessage({ job: 1, exit: 125, why: LONG });
  assert.deepEqual(await ended, [125, null, `${'x'.repeat(200)}\n`]);
  const broken = job();
  port.postMessage({ broken: LONG });
  assert.deepEqual(await broken, [137, 'the machine broke', '']);
  assert.equal(box.ended, 'x'.repeat(200));
});
