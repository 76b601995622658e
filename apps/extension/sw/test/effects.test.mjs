//! An effect's name is good for one try, whoever asks again.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { fakeChrome } from './chrome.mjs';

let fake = fakeChrome();
const { inspected, once, probe } = await import('../effects.js');

beforeEach(() => {
  fake = fakeChrome();
});

// What a service worker that was killed in the middle leaves behind.
const leaveBegun = (effect, op, before) => fake.kept.set(`effect/${effect}`, { op, state: 'begun', before });

test('an_effect_happens_once_and_its_answer_is_given_again', async () => {
  let times = 0;
  const act = async () => ({ times: (times += 1) });
  assert.deepEqual(await once('e', 'click', {}, act), { times: 1 });
  assert.deepEqual(await once('e', 'click', {}, act), { times: 1 });
  assert.deepEqual(await probe('e'), { state: 'done', answer: { times: 1 } });
});

test('it_is_noted_as_begun_before_it_is_dispatched', async () => {
  await once('e', 'click', { tab: 1 }, async () => {
    assert.deepEqual(fake.kept.get('effect/e'), { op: 'click', state: 'begun', before: { tab: 1 } });
    return {};
  });
});

test('an_effect_that_was_asked_about_first_never_begins', async () => {
  assert.deepEqual(await probe('e'), { state: 'unknown' });
  await assert.rejects(once('e', 'click', {}, () => assert.fail('it began')), { kind: 'void' });
  assert.deepEqual(await probe('e'), { state: 'unknown' });
});

test('of_two_that_begin_at_once_one_does', async () => {
  let times = 0;
  const act = async () => ({ times: (times += 1) });
  const both = await Promise.allSettled([once('e', 'click', {}, act), once('e', 'click', {}, act)]);
  assert.equal(times, 1);
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length >= 1, true);
});

test('a_failure_is_an_answer_too', async () => {
  const answer = await once('e', 'click', {}, async () => {
    throw new Error('No tab with id: 5.');
  });
  assert.equal(answer.err.kind, 'gone');
  assert.deepEqual(await probe('e'), { state: 'done', answer });
});

test('what_a_killed_worker_left_begun_is_looked_at', async () => {
  inspected('open', async ({ found }) => found && { state: 'done', answer: found });
  inspected('shut', async () => ({ state: 'void' }));
  leaveBegun('a', 'open', { found: { tab: 7 } });
  leaveBegun('b', 'open', {});
  leaveBegun('c', 'shut', {});
  leaveBegun('d', 'opaque', { url: 'x' });
  assert.deepEqual(await probe('a'), { state: 'done', answer: { tab: 7 } });
  assert.deepEqual(await probe('b'), { state: 'begun', before: {} });
  assert.deepEqual(await probe('c'), { state: 'unknown' });
  assert.deepEqual(await probe('d'), { state: 'begun', before: { url: 'x' } });
  await assert.rejects(once('d', 'opaque', {}, () => assert.fail('it began again')), { kind: 'begun' });
});

test('a_probe_of_what_is_still_going_on_waits_for_it', async () => {
  const { promise, resolve } = deferred();
  const work = once('e', 'click', {}, () => promise);
  const asked = probe('e');
  resolve({ ok: true });
  await work;
  assert.deepEqual(await asked, { state: 'done', answer: { ok: true } });
});

test('the_journal_forgets_the_oldest', async () => {
  for (let n = 0; n < 310; n += 1) await once(`e${n}`, 'click', {}, async () => ({}));
  assert.equal(fake.kept.has('effect/e0'), false);
  assert.equal(fake.kept.has('effect/e309'), true);
  assert.equal([...fake.kept.keys()].filter((key) => key.startsWith('effect/')).length, 300);
});

function deferred() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
