//! What is said to a vat that is starting.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

let worker;
globalThis.Worker = class {
  posted = [];
  heard = {};

  constructor() {
    worker = this;
  }

  addEventListener(what, heard) {
    this.heard[what] = heard;
  }

  postMessage(text) {
    this.posted.push(JSON.parse(text));
  }

  terminate() {}
};
Object.defineProperty(globalThis, 'navigator', { value: { storage: {} }, configurable: true });
const { Keeper } = await import('./keeper.js');

async function starting() {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const told = [];
  const keeper = new Keeper({ ask() {} }, { closeAll() {} }, { join() {}, left() {} }, async () => ({}), (why) => told.push(why));
  await keeper.start();
  mock.timers.reset();
  return { keeper, told, says: (message) => worker.heard.message({ data: JSON.stringify(message) }) };
}

test('what_is_said_while_it_starts_is_heard_in_its_order', async () => {
  const { keeper, says } = await starting();
  assert.deepEqual([keeper.tell({ a: 1 }), keeper.tell({ a: 2 })], [true, true]);
  assert.deepEqual(worker.posted, [{ boot: {} }]);
  says({ ready: true });
  keeper.tell({ a: 3 });
  assert.deepEqual(worker.posted.slice(1), [{ a: 1 }, { a: 2 }, { a: 3 }]);
});

test('what_is_too_much_to_be_kept_is_refused', async () => {
  const { keeper, says } = await starting();
  for (let n = 0; n < 2_000; n++) assert.equal(keeper.tell({ n }), true);
  assert.equal(keeper.tell({ n: 2_000 }), false);
  says({ ready: true });
  assert.equal(worker.posted.length, 2_001);
  const next = await starting();
  assert.equal(next.keeper.tell({ text: 'x'.repeat(40 << 20) }), false);
  assert.equal(next.keeper.tell({ text: 'x'.repeat(20 << 20) }), true);
  assert.equal(next.keeper.tell({ text: 'x'.repeat(20 << 20) }), false);
});

test('a_vat_that_does_not_start_hears_nothing', async () => {
  const { keeper, told, says } = await starting();
  console.error = () => {};
  says({ refused: 'its files are damaged' });
  assert.equal(keeper.tell({ a: 1 }), false);
  assert.deepEqual(told, ['its files are damaged', 'its files are damaged']);
});
