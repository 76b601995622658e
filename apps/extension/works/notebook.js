//! The page of notebooks: cells to write and run, what came of them, files beside them. It draws what the vat says and holds nothing of its own.
import { CellView } from './cellview.js';
import { base64, button, choose, download, el, icon, iconButton, size, sure, unbase64 } from './dom.js';
import { Link } from './link.js';
import { Shelf, title } from './shelf.js';

const FILE_MAX = 512 << 10;

let shown = Number(new URLSearchParams(location.search).get('n')) || null;
let works = [];
let book = null;
let cells = [];
// Where the keyboard is to be when the vat has done what was wished.
let focusNext = null;
let lastKey = '';

const link = new Link({
  works(list) {
    works = list;
    shelf.show(works, shown);
    const mine = works.find((work) => work.id === shown && work.kind === 'notebook');
    if (!mine && book === null) open(works.find((work) => work.kind === 'notebook')?.id ?? null);
  },
  news(work, news) {
    if (news.made) return;
    if (work !== shown) return;
    if (news.whole?.kind === 'notebook') showWhole(news.whole);
    else if (news.cell) showCell(news.cell);
    else if (news.files) showFiles(news.files);
    else if (news.kernel) showKernel(news.kernel, news.lost);
    else if (news.file) download(news.file.path.split('/').at(-1), unbase64(news.file.base64), 'application/octet-stream');
    else if (news.problem) problem(news.problem);
    else if (news.deleted) open(works.find((other) => other.kind === 'notebook' && other.id !== work)?.id ?? null);
  },
  problem,
});
const wish = (op, more = {}) => shown !== null && link.wish(shown, { op, ...more });

// ---- what there is on the page ------------------------------------------------------------------------------------------------

const files = el('ul', { class: 'rows files', data: { testid: 'files' } });
const origins = el('ul', { class: 'rows origins', data: { testid: 'origins' } });
const originField = el('input', { placeholder: 'https://example.com', 'aria-label': 'An origin that its cells may read from', data: { testid: 'origin' } });
const beside = el('div', { class: 'beside' },
  el('h2', {}, 'Files', iconButton('into', 'Attach a file', attach, { data: { testid: 'attach' } })), files,
  el('h2', {}, 'Network'), origins,
  el('form', { class: 'in-line', onsubmit: (event) => {
    event.preventDefault();
    const origin = originField.value.trim();
    if (origin) wish('origins', { origins: [...(book?.origins ?? []), origin] });
    originField.value = '';
  } }, originField, el('button', { class: 'plain' }, 'Allow')));
const shelf = new Shelf({
  kind: 'notebook', title: 'Notebooks', other: { href: 'apps.html', title: 'Apps' }, chosen: open, wish: (work, what) => link.wish(work, what),
  buttons: [button('add', 'New', make, { data: { testid: 'new' } }), button('into', 'Import', importFile, { data: { testid: 'import' } })],
  below: [beside],
});
const name = title('Name of the notebook', (text) => wish('rename', { name: text }));
const state = el('p', { class: 'state', role: 'status', data: { testid: 'kernel' } });
const stop = button('stop', 'Stop', () => wish('stop'), { class: 'plain stop', data: { testid: 'stop' } });
const head = el('header', { class: 'head' }, name.field, state,
  stop, button('all', 'Run all', runAll, { data: { testid: 'run-all' } }), button('again', 'Restart', () => wish('restart'), { data: { testid: 'restart' } }),
  iconButton('close', 'Clear all outputs', () => wish('clear'), { class: 'icon-button' }),
  button('out', 'Export', exportFile, { data: { testid: 'export' } }));
const told = el('div', { class: 'bar problem', role: 'alert', hidden: true, data: { testid: 'problem' } });
const list = el('div', { class: 'cells', data: { testid: 'cells' } });
const adds = el('div', { class: 'adds' },
  button('code', 'Code', () => add('code', cells.at(-1)?.cell.id), { data: { testid: 'add-code' } }),
  button('text', 'Text', () => add('markdown', cells.at(-1)?.cell.id), { data: { testid: 'add-text' } }),
  el('p', { class: 'faint keys' }, 'Shift+Enter runs and goes on · Ctrl+Enter runs · Esc leaves the editor, then a, b, d d, m, y and the arrows'));
const main = el('main', {}, head, told, el('div', { class: 'sheet' }, list, adds));
const empty = el('main', { class: 'nothing' }, el('div', { class: 'waiting' }, el('h1', {}, 'Notebooks'),
  el('p', {}, 'JavaScript in cells that share their variables, with tables, charts and files. It runs in a sandbox that reaches nothing by itself; the agent can write and run it, too.'),
  button('add', 'New notebook', make, { class: 'main-button' })));
document.body.append(shelf.element, empty);

// ---- what the vat says --------------------------------------------------------------------------------------------------------

function open(work) {
  shown = work;
  book = null;
  for (const view of cells) view.close();
  cells = [];
  told.hidden = true;
  history.replaceState(null, '', work === null ? 'notebook.html' : `notebook.html?n=${work}`);
  shelf.show(works, shown);
  beside.hidden = work === null;
  if (work === null) main.replaceWith(empty);
  else wish('show');
}

function showWhole(whole) {
  book = whole;
  document.title = `${whole.name} · peerd`;
  if (!main.isConnected) empty.replaceWith(main);
  name.show(whole.name);
  const old = new Map(cells.map((view) => [view.cell.id, view]));
  cells = whole.cells.map((cell) => {
    const view = old.get(cell.id);
    old.delete(cell.id);
    view?.show(cell);
    return view ?? new CellView(cell, (op, more) => does(cell.id, op, more));
  });
  for (const view of old.values()) view.close();
  // Only what is elsewhere is moved: an editor that is moved loses its focus.
  cells.forEach(({ element }, at) => list.children[at] !== element && list.insertBefore(element, list.children[at] ?? null));
  showFiles(whole.files);
  showOrigins(whole.origins);
  showKernel(whole.kernel, whole.lost);
  if (focusNext) go(focusNext);
}

function showCell(cell) {
  cells.find((view) => view.cell.id === cell.id)?.show(cell);
  showKernel(document.body.dataset.kernel, undefined);
}

function showKernel(kernel, lost) {
  document.body.dataset.kernel = kernel;
  const isBusy = cells.some(({ cell }) => cell.state === 'running' || cell.state === 'queued');
  stop.disabled = !isBusy;
  if (book && lost !== undefined) book.lost = lost;
  const words = { off: book?.lost ? 'Its variables are lost' : 'Not started', starting: 'Starting…', idle: 'Ready', busy: 'Running…' }[kernel];
  state.replaceChildren(el('span', { class: `dot ${kernel}` }), words);
  state.title = book?.lost ? `The last kernel is no more: ${book.lost}.` : book?.language ? `Its file says that it is in ${book.language}; its cells run as JavaScript.` : '';
}

function showFiles(now) {
  if (book) book.files = now;
  files.replaceChildren(...(now.length === 0 ? [el('li', { class: 'empty' }, 'None.')] : now.map(({ path, size: bytes }) => el('li', { class: 'row' },
    el('button', { type: 'button', class: 'row-main', title: `Download ${path}`, onclick: () => wish('file', { path }) }, el('span', { class: 'row-title' }, path), el('span', { class: 'faint' }, size(bytes))),
    iconButton('bin', `Delete ${path}`, async () => (await sure(`Delete the file “${path}”?`, 'Delete')) && wish('detach', { path }))))));
}

function showOrigins(now) {
  origins.replaceChildren(...(now.length === 0 ? [el('li', { class: 'empty' }, 'None. Its cells reach nothing.')] : now.map((origin) => el('li', { class: 'row' },
    el('span', { class: 'row-main row-title' }, origin), iconButton('close', `Take ${origin} back`, () => wish('origins', { origins: now.filter((other) => other !== origin) }))))));
}

function problem(text) {
  told.replaceChildren(icon('close'), el('p', {}, text), el('button', { type: 'button', class: 'plain', onclick: () => (told.hidden = true) }, 'Close'));
  told.hidden = false;
}

// ---- what a person does -------------------------------------------------------------------------------------------------------

async function make() {
  const made = await link.asked(null, { op: 'new', kind: 'notebook', then: { op: 'add', kind: 'code' } });
  if (!made) return;
  focusNext = { last: true, edit: true };
  open(made.work);
}

async function importFile() {
  const file = await choose('.ipynb,application/x-ipynb+json,application/json');
  if (!file) return;
  const text = await file.text();
  const made = await link.asked(null, { op: 'new', kind: 'notebook', name: free(file.name.replace(/\.(ipynb|json)$/, '')), then: { op: 'import', text } });
  if (made) open(made.work);
}

function free(wanted) {
  const taken = new Set(works.map((work) => work.name));
  let text = wanted;
  for (let n = 2; taken.has(text); n++) text = `${wanted} ${n}`;
  return text;
}

async function exportFile() {
  for (const view of cells) view.send();
  const answer = await link.asked(shown, { op: 'export' });
  if (answer) download(`${book.name.replace(/[^\p{L}\p{N}._ -]/gu, '_')}.ipynb`, answer.news.exported, 'application/x-ipynb+json');
}

async function attach() {
  const file = await choose('');
  if (!file) return;
  if (file.size > FILE_MAX) return problem(`A file has at most ${size(FILE_MAX)}; ${file.name} has ${size(file.size)}.`);
  wish('attach', { path: file.name, base64: base64(new Uint8Array(await file.arrayBuffer())) });
}

function runAll() {
  for (const view of cells) view.send();
  wish('run_all');
}

async function add(kind, after, source = '') {
  const answer = await link.asked(shown, { op: 'add', kind, after: after ?? null, source });
  if (answer) go({ id: answer.news.added, edit: true });
}

function go({ id, last, edit }) {
  const view = last ? cells.at(-1) : cells.find((other) => other.cell.id === id);
  if (!view) return;
  focusNext = null;
  if (edit) view.edit();
  else view.element.focus();
  view.element.scrollIntoView({ block: 'nearest' });
}

function does(id, op, more = {}) {
  const at = cells.findIndex((view) => view.cell.id === id), view = cells[at];
  if (!view) return;
  const run = () => {
    if (view.cell.kind !== 'code') return view.rest();
    view.send();
    wish('run', { cell: id, source: view.source });
  };
  switch (op) {
    case 'source': return wish('source', { cell: id, ...more });
    case 'run': return run();
    case 'run-next': {
      run();
      if (at + 1 < cells.length) cells[at + 1].cell.kind === 'code' ? cells[at + 1].edit() : cells[at + 1].element.focus();
      else add('code', id);
      return undefined;
    }
    case 'run-below':
      run();
      return add('code', id);
    case 'stop': return wish('stop');
    case 'leave':
      if (view.cell.kind !== 'code') view.rest();
      return view.element.focus();
    case 'below': return add('code', id);
    case 'toggle':
      view.send();
      return wish('kind', { cell: id, kind: view.cell.kind === 'code' ? 'markdown' : 'code' });
    case 'up': return wish('move', { cell: id, to: Math.max(0, at - 1) });
    case 'down': return wish('move', { cell: id, to: at + 1 });
    case 'remove':
      wish('remove', { cell: id });
      return (cells[at + 1] ?? cells[at - 1])?.element.focus();
    default: throw new Error(op);
  }
}

// A cell that has the focus, and not its editor, is commanded by single keys, as in other notebooks.
list.addEventListener('keydown', (event) => {
  const at = cells.findIndex(({ element }) => element === event.target);
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const { cell } = cells[at], twice = event.key === lastKey;
  lastKey = event.key;
  const commands = {
    Enter: () => (event.shiftKey ? does(cell.id, 'run-next') : cells[at].edit()),
    ArrowUp: () => cells[at - 1]?.element.focus(),
    ArrowDown: () => cells[at + 1]?.element.focus(),
    k: () => cells[at - 1]?.element.focus(),
    j: () => cells[at + 1]?.element.focus(),
    a: () => add('code', cells[at - 1]?.cell.id ?? ''),
    b: () => add('code', cell.id),
    m: () => wish('kind', { cell: cell.id, kind: 'markdown' }),
    y: () => wish('kind', { cell: cell.id, kind: 'code' }),
    d: () => {
      if (!twice) return;
      lastKey = '';
      does(cell.id, 'remove');
    },
  };
  if (!Object.hasOwn(commands, event.key)) return;
  event.preventDefault();
  commands[event.key]();
});
addEventListener('pagehide', () => cells.forEach((view) => view.send()));

beside.hidden = shown === null;
await link.begin();
if (shown !== null) wish('show');
