//! What a sandbox sends, and what of it is let through.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carried, line, news, tight } from './judge.js';

const ASKED = { ask: 1, credentials: 'terminal:x', method: 'GET', url: 'https://example.com/', headers: [['accept', '*/*']], body: new Uint8Array() };
const passes = (it) => assert.deepEqual(news(it)?.said, it);
const fails = (...all) => all.forEach((it) => assert.equal(news(it), null, JSON.stringify(it)));

test('a_view_of_a_large_buffer_is_as_large_as_that_and_goes_on_alone', () => {
  const view = new Uint8Array(new ArrayBuffer(1_000), 10, 1);
  assert.equal(carried(view), 1_000);
  assert.equal(tight(view).buffer.byteLength, 1);
  const whole = new Uint8Array(3);
  assert.equal(tight(whole), whole);
});

test('bytes_that_can_still_be_changed_are_none', () => {
  const all = [new ArrayBuffer(8, { maxByteLength: 16 }), new SharedArrayBuffer(8)].map((buffer) => new Uint8Array(buffer));
  for (const it of [...all, new Uint16Array(1), new ArrayBuffer(1), null, 'x', { byteLength: 1 }]) assert.equal(carried(it), null);
});

test('words_of_a_strangers_are_short_and_whole', () => {
  assert.equal(line('x'.repeat(1e6)).length, 200);
  assert.equal(line('a\ud800').isWellFormed(), true);
});

test('what_an_emulator_says_is_let_through', () => {
  passes({ ready: true });
  passes({ broken: 'the machine sent a frame of 0 bytes' });
  passes({ job: 3, out: Uint8Array.of(1) });
  passes({ job: 3, err: Uint8Array.of(1) });
  passes({ job: 3, exit: 125, why: 'the command is too long, or holds a NUL' });
  passes({ job: 2 ** 31 + 1, exit: 0 });
  passes({ call: 1, memory: 1e8 });
  passes({ call: 2, saved: { bytes: new ArrayBuffer(8), sent: 2 ** 32 - 1 } });
  passes({ call: 2, failed: 'something is under way in the machine' });
  passes({ call: 3, log: '' });
  passes({ asked: ASKED });
  passes({ abort: 0 });
});

test('its_texts_are_cut_and_a_body_that_is_not_there_is_empty', () => {
  const long = 'x'.repeat(1e6);
  assert.equal(news({ broken: long }).said.broken.length, 200);
  assert.equal(news({ job: 1, exit: 0, why: long }).said.why.length, 200);
  assert.equal(news({ call: 1, failed: long }).said.failed.length, 200);
  const { body, ...rest } = ASKED;
  assert.deepEqual(news({ asked: rest }).said, { asked: ASKED });
  assert.equal(news({ asked: { ...ASKED, url: 'https://x/\ud800' } }).said.asked.url, 'https://x/\ufffd');
});

test('what_it_brings_along_is_counted', () => {
  assert.equal(news({ job: 1, out: new Uint8Array(new ArrayBuffer(500), 0, 1) }).size, 500);
  assert.equal(news({ job: 1, out: new Uint8Array(new ArrayBuffer(500), 0, 1) }).said.out.buffer.byteLength, 1);
  assert.equal(news({ asked: { ...ASKED, body: new Uint8Array(70) } }).size, 70 + 'terminal:xGEThttps://example.com/accept*/*'.length);
});

test('all_else_is_no_message', () => {
  fails(undefined, null, 1, 'ready', [], {}, new Uint8Array(1), { ready: 'yes' }, { broken: {} }, { broken: '', more: 1 });
  fails({ job: 1 }, { job: '1', exit: 0 }, { job: 1, exit: 'x' }, { job: 1, exit: -1 }, { job: 1, exit: 0, why: {} }, { job: 1, out: 'text' }, { job: 1, out: Uint8Array.of(1), more: 1 });
  fails({ call: 1 }, { call: {}, memory: 1 }, { call: 1, memory: 'x' }, { call: 1, saved: {} }, { call: 1, saved: { bytes: new Uint8Array(1), sent: 0 } }, { call: 1, saved: { bytes: new ArrayBuffer(1) } });
  fails({ abort: {} }, { asked: null }, { asked: 'x' }, { asked: { ...ASKED, ask: 'x' } }, { asked: { ...ASKED, url: {} } }, { asked: { ...ASKED, url: 'x'.repeat(1e5) } });
  fails({ asked: { ...ASKED, body: 'text' } }, { asked: { ...ASKED, body: [1] } }, { asked: { ...ASKED, body: new Uint8Array(1 << 20) } }, { asked: { ...ASKED, body: new Uint8Array(new ArrayBuffer(1 << 20), 0, 1) } });
  fails({ asked: { ...ASKED, headers: {} } }, { asked: { ...ASKED, headers: [['a']] } }, { asked: { ...ASKED, headers: [['a', 1]] } }, { asked: { ...ASKED, headers: Array(200).fill(['a', 'b']) } });
});
