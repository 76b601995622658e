//! The page of apps: a library, the one that is open in a frame of its own, its files and its console. It draws what the vat says and holds nothing.
import { Asked } from '../host/asked.js';
import { Shown } from '../host/shown.js';
import { button, choose, download, el, icon, iconButton, size, sure } from './dom.js';
import { Editor } from './editor.js';
import { Link } from './link.js';
import { Shelf, title } from './shelf.js';

const SENT_MS = 500;
const LINES_MAX = 300;
const FIRST = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>New app</title>
  <link rel="stylesheet" href="style.css">
</head>
<body>
  <h1>Hello</h1>
  <script src="main.js"></script>
</body>
</html>
`;
const TEXT = /\.(html|htm|css|js|mjs|json|svg|txt|md|csv)$/i;

const wanted = Number(new URLSearchParams(location.search).get('n'));
let shown = null;
let works = [];
let app = null;
let frame = null;
let path = null;
let editor = null;
let timer = null;
// A frame that is asked for while another one is being made is made after it.
let opening = Promise.resolve();

const link = new Link({
  works(list) {
    works = list;
    shelf.show(works, shown);
    const apps = works.filter((work) => work.kind === 'app');
    if (app !== null || apps.some((work) => work.id === shown)) return;
    open((apps.find((work) => work.id === wanted) ?? apps[0])?.id ?? null);
  },
  news(work, news) {
    if (news.made || work !== shown) return;
    if (news.whole?.kind === 'app') showWhole(news.whole);
    else if (news.network) showNetwork(news.network);
    else if (news.started?.page === frame?.name && news.started) started(news.started.err);
    else if (news.log?.page === frame?.name && news.log) logged(news.log.lines);
    else if (news.ended?.page === frame?.name && news.ended?.why) over(news.ended.why);
    else if (news.problem) problem(news.problem);
    else if (news.deleted) open(works.find((other) => other.kind === 'app' && other.id !== work)?.id ?? null);
  },
  problem,
});
const wish = (op, more = {}) => shown !== null && link.wish(shown, { op, ...more });

// ---- what there is on the page ------------------------------------------------------------------------------------------------

const shelf = new Shelf({
  kind: 'app', title: 'Apps', other: { href: 'notebook.html', title: 'Notebooks' }, chosen: open, wish: (work, what) => link.wish(work, what),
  buttons: [button('add', 'New', make, { data: { testid: 'new' } })],
});
const name = title('Name of the app', (text) => wish('rename', { name: text }));
const state = el('p', { class: 'state', role: 'status', data: { testid: 'state' } });
const files = el('button', { type: 'button', class: 'plain', 'aria-pressed': 'false', onclick: toggleFiles, data: { testid: 'files' } }, icon('code'), 'Files');
const save = button('save', 'Save', () => (send(), wish('save')), { data: { testid: 'save' } });
const head = el('header', { class: 'head' }, name.field, state, files, button('again', 'Reload', reload, { data: { testid: 'reload' } }), save,
  button('out', 'Export', exportFile, { data: { testid: 'export' } }),
  iconButton('bin', 'Forget what the app keeps', forget, { class: 'icon-button', data: { testid: 'forget' } }));
const told = el('div', { class: 'bar problem', role: 'alert', hidden: true, data: { testid: 'problem' } });
const view = el('div', { class: 'view', data: { testid: 'view' } });
const lines = el('ol', { class: 'lines', data: { testid: 'console' }, 'aria-live': 'polite' });
const count = el('span', { class: 'tag' });
const consolePart = el('details', { class: 'console' }, el('summary', {}, 'Console', count), lines);
const reachCount = el('span', { class: 'tag' });
const reachList = el('ul', { class: 'reach' });
const reachField = el('input', { class: 'name', placeholder: 'https://example.com', 'aria-label': 'Origin that this app may read from', spellcheck: 'false', data: { testid: 'network-origin' } });
const reach = el('details', { class: 'console', data: { testid: 'network' } }, el('summary', {}, 'Network', reachCount), reachList,
  el('form', { class: 'reach-more', onsubmit: allow }, reachField, el('button', { type: 'submit', class: 'plain' }, 'Allow')));
let asked = new Asked();
const tabs = el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Files' });
const edited = el('div', { class: 'edited', data: { testid: 'editor' } });
const filesPart = el('section', { class: 'files-part', hidden: true }, tabs, edited);
const main = el('main', {}, head, told, el('div', { class: 'work' }, filesPart, el('div', { class: 'preview' }, view, reach, consolePart)));
const empty = el('main', { class: 'nothing' }, el('div', { class: 'waiting' }, el('h1', {}, 'Apps'),
  el('p', {}, 'Small programs that the agent writes for you, or that you write. Each runs in a frame of its own that reaches nothing of yours, and of the network what you allow it, and keeps what it has in a place of its own.'),
  button('add', 'New app', make, { class: 'main-button' })));
document.body.append(shelf.element, empty);

// ---- what the vat says --------------------------------------------------------------------------------------------------------

function open(work) {
  send();
  frame?.end();
  frame = null;
  editor?.destroy();
  [shown, app, path, editor] = [work, null, null, null];
  asked = new Asked();
  told.hidden = true;
  lines.replaceChildren();
  history.replaceState(null, '', work === null ? 'apps.html' : `apps.html?n=${work}`);
  shelf.show(works, shown);
  if (work === null) return main.replaceWith(empty);
  wish('show');
  return reload();
}

function showWhole(whole) {
  app = whole;
  document.title = `${whole.name} · peerd`;
  if (!main.isConnected) empty.replaceWith(main);
  name.show(whole.name);
  save.disabled = whole.version > 0 && !whole.changed;
  state.textContent = [whole.version === 0 ? 'Draft' : whole.changed ? `Changed since version ${whole.version}` : `Version ${whole.version}`, whole.keeps > 0 && `keeps ${size(whole.kept_bytes)}`].filter(Boolean).join(' · ');
  showTabs();
  showNetwork(whole);
  const text = whole.files.find((file) => file.path === path)?.text;
  if (editor && text !== undefined && timer === null && !editor.hasFocus) editor.text = text;
  if (text === undefined) edit(whole.files.find((file) => file.path === 'index.html')?.path ?? whole.files[0]?.path ?? null);
}

/** Where its fetch may read from, and what it asked for in vain. */
function showNetwork({ origins, refused }) {
  const told = JSON.stringify([shown, origins, refused]);
  // The same again leaves whoever is at a button there.
  if (reach.dataset.told === told) return;
  if (refused.length > 0 && !reach.open) {
    reach.open = true;
    asked.moved();
  }
  reach.dataset.told = told;
  const row = ({ origin, isGranted, wasAsked }) => el('li', { class: isGranted ? 'granted' : 'refused' }, el('code', {}, origin), isGranted || !wasAsked ? '' : el('span', { class: 'faint' }, 'asked for'),
    el('button', { type: 'button', class: 'plain', 'aria-label': `${isGranted ? 'Take back' : 'Allow'} ${origin}`, onclick: () => (isGranted || asked.isAimed()) && wish(isGranted ? 'take_back' : 'allow', { origin }) }, isGranted ? 'Take back' : 'Allow'));
  reachList.replaceChildren(...asked.rows(origins, refused).map(row));
  reachCount.className = refused.length > 0 ? 'tag warn' : 'tag';
  reachCount.textContent = refused.length > 0 ? `asked for ${refused.length}` : origins.length === 0 ? 'none' : String(origins.length);
}

function allow(event) {
  event.preventDefault();
  const origin = reachField.value.trim();
  if (!origin) return;
  wish('allow', { origin });
  reachField.value = '';
}

function started(err) {
  if (err) over(err);
  else view.dataset.state = 'runs';
}

function over(why) {
  view.dataset.state = 'ended';
  frame?.end();
  frame = null;
  view.replaceChildren(el('div', { class: 'waiting' }, el('h1', {}, 'The app has ended'), el('p', {}, `${why[0].toUpperCase()}${why.slice(1)}.`), button('again', 'Start it again', reload)));
}

function logged(added) {
  for (const { level, text, at } of added) {
    lines.append(el('li', { class: level, data: { level } }, el('span', { class: 'text' }, text), at && el('span', { class: 'faint at' }, at)));
  }
  while (lines.children.length > LINES_MAX) lines.firstChild.remove();
  const errors = lines.querySelectorAll('.error').length;
  count.textContent = errors > 0 ? `${errors} ${errors === 1 ? 'error' : 'errors'}` : String(lines.children.length);
  count.className = errors > 0 ? 'tag warn' : 'tag';
  if (errors > 0 && !consolePart.hasAttribute('data-seen') && !consolePart.open) {
    consolePart.open = true;
    asked.moved();
  }
  lines.scrollTop = lines.scrollHeight;
}

function problem(text) {
  told.replaceChildren(icon('close'), el('p', {}, text), el('button', { type: 'button', class: 'plain', onclick: () => (told.hidden = true) }, 'Close'));
  told.hidden = false;
}

// ---- what a person does -------------------------------------------------------------------------------------------------------

function reload() {
  send();
  opening = opening.then(async () => {
    const work = shown;
    if (work === null) return;
    frame?.end();
    view.replaceChildren();
    lines.replaceChildren();
    [count.textContent, count.className] = ['0', 'tag'];
    view.dataset.state = 'starts';
    frame = await Shown.ready(view, 'The app', over);
    if (work === shown) link.wish(work, { op: 'open', page: frame.name });
  });
  return opening;
}

async function make() {
  const made = await link.asked(null, { op: 'new', kind: 'app', then: { op: 'put', path: 'index.html', text: FIRST } });
  if (!made) return;
  const { work } = made;
  link.wish(work, { op: 'put', path: 'style.css', text: 'body {\n  font: 16px/1.5 system-ui, sans-serif;\n  margin: 2rem;\n}\n' });
  link.wish(work, { op: 'put', path: 'main.js', text: "console.log('ready');\n" });
  open(work);
  showFilesPart(true);
}

async function exportFile() {
  send();
  const answer = await link.asked(shown, { op: 'export' });
  if (answer) download(`${app.name.replace(/[^\p{L}\p{N}._ -]/gu, '_')}.html`, answer.news.exported, 'text/html');
}

async function forget() {
  if (!(await sure('Forget all that this app keeps? Its files stay.', 'Forget'))) return;
  wish('forget');
  reload();
}

function toggleFiles() {
  showFilesPart(filesPart.hidden);
}

function showFilesPart(on) {
  filesPart.hidden = !on;
  files.setAttribute('aria-pressed', String(on));
}

function showTabs() {
  tabs.replaceChildren(...app.files.map((file) => el('button', { type: 'button', role: 'tab', 'aria-selected': String(file.path === path), onclick: () => edit(file.path), data: { testid: 'tab' } }, file.path)),
    iconButton('add', 'Add a file', addFile, { data: { testid: 'add-file' } }), iconButton('into', 'Add a file of this computer', attach),
    ...(path === null || path === 'index.html' ? [] : [iconButton('bin', `Delete ${path}`, async () => (await sure(`Delete “${path}”?`, 'Delete')) && wish('remove', { path }))]));
}

function addFile() {
  const field = el('input', { class: 'name', placeholder: 'name.js', 'aria-label': 'Name of the new file' });
  const done = () => {
    const wanted = field.value.trim();
    field.remove();
    if (!wanted || app.files.some((file) => file.path === wanted)) return;
    path = wanted;
    wish('put', { path: wanted, text: '' });
    edit(wanted, '');
  };
  field.addEventListener('keydown', (event) => event.key === 'Enter' && field.blur());
  field.addEventListener('blur', done);
  tabs.append(field);
  field.focus();
}

async function attach() {
  const file = await choose('');
  if (!file) return;
  const text = TEXT.test(file.name) ? await file.text() : await new Promise((read) => {
    const reader = new FileReader();
    reader.onload = () => read(reader.result);
    reader.readAsDataURL(file);
  });
  wish('put', { path: file.name, text });
}

function edit(next, text = app?.files.find((file) => file.path === next)?.text) {
  send();
  editor?.destroy();
  [editor, path] = [null, next];
  if (app) showTabs();
  if (next === null || text === undefined) return edited.replaceChildren();
  if (text.startsWith('data:')) return edited.replaceChildren(/^data:image\//.test(text) ? el('img', { src: text, alt: next }) : el('p', { class: 'faint' }, `${next} is no text (${size(text.length * 0.75)}).`));
  edited.replaceChildren();
  editor = new Editor({
    parent: edited, text, language: next.split('.').at(-1), label: next, numbers: true,
    keys: [{ key: 'Mod-Enter', run: () => (reload(), true) }, { key: 'Mod-s', run: () => (send(), wish('save'), true) }],
    changed() {
      clearTimeout(timer);
      timer = setTimeout(send, SENT_MS);
    },
  });
  return undefined;
}

/** What was typed is the vat's from now on, and the app is shown with it. */
function send() {
  if (timer === null) return;
  clearTimeout(timer);
  timer = null;
  if (!editor || path === null) return;
  wish('put', { path, text: editor.text });
  reload();
}

consolePart.addEventListener('toggle', () => !consolePart.open && (consolePart.dataset.seen = ''));
addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 's') {
    event.preventDefault();
    send();
    wish('save');
  }
});
addEventListener('pagehide', () => {
  send();
  frame?.end();
});

await link.begin();
