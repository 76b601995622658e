//! What a file of AssemblyScript must be, and what is said of one that is not: every fault with its line and column.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import binaryen from 'binaryen';
import { compile } from './compile.js';

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const library = Object.fromEntries(['book.ts', 'outbox.ts', 'peerd.ts', 'values.ts'].map((name) => [`peerd/${name}`, read(name)]));
const COUNTER = `class State {
  total: f64 = 0
}
export function add(state: State, more: f64): f64 {
  state.total += more
  return state.total
}
`;

const faults = [
  ['a type error', COUNTER.replace('+= more', '+= "tea"'), /^counter\.ts:5:18: Type '~lib\/string\/String' is not assignable to type 'f64'/],
  ['a name that is none', COUNTER.replace('return state.total', 'return state.totals'), /^counter\.ts:6:16: Property 'totals' does not exist/],
  ['what is no sentence', COUNTER.replace('more: f64)', 'more: f64'), /^counter\.ts:4:\d+: /],
  ['no state', 'export function get(): i32 { return 1 }', /there is no class State/],
  ['a handler without the state', COUNTER + 'export function odd(n: i32): i32 { return n }', /^counter\.ts:8:17: the exported function odd is a handler: its first parameter is state: State/],
  ['two values', COUNTER + 'export function odd(state: State, n: i32, m: i32): i32 { return n }', /^counter\.ts:8:43: odd takes one value at most/],
  ['a generic handler', COUNTER + 'export function odd<T>(state: State, n: T): void {}', /^counter\.ts:8:17: odd can't be generic/],
  ['a state of what has no text', COUNTER.replace('total: f64 = 0', 'total: Set<f64> = new Set()'), /^counter\.ts:2:10: a Set can be neither kept nor sent/],
  ['a value of what has no text', COUNTER + 'export function odd(state: State, n: () => void): void {}', /^counter\.ts:8:38: a function can be neither/],
  ['an import', `import { x } from "./other"\n${COUNTER}`, /other/],
  ['an import from outside', `@external("env", "fetch") declare function fetch(): void\n${COUNTER.replace('return', 'fetch(); return')}`, /^counter\.ts:1:\d+: an actor imports nothing/],
];

for (const [what, text, expected] of faults) {
  test(`${what} is told with its place`, async () => {
    const { wrong, wasm } = await compile('counter', text, library);
    assert.equal(wasm, undefined);
    assert.match(wrong[0], expected);
  });
}

test('a module asks its host for nothing but emit, and equal texts are equal bytes', async () => {
  const [first, again] = [await compile('counter', COUNTER, library), await compile('counter', COUNTER, library)];
  assert.deepEqual(first.handles, ['add']);
  assert.deepEqual(first.wasm, again.wasm);
  // Node may not know its exceptions yet.
  const module = binaryen.readBinary(first.wasm);
  const imports = module.emitText().match(/\(import [^(]*/g);
  module.dispose();
  assert.deepEqual(imports, ['(import "peerd" "emit" ']);
  const words = [...new TextEncoder().encode('peerd.abi'), ...new Uint8Array(Uint32Array.of(1, 65_536, 65_576).buffer)];
  assert.ok(Buffer.from(first.wasm).includes(Buffer.from(words)), 'the section');
});
