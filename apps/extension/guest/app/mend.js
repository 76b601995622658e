//! What a sandbox takes from a page that apps are used to, given back without what it is taken for.
import { bytes, isAddress, path, type } from './paths.js';
import { late } from './page.js';

export function mend(log, files, network) {
  forms();
  links(log);
  parts(log);
  // An app's own files, by their paths, and what its owner has allowed it.
  Object.defineProperty(globalThis, 'fetch', {
    configurable: true,
    value: async (resource, options) => {
      const at = path(resource?.url ?? resource);
      if (at === null) return network(resource, options);
      if (!files.has(at)) return new Response('', { status: 404 });
      const text = files.get(at);
      return new Response(isAddress(text) ? bytes(text) : text, { headers: { 'content-type': type(at) } });
    },
  });
  const gone = (name) => Object.defineProperty(globalThis, name, { configurable: true, value: () => void log('warn', `${name}() shows nothing in a sandbox`) });
  for (const name of ['alert', 'print']) gone(name);
  Object.defineProperty(globalThis, 'confirm', { configurable: true, value: (text) => (log('warn', `confirm(${JSON.stringify(text)}) is always true in a sandbox`), true) });
  Object.defineProperty(globalThis, 'prompt', { configurable: true, value: (text, given = null) => (log('warn', `prompt(${JSON.stringify(text)}) is always what it was given in a sandbox`), given) });
}

/** No form is ever sent; a sandbox does not even say that one is about to be, which is what an app waits for. */
function forms() {
  const submit = (form, submitter = null) => {
    if (!form.noValidate && !submitter?.formNoValidate && !form.reportValidity()) return;
    form.dispatchEvent(new SubmitEvent('submit', { submitter, bubbles: true, cancelable: true }));
  };
  addEventListener('click', (event) => {
    const button = event.target.closest?.('button, input');
    if (!button?.form || event.defaultPrevented || !(button.type === 'submit' || button.type === 'image')) return;
    event.preventDefault();
    submit(button.form, button);
  });
  addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (key !== 'Enter' || event.defaultPrevented || !(target instanceof HTMLInputElement) || !target.form) return;
    // With a button the browser clicks that.
    if (!target.form.querySelector('button:not([type]), [type=submit], [type=image]')) submit(target.form);
  });
  HTMLFormElement.prototype.requestSubmit = function (submitter) {
    submit(this, submitter);
  };
  HTMLFormElement.prototype.submit = function () {};
}

/** An app is one page: a link in it goes to a place of that, or nowhere. */
function links(log) {
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href], area[href]');
    const href = link?.getAttribute('href');
    if (!link || event.defaultPrevented || href.startsWith('#')) return;
    event.preventDefault();
    if (!/^javascript:/i.test(href)) log('warn', `the link to ${href} leads out of the app, and is not followed`);
  });
}

/** Handlers that stand as attributes in what the app puts into its page. */
function parts(log) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const it of addedNodes) if (it instanceof Element) late(it, log);
  }).observe(document, { childList: true, subtree: true });
}
