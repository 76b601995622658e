//! An app as one HTML file that runs anywhere: its styles, scripts and pictures put in, and what it keeps, kept by the browser it is opened in.
import { address, path, style } from './paths.js';
import { link } from './scripts.js';

// For `peerd.storage`, which is the sandbox's; `localStorage` is everywhere.
const STORAGE = `globalThis.peerd ??= { storage: {
  get: async (key) => localStorage.getItem(key), set: async (key, value) => localStorage.setItem(key, value), delete: async (key) => localStorage.removeItem(key),
  clear: async () => localStorage.clear(), keys: async () => Object.keys(localStorage),
} };`;

// Files that the app fetches by their paths.
const FETCH = (kept) => `{ const files = ${kept}, native = globalThis.fetch; globalThis.fetch = (url, ...more) => {
  const name = String(url?.url ?? url).replace(/^\\.\\//, ''); return Object.hasOwn(files, name) ? native(files[name]) : native(url, ...more);
}; }`;

export function exported(files, name) {
  const made = new DOMParser().parseFromString(files.get('index.html') ?? '', 'text/html');
  const used = new Set(['index.html']);
  const find = (url) => {
    const at = path(url ?? '');
    if (at === null || !files.has(at)) return null;
    used.add(at);
    return at;
  };
  for (const it of made.querySelectorAll('link[rel~="stylesheet" i]')) {
    const at = find(it.getAttribute('href'));
    if (at === null) continue;
    const sheet = made.createElement('style');
    sheet.textContent = style(files, at);
    if (it.media) sheet.media = it.media;
    it.replaceWith(sheet);
  }
  for (const it of made.querySelectorAll('img, source, audio, video, image, use, track, link')) {
    for (const key of ['src', 'href', 'poster']) {
      const at = it.hasAttribute(key) ? find(it.getAttribute(key)) : null;
      if (at !== null) it.setAttribute(key, address(files, at));
    }
  }
  for (const it of made.querySelectorAll('script')) {
    const isModule = it.type === 'module', at = it.hasAttribute('src') ? find(it.getAttribute('src')) : null;
    if (it.hasAttribute('src') && at === null) continue;
    const code = at === null ? it.textContent : files.get(at);
    const next = made.createElement('script');
    next.textContent = inside(isModule ? bundled(files, at ?? 'index.html', code, used) : code);
    it.removeAttribute('src');
    // One that was in its own file ran when all of the page stood, or where it stood.
    if (isModule || it.defer) made.body.append(next), it.remove();
    else it.replaceWith(next);
  }
  const rest = Object.fromEntries([...files.keys()].filter((file) => !used.has(file)).map((file) => [file, address(files, file)]));
  const given = made.createElement('script');
  given.textContent = inside(STORAGE + (Object.keys(rest).length > 0 ? FETCH(JSON.stringify(rest)) : ''));
  if (!made.querySelector('meta[charset]')) made.head.prepend(Object.assign(made.createElement('meta'), {}));
  const charset = made.querySelector('meta[charset]') ?? made.head.firstChild;
  charset.setAttribute('charset', 'utf-8');
  charset.after(given);
  if (!made.querySelector('title')) {
    const title = made.createElement('title');
    title.textContent = name;
    made.head.append(title);
  }
  return `<!doctype html>\n${made.documentElement.outerHTML}\n`.toWellFormed();
}

/** In a page's script nothing ends it but its end. */
const inside = (code) => code.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');

/** A module with all that it imports, as one script. */
function bundled(files, name, code, used) {
  const order = [], seen = new Set();
  const add = (at, text) => {
    if (seen.has(at)) return;
    seen.add(at);
    if (files.has(at)) used.add(at);
    const linked = link(text);
    const targets = linked.wanted.map((wanted) => [wanted, path(wanted, at)]);
    for (const [wanted, target] of targets) {
      if (target === null || !files.has(target)) throw new Error(`${at} imports ${wanted}, which is none of the app's files`);
      add(target, files.get(target));
    }
    const imports = targets.map(([wanted, target]) => `${JSON.stringify(wanted)}: all[${JSON.stringify(target)}]`).join(', ');
    order.push(`await (async function ($exports, $imports, $import) { 'use strict'; ${linked.head} ${linked.code}\n})(all[${JSON.stringify(at)}], { ${imports} }, (name) => Promise.resolve(all[name.replace(/^\\.\\//, '')]));`);
  };
  add(name, code);
  return `(async () => { const all = { ${[...seen].map((at) => `${JSON.stringify(at)}: Object.create(null)`).join(', ')} };\n${order.join('\n')}\n})();`;
}
