//! What came of a cell, drawn from data: each output is one of nbformat's, whoever wrote it, and is read as a stranger's.
import { el } from './dom.js';
import { chart } from './chart.js';
import { word } from './word.js';

// Limits, as guest/rich.js has them: whoever wrote the data need not have asked it.
const ROWS_MAX = 200;
const COLUMNS_MAX = 50;
const CELL_MAX = 500;
const TEXT_MAX = 100_000;
const PICTURES = ['image/png', 'image/jpeg'];

export function outputs(list) {
  return list.map((it) => {
    try {
      return output(it);
    } catch {
      return text('[an output that can\'t be drawn]', 'said faint');
    }
  });
}

function output(it) {
  switch (it?.output_type) {
    case 'stream': return text(joined(it.text).replace(/\n$/, ''), it.name === 'stderr' ? 'said err' : 'said');
    case 'error': return error(it);
    case 'execute_result': return el('div', { class: 'result', data: { testid: 'result' } }, data(it.data));
    case 'display_data': return el('div', { class: 'shown' }, data(it.data));
    default: return text('[an output of a kind that is not known here]', 'said faint');
  }
}

function data(bundle = {}) {
  const spec = bundle['application/vnd.peerd.chart.v1+json'];
  const drawn = spec && chart(spec);
  if (drawn) return drawn;
  const rows = table(bundle['application/vnd.dataresource+json']);
  if (rows) return rows;
  const words = joined(bundle['text/plain']);
  for (const mime of PICTURES) {
    const picture = joined(bundle[mime]).replace(/\s/g, '');
    if (picture && /^[A-Za-z0-9+/=]+$/.test(picture)) return el('img', { src: `data:${mime};base64,${picture}`, alt: words || 'a picture' });
  }
  // In an image an SVG has neither scripts nor a network.
  const svg = joined(bundle['image/svg+xml']);
  if (svg) return el('img', { src: `data:image/svg+xml,${encodeURIComponent(svg.toWellFormed())}`, alt: words || 'a drawing' });
  if (words || !bundle['text/html']) return text(words, 'said');
  return el('div', {}, el('p', { class: 'faint' }, 'HTML, which is not shown here; its text:'), text(joined(bundle['text/html']), 'said'));
}

function error({ ename, evalue, traceback }) {
  const trace = Array.isArray(traceback) ? traceback.filter((line) => typeof line === 'string').map((line) => line.replace(/\u001b\[[0-9;]*m/g, '')) : [];
  return el('div', { class: 'threw', data: { testid: 'threw' } },
    el('p', {}, el('strong', {}, word(ename ?? 'Error', CELL_MAX)), `: ${word(evalue, TEXT_MAX)}`),
    trace.length > 0 && el('pre', { class: 'trace' }, trace.join('\n').slice(0, TEXT_MAX)));
}

function table(resource) {
  const fields = resource?.schema?.fields, rows = resource?.data;
  if (!Array.isArray(fields) || !Array.isArray(rows)) return null;
  const kept = fields.slice(0, COLUMNS_MAX);
  const names = kept.map((field) => word(field?.name, CELL_MAX));
  const isNumber = kept.map((field) => field?.type === 'number' || field?.type === 'integer');
  const cell = (row, name, at) => {
    const value = row?.[name];
    const said = typeof value === 'object' && value !== null ? JSON.stringify(value).slice(0, CELL_MAX) : word(value, CELL_MAX);
    return el('td', isNumber[at] ? { class: 'number' } : {}, said);
  };
  const all = Number.isFinite(resource.rows) ? resource.rows : rows.length;
  const shown = rows.slice(0, ROWS_MAX);
  return el('div', { class: 'table', tabindex: 0, role: 'region', 'aria-label': `Table, ${all} rows` },
    el('table', { data: { testid: 'table' } },
      el('thead', {}, el('tr', {}, names.map((name, at) => el('th', { scope: 'col', class: isNumber[at] ? 'number' : null }, name)))),
      el('tbody', {}, shown.map((row) => el('tr', {}, names.map((name, at) => cell(row, name, at)))))),
    all > shown.length && el('p', { class: 'faint' }, `${shown.length} of ${all} rows`),
    fields.length > kept.length && el('p', { class: 'faint' }, `${kept.length} of ${fields.length} columns`));
}

function text(said, look) {
  return el('pre', { class: look }, said.length > TEXT_MAX ? `${said.slice(0, TEXT_MAX)}..` : said);
}

/** nbformat has text as one string or as lines. */
function joined(value) {
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : typeof value === 'string' ? value : '';
}
