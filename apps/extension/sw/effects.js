//! The journal of what must not happen twice. An effect is noted as begun before it is dispatched and as done after, so that
//! whoever lost its answer can ask what came of it; an effect that was asked about before it began never begins.
//!
//!     (nothing) ── once ──▶ begun ──▶ done, with its answer
//!         └─────── probe ─▶ void
import { Failure, failure } from './failure.js';
import { change, forget, read } from './session.js';
import { within } from './limits.js';

// Limit: storage.session holds 10 MB; nobody asks about what is older.
const KEPT_MAX = 300;
const SETTLES_MS = 3_000;

// Effects this life of the service worker is busy with.
const running = new Map();
// How the state of a half-done effect is found out, by op.
const inspectors = new Map();

// `inspect(entry)` returns {state: 'done', answer}, {state: 'void'} when it surely did not and will not happen, or nothing.
export function inspected(op, inspect) {
  inspectors.set(op, inspect);
}

// Does `act` unless it was begun before. `before` is what an inspector compares with; `act` may note more with `note`.
export async function once(effect, op, before, act) {
  if (!running.has(effect)) {
    running.set(effect, begin(effect, { op, state: 'begun', before }, act).finally(() => running.delete(effect)));
  }
  return running.get(effect);
}

async function begin(effect, entry, act) {
  const there = await change(key(effect), null, (known) => (known ? undefined : entry));
  if (!there) return settledBefore(await read(key(effect)));
  const note = (more) => change(key(effect), entry, (known) => ({ ...known, before: { ...known.before, ...more } }));
  return finish(effect, () => act(note));
}

async function finish(effect, act) {
  const answer = await act().catch(failure);
  await change(key(effect), {}, (known) => ({ ...known, state: 'done', answer }));
  await trim(effect);
  return answer;
}

function settledBefore(entry) {
  if (entry.state === 'done') return entry.answer;
  throw new Failure(entry.state, entry.state === 'void' ? 'it was given up before it began' : 'it was begun before');
}

export async function probe(effect) {
  if (running.has(effect)) await within(SETTLES_MS, running.get(effect)).catch(() => {});
  const there = await change(key(effect), null, (known) => (known ? undefined : { state: 'void' }));
  const entry = there ?? (await read(key(effect)));
  if (entry.state === 'begun' && !running.has(effect)) return inspect(effect, entry);
  return told(entry);
}

async function inspect(effect, entry) {
  const found = await inspectors.get(entry.op)?.(entry.before, effect);
  if (!found) return told(entry);
  return told(await change(key(effect), entry, (known) => ({ ...known, ...found })));
}

function told({ state, before, answer }) {
  if (state === 'done') return { state, answer };
  return state === 'void' ? { state: 'unknown' } : { state, before };
}

const PREFIX = 'effect/';
const key = (effect) => PREFIX + effect;

// The order in which they were finished is good enough to tell old from new.
async function trim(effect) {
  const order = await change('effects', [], (order) => [...order, effect]);
  if (order.length <= KEPT_MAX) return;
  const old = order.slice(0, order.length - KEPT_MAX);
  await forget(old.map(key));
  await change('effects', [], (order) => order.filter((each) => !old.includes(each)));
}
