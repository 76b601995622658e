//! Pages of ours and a vat that is late.
import assert from 'node:assert/strict';
import test, { mock } from 'node:test';

const channels = new Set();
globalThis.BroadcastChannel = class {
  constructor() {
    channels.add(this);
  }

  postMessage(data) {
    for (const other of channels) if (other !== this) queueMicrotask(() => other.onmessage?.({ data }));
  }
};
globalThis.chrome = { runtime: { sendMessage: async () => {} } };
const { Link } = await import('./link.js');

test('what is wished before the vat is there is done when it is, once', async () => {
  const link = new Link({ works() {}, news() {}, problem() {} });
  const made = link.asked(null, { op: 'new' });
  const begun = link.begin();
  await new Promise((done) => setTimeout(done, 50));
  const heard = [], vat = new BroadcastChannel('peerd');
  const says = (update) => vat.postMessage(JSON.stringify({ update }));
  vat.onmessage = ({ data }) => {
    const { wish } = JSON.parse(data).command.Work;
    heard.push(wish.op);
    if (wish.op === 'list') says({ Works: { works: [] } });
    else says({ Work: { work: 7, news: { made: wish.token } } });
  };
  assert.equal((await made).work, 7);
  await begun;
  link.wish(7, { op: 'show' });
  await null;
  assert.deepEqual(heard, ['list', 'new', 'show']);
});

test('what_nothing_came_of_is_settled', async () => {
  channels.clear();
  mock.timers.enable({ apis: ['setTimeout'] });
  const shown = [];
  const link = new Link({ works() {}, news() {}, problem: (text) => shown.push(text) });
  const vat = new BroadcastChannel('peerd');
  const says = (update) => vat.postMessage(JSON.stringify({ update }));
  const [failed, deleted, lost] = [link.asked(7, { op: 'export' }), link.asked(8, { op: 'export' }), link.asked(9, { op: 'export' })];
  says({ Work: { work: 7, news: { problem: 'It did not start.' } } });
  says({ Work: { work: 8, news: { deleted: true } } });
  assert.deepEqual([await failed, await deleted], [null, null]);
  assert.deepEqual(shown, []);
  mock.timers.tick(60_000);
  assert.equal(await lost, null);
  assert.deepEqual(shown, ['peerd did not answer. Try it again.']);
  mock.timers.reset();
});
