//! The files that an app's own words name.

/** The path in the app that `url` means, seen from the file `from`; null: it means something else. */
export function path(url, from = 'index.html') {
  const text = String(url).trim();
  if (text === '' || text.startsWith('#') || text.startsWith('//') || /^[a-z][a-z0-9+.-]*:/i.test(text)) return null;
  try {
    return decodeURIComponent(new URL(text, `https://app.invalid/${from}`).pathname.slice(1));
  } catch {
    return null;
  }
}

const TYPES = {
  html: 'text/html', css: 'text/css', js: 'text/javascript', mjs: 'text/javascript', json: 'application/json', svg: 'image/svg+xml', txt: 'text/plain', md: 'text/plain', csv: 'text/csv',
};

export const type = (name) => TYPES[name.split('.').at(-1).toLowerCase()] ?? 'application/octet-stream';

/** A file that is no text is kept as a `data:` address. */
export const isAddress = (text) => text.startsWith('data:');

export function bytes(text) {
  const at = text.indexOf(',');
  return Uint8Array.from(atob(text.slice(at + 1)), (char) => char.charCodeAt(0));
}

/** The file as an address of its own. `make(text, name)` makes it. */
export const address = (files, name) => (isAddress(files.get(name)) ? files.get(name) : `data:${type(name)};charset=utf-8,${encodeURIComponent(files.get(name))}`);

/** A style sheet whose `url(..)`s and `@import`s are the app's files. */
export function style(files, name, text = files.get(name), above = []) {
  const found = (url) => {
    const at = path(url, name);
    return at !== null && files.has(at) ? at : null;
  };
  const imported = text.replace(/@import\s+(?:url\(\s*)?(["']?)([^"')\s;]+)\1\s*\)?\s*([^;]*);/g, (all, _, url, media) => {
    const at = found(url);
    if (at === null || above.includes(at)) return all;
    const inner = style(files, at, files.get(at), [...above, name]);
    return media.trim() ? `@media ${media} {\n${inner}\n}` : inner;
  });
  return imported.replace(/url\(\s*(["']?)([^"')]+)\1\s*\)/g, (all, _, url) => {
    const at = found(url);
    return at === null ? all : `url("${address(files, at)}")`;
  });
}
