//! What came of cells, as whoever made a notebook's file may have written it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

class Node {
  children = [];
  dataset = {};
  attributes = {};

  constructor(name) {
    this.name = name;
  }

  setAttribute(name, value) {
    this.attributes[name] = value;
  }

  append(...all) {
    this.children.push(...all);
  }

  get text() {
    return this.children.map((child) => (typeof child === 'string' ? child : child.text)).join('');
  }

  all(name) {
    return this.children.flatMap((child) => (typeof child === 'string' ? [] : [...(child.name === name ? [child] : []), ...child.all(name)]));
  }
}
globalThis.document = { createElement: (name) => new Node(name) };
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
globalThis.requestAnimationFrame = () => {};
const { outputs } = await import('./outputs.js');
const { markdown } = await import('./markdown.js');

const table = (resource) => outputs([{ output_type: 'display_data', data: { 'application/vnd.dataresource+json': resource } }])[0];
const chart = (spec) => outputs([{ output_type: 'display_data', data: { 'application/vnd.peerd.chart.v1+json': spec } }])[0];
// What throws when it is made text.
const WORDLESS = { toString: 1, valueOf: 1 };

test('a_table_without_end_is_cut', () => {
  const fields = Array.from({ length: 100_000 }, (_, n) => ({ name: `c${n}` }));
  const shown = table({ schema: { fields }, data: Array.from({ length: 10_000 }, () => ({ c0: 'x'.repeat(10_000), c1: { deep: 'y'.repeat(10_000) } })) });
  assert.equal(shown.all('th').length, 50);
  assert.equal(shown.all('td').length, 50 * 200);
  assert.ok(shown.all('td').every((cell) => cell.text.length <= 500));
  assert.match(shown.text, /200 of 10000 rows50 of 100000 columns$/);
});

test('a_small_table_is_whole', () => {
  const shown = table({ schema: { fields: [{ name: 'n', type: 'number' }, { name: 'o' }] }, data: [{ n: 0, o: { a: 1 } }, { n: null, o: false }] });
  assert.deepEqual(shown.all('td').map((cell) => cell.text), ['0', '{"a":1}', '', 'false']);
  assert.deepEqual(shown.all('p'), []);
});

test('words_that_are_none_are_left_out', () => {
  const [threw] = outputs([{ output_type: 'error', ename: WORDLESS, evalue: WORDLESS, traceback: [WORDLESS, 'at c1'] }]);
  assert.equal(threw.text, ': at c1');
  assert.equal(table({ schema: { fields: [{ name: WORDLESS, type: WORDLESS }] }, data: [{}] }).all('th')[0].text, '');
  const drawn = chart({ type: 'bar', title: WORDLESS, xTitle: WORDLESS, x: [WORDLESS], series: [{ name: WORDLESS, y: [WORDLESS, 1] }] });
  assert.equal(drawn.all('canvas')[0].attributes['aria-label'], 'bar chart; values, 2 points');
});

test('one_output_that_is_broken_leaves_the_others', () => {
  const drawn = outputs([{ output_type: 'stream', text: 'before' }, { output_type: 'display_data', data: null }, { output_type: 'display_data', data: { 'application/vnd.peerd.chart.v1+json': { type: WORDLESS, series: [1] } } }, null, { output_type: 'stream', text: 'after' }]);
  assert.deepEqual(drawn.map((it) => it.text), ['before', "[an output that can't be drawn]", "[an output that can't be drawn]", '[an output of a kind that is not known here]', 'after']);
});

test('markdown_is_drawn_and_what_is_nested_without_end_is_shown_as_it_was_written', () => {
  assert.deepEqual(markdown('# A *b*\n\n> - c\n').map((it) => [it.name, it.text]), [['h2', 'A b'], ['blockquote', 'c']]);
  const long = ['>'.repeat(10_000), '> '.repeat(5_000), '- '.repeat(5_000), '1. '.repeat(5_000), `${'*'.repeat(5_000)}a${'*'.repeat(5_000)}`, '*a '.repeat(200) + 'b*'.repeat(200), 'long '.repeat(10_000)];
  for (const text of long) {
    assert.deepEqual(markdown(text).map((it) => [it.name, it.text]), [['pre', text]], text.slice(0, 20));
  }
  assert.equal(markdown('*'.repeat(80))[0].name, 'hr');
});
