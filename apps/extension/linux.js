//! The page with the Linux machine's terminal: its owner's console, what its programs reach, and the switch that ends the machine.
import { Terminal } from './linux/xterm.mjs';
import { FitAddon } from './linux/addon-fit.mjs';
import { Asked } from './host/asked.js';

const CHANNEL = 'peerd.linux';
// Who keeps the machine may still be starting.
const AGAIN_MS = 300;

const told = document.getElementById('told');
const again = document.getElementById('again');
const end = document.getElementById('end');
const place = document.getElementById('terminal');
const form = document.getElementById('allow');
const field = document.getElementById('origin');
const dark = matchMedia('(prefers-color-scheme: dark)');

const channel = new BroadcastChannel(CHANNEL);
const panels = new BroadcastChannel('peerd');
// A program may say that its words are a link: here they lead nowhere.
const linkHandler = { activate() {} };
const terminal = new Terminal({ linkHandler, cursorBlink: true, fontSize: 14, fontFamily: style('--mono'), scrollback: 5_000, drawBoldTextInBrightColors: false, theme: theme() });
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(place);
globalThis.terminal = terminal;

const asked = new Asked();
let id;
let heard = false;

channel.onmessage = ({ data: { state, console: to, ...news } }) => {
  heard = true;
  if (state) return show(state);
  if (to !== id) return;
  // What was drawn may be followed by as much again.
  if (news.said) terminal.write(news.said, () => say({ took: news.said.length }));
  if (news.ended) over(news.ended);
};

terminal.onData((typed) => say({ typed: new TextEncoder().encode(typed) }));
terminal.onBinary((typed) => say({ typed: Uint8Array.from(typed, (char) => char.charCodeAt(0)) }));
terminal.onResize(({ cols, rows }) => say({ size: { columns: cols, rows } }));
new ResizeObserver(() => fit.fit()).observe(place);
dark.addEventListener('change', () => (terminal.options.theme = theme()));
again.addEventListener('click', open);
end.addEventListener('click', () => panels.postMessage(JSON.stringify({ command: 'EndMachine' })));

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!field.value.trim()) return;
  allow(field.value.trim(), true);
  field.value = '';
});

function allow(origin, allowed) {
  panels.postMessage(JSON.stringify({ command: { TerminalNetwork: { origin, allowed } } }));
}

function say(what) {
  if (id) channel.postMessage({ console: id, ...what });
}

async function open() {
  id = crypto.randomUUID();
  again.hidden = true;
  place.classList.remove('over');
  terminal.reset();
  fit.fit();
  // The machine's keeper waits for this lock: it is let go of with the page, however that goes.
  await new Promise((held) => navigator.locks.request(`${CHANNEL}.${id}`, () => (held(), new Promise(() => {}))));
  say({ open: { columns: terminal.cols, rows: terminal.rows } });
  terminal.focus();
}

function over(why) {
  id = undefined;
  terminal.write(`\r\n\x1b[2m${why}\x1b[0m\r\n`);
  place.classList.add('over');
  again.hidden = false;
}

// What its programs reach, and what they asked for in vain.
function showNetwork(origins, refused) {
  const known = asked.rows(origins, refused);
  document.getElementById('none').hidden = known.length > 0;
  const row = ({ origin, isGranted, wasAsked }) => {
    const item = document.createElement('li');
    item.className = isGranted ? 'granted' : 'refused';
    const button = document.createElement('button');
    button.className = 'plain';
    button.type = 'button';
    button.textContent = isGranted ? 'Take back' : 'Allow';
    button.setAttribute('aria-label', `${button.textContent} ${origin}`);
    button.addEventListener('click', () => (isGranted || asked.isAimed()) && allow(origin, !isGranted));
    item.append(isGranted || !wasAsked ? origin : `asked for ${origin}`, button);
    return item;
  };
  const rows = known.map(row);
  const list = document.getElementById('origins');
  // The same again leaves whoever is at a button there.
  if (rows.map((it) => it.outerHTML).join('') !== list.innerHTML) list.replaceChildren(...rows);
}

function show({ phase, image, memory_mb, less, how, ms, bytes, memory, jobs, why, origins, refused }) {
  showNetwork(origins, refused);
  const seconds = (ms / 1_000).toFixed(1);
  const mb = (size) => `${Math.round(size / 1e6)} MB`;
  told.textContent = {
    off: 'Asking for a machine…',
    starting: `Starting the ${image} machine. The first time it boots, which takes up to a minute; after that it is resumed.`,
    running: `${image}, ${memory_mb} MB, ${how} in ${seconds} s · uses ${mb(memory)}, keeps ${mb(bytes)} · ${jobs === 1 ? '1 job' : `${jobs} jobs`}${less ? ` · ${less}` : ''}`,
    ended: `The machine has ended: ${why}.`,
  }[phase];
  end.disabled = phase !== 'running';
  document.body.dataset.phase = phase;
}

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function theme() {
  return {
    background: style('--surface'), foreground: style('--ink'), cursor: style('--accent'), cursorAccent: style('--surface'), selectionBackground: style('--accent-wash'),
    // Each dark enough, or light enough, to be read on this ground.
    ...(dark.matches
      ? { black: '#2b3634', red: '#f0938a', green: '#7fcf97', yellow: '#e6b567', blue: '#7fb4f0', magenta: '#d9a0e0', cyan: '#5cc5bd', white: '#e4e9e5' }
      : { black: '#18211f', red: '#a72b23', green: '#1d6f42', yellow: '#8a5200', blue: '#1f5fa8', magenta: '#8a3a96', cyan: '#0b6a6b', white: '#55605c' }),
  };
}

await document.fonts.ready;
while (!heard) {
  // A service worker that is just starting may not answer.
  chrome.runtime.sendMessage({ ensure: 'host' }).catch(() => {});
  channel.postMessage({ hello: true });
  await new Promise((done) => setTimeout(done, AGAIN_MS));
}
await open();
