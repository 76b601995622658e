//! How long the host waits, and for what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from './patience.js';

// Looks once a second from `from` on; says when patience was over.
function overAt(patience, from, to) {
  for (let now = from; now <= to; now += 1_000) if (patience.isOver(now)) return now;
  return null;
}

test('a_worker_that_answers_is_kept_for_ever', () => {
  const patience = new Patience();
  for (let now = 0; now < 600_000; now += 1_000) {
    assert.equal(patience.isOver(now), false);
    patience.spoke();
  }
});

test('five_seconds_without_an_answer_are_too_many', () => {
  const patience = new Patience();
  patience.spoke();
  assert.equal(overAt(patience, 0, 20_000), 6_000);
});

test('a_worker_may_take_a_minute_to_load', () => {
  assert.equal(overAt(new Patience(), 0, 120_000), 61_000);
});

test('who_says_how_long_it_is_busy_is_left_alone_so_long', () => {
  const patience = new Patience();
  patience.spoke(30_000);
  assert.equal(overAt(patience, 0, 60_000), 31_000);
});

test('time_asleep_does_not_count', () => {
  const patience = new Patience();
  patience.spoke();
  assert.equal(patience.isOver(0), false);
  assert.equal(patience.isOver(3_600_000), false);
  assert.equal(overAt(patience, 3_601_000, 3_620_000), 3_606_000);
});
