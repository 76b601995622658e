//! Elements made of data: text is always text. Nothing in these pages is ever made of markup.

/** `on…` are listeners, `data` and other objects are merged, the rest are attributes. */
export function el(name, attributes = {}, ...children) {
  const it = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) it.addEventListener(key.slice(2), value);
    else if (key === 'data') Object.assign(it.dataset, value);
    else if (value === true) it.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) it.setAttribute(key, value);
  }
  it.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return it;
}

const PATHS = {
  play: 'M6.5 4.5v11l9-5.5z',
  stop: 'M5.5 5.5h9v9h-9z',
  all: 'M4 5v10l6-5zM10.5 5v10l6-5z',
  again: 'M15.5 8.5a6 6 0 1 0 .3 3M15.8 4.5v4h-4',
  add: 'M10 4.5v11M4.5 10h11',
  up: 'M10 15.5v-11M5.5 9L10 4.5 14.5 9',
  down: 'M10 4.5v11M5.5 11l4.5 4.5 4.5-4.5',
  bin: 'M4.5 6h11M8 6V4.5h4V6M6 6l.7 9.5h6.6L14 6M8.5 8.5v4.5M11.5 8.5v4.5',
  text: 'M5 5.5h10M10 5.5v10',
  code: 'M7.5 6L3.5 10l4 4M12.5 6l4 4-4 4',
  save: 'M4.5 4.5h9l2 2v9h-11zM7 4.5v4h5.5v-4M7 15.5V11h6v4.5',
  out: 'M10 12.5v-8M6.5 8L10 4.5 13.5 8M4.5 12.5v3h11v-3',
  into: 'M10 4.5v8M6.5 9l3.5 3.5L13.5 9M4.5 12.5v3h11v-3',
  file: 'M5.5 3.5h6l3.5 3.5v9.5h-9.5zM11.5 3.5V7H15',
  book: 'M4.5 4.5h5a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 0-1.5-1.5h-5zM16 4.5h-3.5A1.5 1.5 0 0 0 11 6v10a1.5 1.5 0 0 1 1.5-1.5H16z',
  app: 'M3.5 4.5h13v11h-13zM3.5 8h13M6 6.3h.01M8 6.3h.01',
  close: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
  edit: 'M5 15l.5-3 7.5-7.5 2.5 2.5L8 14.5z',
};

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ class: 'icon', viewBox: '0 0 20 20', 'aria-hidden': 'true', 'data-icon': name })) svg.setAttribute(key, value);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onclick, more = {}) {
  return el('button', { type: 'button', class: 'icon-button small', title: label, 'aria-label': label, onclick, ...more }, icon(name));
}

export function button(name, label, onclick, more = {}) {
  return el('button', { type: 'button', class: 'plain', onclick, ...more }, icon(name), label);
}

/** Hands a file to the browser, to be kept where its owner wants. */
export function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file that its owner chooses, or none. */
export function choose(accept) {
  const input = el('input', { type: 'file', accept });
  return new Promise((chosen) => {
    input.addEventListener('change', () => chosen(input.files[0] ?? null));
    input.addEventListener('cancel', () => chosen(null));
    input.click();
  });
}

export function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export const unbase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

export const size = (bytes) => (bytes < 1_000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** Asks before what can't be taken back. */
export function sure(question, yes) {
  const dialog = el('dialog', { class: 'sure', 'aria-label': question },
    el('p', {}, question),
    el('form', { method: 'dialog', class: 'buttons' }, el('button', { class: 'plain', value: '' }, 'Cancel'), el('button', { class: 'plain deny', value: 'yes', data: { testid: 'sure' } }, yes)));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answered) => dialog.addEventListener('close', () => {
    dialog.remove();
    answered(dialog.returnValue === 'yes');
  }));
}
