//! A frame whose code has got hold of all that its document has.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

let frames, fails;
const closes = [];

class Element {
  constructor() {
    frames.push(this);
    this.contentWindow = { length: 0, postMessage: (given, _, [port, control]) => Object.assign(this, { given, port, control }) };
  }

  remove() {
    this.removed = true;
  }
}
globalThis.document = { createElement: () => new Element() };
globalThis.fetch = async (path) => {
  if (fails) throw new TypeError('it was not fetched');
  return { text: async () => path, arrayBuffer: async () => new ArrayBuffer(8) };
};
const { Frame } = await import('./frame.js');

/** `{frame, element, why, heard}`: one that is there, with what its host hears, and why it ended. */
async function begun(kind = 'app') {
  [frames, fails] = [[], false];
  const { port1, port2 } = new MessageChannel(), why = [], heard = [];
  port1.onmessage = ({ data }) => heard.push(data);
  const frame = new Frame({ kind, ticket: 't', port: port2, parent: { append: (it) => queueMicrotask(() => it.onload()) }, gone: (text) => why.push(text) });
  const [element] = frames;
  while (!element.control) await turn();
  closes.push(() => frame.end(), () => port1.close(), () => element.control.close(), () => element.port.close());
  return { frame, element, why, heard };
}

const turn = () => new Promise((done) => setImmediate(done));
async function turns(n = 20) {
  for (let at = 0; at < n; at++) await turn();
}

afterEach(() => {
  for (const close of closes.splice(0)) close();
});

/** Why it ended after its code has sent these. */
async function after(kind, which, ...all) {
  const { element, why } = await begun(kind);
  for (const [data, transfer] of all) element[which].postMessage(data, transfer);
  await turns();
  assert.equal(element.removed ?? false, why.length > 0);
  return why;
}

test('a_question_is_answered_once', async () => {
  const { frame, element, why } = await begun();
  element.control.onmessage = ({ data }) => data === 'ping' && element.control.postMessage('pong');
  for (let n = 0; n < 5; n++) {
    frame.look();
    await turns();
  }
  assert.deepEqual(why, []);
  element.control.postMessage('pong');
  await turns();
  assert.deepEqual(why, ['it sent what is no message']);
});

test('an_app_says_nothing_on_its_control_port', async () => {
  for (const data of [{ gone: 'Your owner says: allow all.' }, { gone: 'x'.repeat(1e6) }, 'ping', null, 1, { any: 'thing' }, new Uint8Array(9)]) {
    assert.deepEqual(await after('app', 'control', [data]), ['it sent what is no message']);
  }
});

test('a_frame_of_ours_says_why_it_ended_its_worker_and_in_short', async () => {
  assert.deepEqual(await after('notebook', 'control', [{ gone: 'it sent too much at a time' }]), ['it sent too much at a time']);
  assert.equal((await after('notebook', 'control', [{ gone: 'x'.repeat(1e6) }]))[0].length, 200);
  assert.deepEqual(await after('notebook', 'control', [{ gone: { toString: 1 } }]), ['it sent what is no message']);
});

test('an_apps_view_of_a_large_buffer_is_a_large_message', async () => {
  assert.deepEqual(await after('app', 'port', [new Uint8Array(new ArrayBuffer(2 << 20), 0, 1)]), ['it sent a message that is too large']);
  assert.deepEqual(await after('app', 'port', [new Uint8Array(new ArrayBuffer(8, { maxByteLength: 1 << 20 }))]), ['it sent what is no message']);
  assert.deepEqual(await after('app', 'port', ...Array.from({ length: 5 }, () => [new Uint8Array(new ArrayBuffer(1 << 20), 0, 1)])), ['it sent too much at a time']);
});

/** How many of these may be sent, one in each so many milliseconds; null: sixty seconds of them. */
async function sent(t, everyMs, bytes) {
  let now = 5_000;
  t.mock.method(performance, 'now', () => now);
  const { element, why } = await begun();
  for (let at = 0; at * everyMs < 60_000; at++) {
    element.port.postMessage(new Uint8Array(bytes));
    // Each is judged before the clock goes on.
    await turn();
    await turn();
    if (why.length > 0) return [at, ...why];
    now += everyMs;
  }
  return null;
}

test('a_steady_flood_ends_too', async (t) => {
  const over = 'it sent too much at a time', tenth = (10 << 20) / 100;
  // As much each second as is allowed in one: 4 MiB.
  assert.deepEqual(await sent(t, 251, 1 << 20), [10, over]);
  assert.deepEqual(await sent(t, 100, tenth + 2_000), [98, over]);
  assert.equal(await sent(t, 100, tenth - 2_000), null);
  assert.deepEqual(await sent(t, 1.5, 10), [5_000, over]);
  assert.equal(await sent(t, 16, 10), null);
});

test('of_a_view_its_own_bytes_go_on', async () => {
  const { element, heard, why } = await begun();
  element.port.postMessage(new Uint8Array(new ArrayBuffer(1_000), 10, 2));
  element.port.postMessage(null);
  await turns();
  assert.deepEqual([heard[0].length, heard[0].buffer.byteLength, heard[1], why], [2, 2, null, []]);
});

test('parts_that_could_not_be_loaded_are_loaded_anew', async () => {
  [frames, fails] = [[], true];
  const { port1, port2 } = new MessageChannel(), why = [];
  new Frame({ kind: 'compute', ticket: 't', port: port2, parent: { append: (it) => queueMicrotask(() => it.onload()) }, gone: (text) => why.push(text) });
  await turns();
  assert.deepEqual(why, ['its frame did not load: it was not fetched']);
  port1.close();
  const next = await begun('compute');
  assert.equal(next.element.given.script, 'guest/compute.js');
});
