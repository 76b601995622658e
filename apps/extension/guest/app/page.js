//! An app's page, made of index.html: what it names of the app's files is put in, and its scripts are taken out, to be run when it stands.
import { address, path, style } from './paths.js';

const SOURCES = ['src', 'href', 'poster', 'data'];
const KINDS = new Set(['', 'text/javascript', 'application/javascript', 'module']);

/** Puts the page into the document; its scripts, in their order: `[{name, code, isModule}]`. */
export function page(files, log) {
  const index = files.get('index.html') ?? '';
  const made = new DOMParser().parseFromString(index, 'text/html');
  for (const it of made.querySelectorAll('base, meta[http-equiv]')) it.remove();
  const found = scripts(made, index, files, log);
  for (const link of made.querySelectorAll('link[rel~="stylesheet" i]')) {
    const at = path(link.getAttribute('href') ?? '');
    const sheet = made.createElement('style');
    if (at !== null && files.has(at)) sheet.textContent = style(files, at);
    else log('error', `the style sheet ${link.getAttribute('href')} is none of the app's files`, 'index.html');
    if (link.media) sheet.media = link.media;
    link.replaceWith(sheet);
  }
  for (const sheet of made.querySelectorAll('style')) sheet.textContent = style(files, 'index.html', sheet.textContent);
  for (const it of made.querySelectorAll('img, source, audio, video, image, use, track, object, embed, link')) own(it, files);
  const handlers = [...made.querySelectorAll('*')].flatMap((it) => handlersOf(it));
  for (const it of made.querySelectorAll('[style]')) it.setAttribute('style', style(files, 'index.html', it.getAttribute('style')));
  document.replaceChild(document.adoptNode(made.documentElement), document.documentElement);
  for (const [it, name, code] of handlers) listen(it, name, code, log);
  return found;
}

function scripts(made, index, files, log) {
  const found = [];
  for (const script of made.querySelectorAll('script')) {
    const kind = (script.getAttribute('type') ?? '').trim().toLowerCase();
    if (!KINDS.has(kind)) continue;
    const isModule = kind === 'module', src = script.getAttribute('src');
    if (src === null) found.push({ name: 'index.html', code: inPlace(index, script.textContent), isModule });
    else {
      const at = path(src);
      if (at !== null && files.has(at)) found.push({ name: at, code: files.get(at), isModule });
      else log('error', `the script ${src} is none of the app's files`, 'index.html');
    }
    script.remove();
  }
  // Modules come after all others, as in any page.
  return [...found.filter((it) => !it.isModule), ...found.filter((it) => it.isModule)];
}

/** A script in the page, with as many lines before it as there are: so errors name its own. */
function inPlace(index, code) {
  const at = index.indexOf(code);
  return at < 0 ? code : '\n'.repeat(index.slice(0, at).split('\n').length - 1) + code;
}

function own(it, files) {
  for (const name of SOURCES) {
    const at = it.hasAttribute(name) ? path(it.getAttribute(name)) : null;
    if (at !== null && files.has(at)) it.setAttribute(name, address(files, at));
  }
}

/** Attributes that would be scripts: the sandbox runs none, so they become listeners. */
function handlersOf(it) {
  const found = [];
  for (const { name, value } of [...it.attributes]) {
    if (!name.startsWith('on')) continue;
    it.removeAttribute(name);
    found.push([it, name.slice(2), value]);
  }
  return found;
}

function listen(it, name, code, log) {
  const target = it === document.body && ['load', 'resize', 'hashchange', 'storage'].includes(name) ? globalThis : it;
  try {
    const handle = (0, eval)(`(function (event) {${code}\n})\n//# sourceURL=index.html.on${name}`);
    target.addEventListener(name, function (event) {
      if (handle.call(this, event) === false) event.preventDefault();
    });
  } catch (error) {
    log('error', `${error.name}: ${error.message}`, `index.html (on${name})`);
  }
}

/** For parts that are put into the page later. */
export function late(root, log) {
  for (const it of [root, ...root.querySelectorAll('*')]) for (const [at, name, code] of handlersOf(it)) listen(at, name, code, log);
}
