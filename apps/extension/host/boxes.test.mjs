//! Frames in pages of ours, which may be closed at any moment.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

let channel, release, told, boxes;
globalThis.BroadcastChannel = class {
  posted = [];

  constructor() {
    channel = this;
  }

  postMessage(data) {
    if (this.isClosed) throw new Error('it is closed');
    this.posted.push(data);
  }

  close() {
    this.isClosed = true;
  }
};
Object.defineProperty(globalThis, 'navigator', { value: { locks: { request: (_, work) => (release = work) } }, configurable: true });
const { Boxes } = await import('./boxes.js');

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval'] });
  told = [];
  boxes = new Boxes((message) => told.push(message));
  mock.timers.reset();
  boxes.open({ box: 3, page: 'p', kind: 'app', ticket: 't', port: { close() {} } });
});

test('a_page_that_is_closed_is_told_once', () => {
  release();
  release();
  boxes.close(3);
  assert.deepEqual(told, [{ gone: { number: 3, why: 'its page was closed' } }]);
});

test('one_that_was_ended_before_is_not', () => {
  boxes.close(3);
  release();
  assert.deepEqual(told, []);
  assert.deepEqual(channel.posted, [{ open: { kind: 'app', ticket: 't' } }, { end: true }]);
});

test('nor_one_that_said_why_itself', () => {
  channel.onmessage({ data: { gone: 'it went to another page' } });
  release();
  assert.deepEqual(told, [{ gone: { number: 3, why: 'it went to another page' } }]);
});
