//! A cell as a function: what it declares is there for the next one, and lines stay where they are.
import test from 'node:test';
import assert from 'node:assert/strict';
import { cell } from './cell.js';

/** Runs cells one after the other on one scope, as the kernel does; the last one's result. */
async function run(...codes) {
  const scope = Object.create(Object.assign(Object.create(null), { given: 5 }));
  let result;
  for (const code of codes) {
    const { names, body } = cell(code);
    for (const name of names) scope[name] = undefined;
    result = await (0, eval)(`(async function () { with (this) { ${body}\n} })`).call(scope);
  }
  return result;
}

for (const [what, codes, wanted] of [
  ['a last expression is the result', ['1 + 1'], 2],
  ['also with a semicolon and a comment', ['1 + 1; // two'], 2],
  ['also in parentheses', ['(1, 2);'], 2],
  ['also an object', ['({ a: 1 }).a'], 1],
  ['a last statement has none', ['const a = 1;'], undefined],
  ['what is declared is there in the next cell', ['const a = 1, b = 2\nlet c', 'a + b + (c === undefined)'], 4],
  ['destructured, too', ['const { a, b: [c, ...d], ...e } = { a: 1, b: [2, 3], f: 4 }', '[a, c, d[0], e.f].join()'], '1,2,3,4'],
  ['functions, before their line', ['const two = twice(1); function twice(x) { return 2 * x }', 'twice(two)'], 4],
  ['classes', ['class A { x = 7 }\nnew A().x', 'new A().x'], 7],
  ['and awaited', ['const a = await Promise.resolve(3)', 'await a'], 3],
  ['a line without its semicolon is not joined to the next', ['const f = (x) => x\nconst g = 2\nlet h = f\n;[g, h(1)].join()'], '2,1'],
  ['a function sees what a later cell sets', ['let n = 1\nfunction get() { return n }', 'n = 2', 'get()'], 2],
  ['names that a Worker has', ['const name = "a", status = "b", close = "c"', 'name + status + close'], 'abc'],
  ['what is given can be shadowed', ['const given = 1', 'given'], 1],
  ['what loops declare stays theirs', ['let s = 0; for (let i = 0; i < 3; i++) s += i; s'], 3],
]) test(what, async () => assert.deepEqual(await run(...codes), wanted));

test('lines stay where they are', () => {
  const code = 'const a = 1\nfunction f() {}\nclass B {}\n\na';
  assert.equal(cell(code).body.split('\n').length, code.split('\n').length);
});

test('what is no script says where', () => assert.throws(() => cell('const a = 1\nconst = 2'), (error) => error.loc.line === 2));
