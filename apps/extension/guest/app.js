//! What makes an app of its files, in the document of a sandbox's frame: its page, its scripts, what it keeps, and what it says on its console.
import { E, Far, open } from 'captp';
import { exported } from './app/export.js';
import { mend } from './app/mend.js';
import { page } from './app/page.js';
import { run } from './app/scripts.js';
import { keeping } from './app/storage.js';
import { fetching } from './net.js';
import { said, show } from './show.js';

// Limits: of one line of its console, one more than is kept of it; and of lines of one turn. After so many more they go out before it ends: it may have no end.
const LINE_MAX = 1_001;
const TURN_LINES_MAX = 200;
const MORE_MAX = 10_000;
const LOOK_MAX = 20_000;

const { port, wasm, ticket } = globalThis.peerdGiven;
delete globalThis.peerdGiven;

const files = new Map();
let captp = null, host = null;

// Of this turn, and how many more there were: they go together when it ends.
let lines = [], left = 0;
const log = (level, text, at = '') => {
  if (!host || isLeftOut()) return;
  if (lines.length === 0) queueMicrotask(logs);
  lines.push([level, String(text).slice(0, LINE_MAX).toWellFormed(), String(at).toWellFormed()]);
};
function isLeftOut() {
  if (lines.length < TURN_LINES_MAX) return false;
  left += 1;
  if (left === MORE_MAX) {
    logs();
    captp.flush();
  }
  return true;
}
function logs() {
  if (lines.length === 0) return;
  if (left > 0) lines.push(['warn', `${left} more lines of the same turn were left out`, '']);
  E.sendOnly(host).log(lines);
  [lines, left] = [[], 0];
}
const store = keeping({
  set: (key, value) => E(host).set(key.toWellFormed(), value.toWellFormed()),
  remove: (key) => E(host).delete(key.toWellFormed()),
  clear: () => E(host).clear(),
  failed: (error) => log('error', `it could not be kept: ${error.message}`),
});

// What it was lent, by origin; more or less of it while it runs.
let lent = [];
const network = async (resource, options = {}) => {
  const url = new URL(String(resource?.url ?? resource));
  if (lent.some(({ origin }) => origin === url.origin)) return fetching(lent)(resource, options);
  E.sendOnly(host).asked(String(options.method ?? resource?.method ?? 'GET'), url.href);
  throw new TypeError(`${url.origin} was not granted: its owner allows it in the page of apps`);
};

const runner = Far('runner', {
  put(path, text) {
    files.set(path, text);
  },
  item(key, value) {
    store.told(key, value);
  },
  network(origins) {
    lent = origins;
  },
  async start(_, origins) {
    lent = origins;
    // Not in the middle of what the session is doing: nothing of a script that does not end would go out.
    await null;
    listen();
    mend(log, files, network);
    store.install();
    const scripts = page(files, log);
    await run(scripts, files, log);
    document.dispatchEvent(new Event('DOMContentLoaded', { bubbles: true }));
    dispatchEvent(new Event('load'));
    // What its first moments throw is told with it.
    await new Promise((done) => setTimeout(done, 0));
    return '';
  },
  async look(script) {
    let result = '';
    if (script) {
      try {
        const value = await (0, eval)(`(async () => {${script}\n})()\n//# sourceURL=script`);
        result = `\n--- the script returned\n${show(value)}`;
      } catch (error) {
        result = `\n--- the script threw\n${said(error)}`;
      }
    }
    return `title: ${document.title}\n--- its text\n${words().slice(0, LOOK_MAX)}${result}`.toWellFormed();
  },
  compose: async (name) => exported(files, name),
});

function listen() {
  for (const level of ['log', 'info', 'debug', 'warn', 'error']) {
    const native = console[level].bind(console);
    console[level] = (...values) => {
      // Not even where developers look: that costs the browser's own process.
      if (isLeftOut()) return;
      native(...values);
      log(level === 'warn' || level === 'error' ? level : 'log', values.map(show).join(' '), level === 'error' ? place(new Error().stack) : '');
    };
  }
  addEventListener('error', (event) => {
    if (!(event instanceof ErrorEvent)) return;
    const at = event.filename && !event.filename.startsWith('chrome-extension:') ? `${event.filename}:${event.lineno}:${event.colno}` : place(event.error?.stack);
    log('error', event.message, at);
  });
  addEventListener('unhandledrejection', ({ reason }) => log('error', `not caught: ${reason instanceof Error ? `${reason.name}: ${reason.message}` : show(reason)}`, place(reason?.stack)));
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    // Of a handler that was an attribute, and is a listener by now.
    if (effectiveDirective === 'script-src-attr') return;
    log('error', `the sandbox lets nothing load: ${effectiveDirective} ${blockedURI}`);
  });
}

/** What its page says. Where nobody sees it the browser lays nothing out, so lines are those of its blocks as they were written. */
function words() {
  const body = document.body?.cloneNode(true);
  for (const it of body?.querySelectorAll('script, style, template, noscript') ?? []) it.remove();
  for (const it of body?.querySelectorAll('input, textarea, select') ?? []) it.after(` [${it.type ?? it.localName}${it.value ? `: ${it.value}` : ''}] `);
  return (body?.textContent ?? '').split('\n').map((line) => line.trim().replace(/\s+/g, ' ')).filter((line) => line !== '').join('\n');
}

/** The first place in the app's own files. */
function place(stack) {
  const all = String(stack ?? '').matchAll(/(?:\(|at (?:async )?)([^\s()]+):(\d+):(\d+)\)?/g);
  for (const [, file, line, column] of all) if (isOwn(file)) return `${file}:${line}:${column}`;
  return '';
}

const isOwn = (file) => files.has(file) || file === 'script' || file.startsWith('index.html');

// The bundle is a classic script: it awaits in here.
(async () => {
  captp = await open({ module: await WebAssembly.compile(wasm) });
  host = captp.connect(port).fetch(Uint8Array.from(ticket.match(/../g), (pair) => parseInt(pair, 16)));
  E(host).here(runner);
})();
