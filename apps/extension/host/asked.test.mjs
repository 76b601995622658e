//! Rows of origins, and a pointer above one of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Asked } from './asked.js';

const origins = (rows) => rows.map(({ origin, isGranted }) => `${isGranted ? '+' : ''}${origin}`);

test('a_row_stays_where_it_is', () => {
  const asked = new Asked();
  assert.deepEqual(origins(asked.rows(['a'], ['b', 'c'])), ['+a', 'b', 'c']);
  assert.deepEqual(origins(asked.rows(['a'], ['c', 'd'])), ['+a', 'b', 'c', 'd']);
  assert.deepEqual(origins(asked.rows(['a', 'd', 'e'], ['c'])), ['+a', 'b', 'c', '+d', '+e']);
  assert.deepEqual(origins(asked.rows([], [])), ['a', 'b', 'c', 'd', 'e']);
});

test('code_that_asks_without_end_is_offered_no_more_but_what_is_granted_is_shown', () => {
  const asked = new Asked();
  for (let n = 0; n < 1_000; n++) asked.rows([], [`https://${n}.example`]);
  const rows = asked.rows(['https://mine.example'], []);
  assert.equal(rows.length, 25);
  assert.deepEqual(rows.at(-1), { origin: 'https://mine.example', isGranted: true, wasAsked: false });
});

test('a_click_right_after_something_moved_is_for_nothing', () => {
  const asked = new Asked();
  asked.rows([], ['a'], 1_000);
  assert.deepEqual([asked.isAimed(1_100), asked.isAimed(1_700)], [false, true]);
  asked.rows([], ['a'], 2_000);
  assert.equal(asked.isAimed(2_001), true, 'the same again moves nothing');
  asked.rows([], ['a', 'b'], 3_000);
  assert.equal(asked.isAimed(3_001), false);
  asked.moved(4_000);
  assert.equal(asked.isAimed(4_100), false);
});
