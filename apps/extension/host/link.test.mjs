//! The link to the service worker: what is lost is said to be lost, what waits is sent again.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Link } from './link.js';

let ports;

// A service worker that can be killed: the port closes, and until the next one posting throws.
class Port {
  posted = [];
  #closed = false;
  #listeners = { message: [], disconnect: [] };
  onMessage = { addListener: (listener) => this.#listeners.message.push(listener) };
  onDisconnect = { addListener: (listener) => this.#listeners.disconnect.push(listener) };

  postMessage(message) {
    if (this.#closed) throw new Error('closed');
    this.posted.push(message);
  }

  say(message) {
    this.#listeners.message.forEach((listener) => listener(message));
  }

  close() {
    this.#closed = true;
    this.#listeners.disconnect.forEach((listener) => listener());
  }
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  ports = [];
  const connect = () => ports[ports.push(new Port()) - 1];
  globalThis.chrome = { runtime: { connect, lastError: undefined } };
});

test('what_was_asked_of_a_killed_service_worker_is_lost', () => {
  const answers = [];
  const link = new Link(() => {});
  link.ask({ op: 'tabs' }, (answer) => answers.push(answer));
  ports[0].close();
  assert.deepEqual(answers.map(({ err }) => err.kind), ['lost']);
  ports[0].say({ id: 1, answer: 'late' });
  assert.equal(answers.length, 1);
});

test('what_is_asked_in_between_waits_for_the_next_one', () => {
  const answers = [];
  const link = new Link(() => {});
  ports[0].close();
  link.ask({ op: 'tabs' }, (answer) => answers.push(answer));
  link.ask({ op: 'group' }, null);
  assert.deepEqual(answers, []);
  mock.timers.tick(100);
  assert.deepEqual(ports[1].posted, [{ id: 1, op: { op: 'tabs' } }, { id: 2, op: { op: 'group' } }]);
  ports[1].say({ id: 1, answer: [] });
  assert.deepEqual(answers, [[]]);
});

test('what_wants_no_answer_is_asked_until_it_was_heard', () => {
  const link = new Link(() => {});
  link.ask({ op: 'fence', origins: null }, null);
  ports[0].close();
  mock.timers.tick(100);
  assert.deepEqual(ports[1].posted, [{ id: 1, op: { op: 'fence', origins: null } }]);
  ports[1].say({ id: 1, answer: {} });
  ports[1].close();
  mock.timers.tick(100);
  assert.deepEqual(ports[2].posted, []);
});

test('events_are_heard_and_the_service_worker_is_kept_awake', () => {
  const heard = [];
  new Link((message) => heard.push(message));
  ports[0].say({ event: { event: 'hand', tab: 1 } });
  mock.timers.tick(20_000);
  assert.deepEqual(heard, [{ event: { event: 'hand', tab: 1 } }]);
  assert.deepEqual(ports[0].posted, [{ alive: true }]);
});
