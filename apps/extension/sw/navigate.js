//! Sending a tab elsewhere. Dispatched is all that is answered; events tell whether it arrived.
import { inspected, once } from './effects.js';
import { Failure } from './failure.js';
import { pause } from './limits.js';

// Long enough for a request that a dying service worker had sent to reach the browser.
export const IN_FLIGHT_MS = 300;

// Only what a network can answer: no script, no file, no page of the browser's own.
export function address(text) {
  const url = URL.parse(text);
  if (url && (['http:', 'https:'].includes(url.protocol) || url.href === 'about:blank')) return url.href;
  throw new Failure('refused', `${text} is no web address`);
}

const WAYS = {
  back: (tab) => step(tab, -1, chrome.tabs.goBack),
  forward: (tab) => step(tab, 1, chrome.tabs.goForward),
  reload: (tab) => chrome.tabs.reload(tab),
};

// Asked of the page where it can be asked: the browser's own way leaves out every page that no person has touched, which is
// each one that an agent came through.
async function step(tab, by, otherwise) {
  const asked = chrome.scripting.executeScript({ target: { tabId: tab }, func: (by) => void setTimeout(() => history.go(by)), args: [by] });
  await asked.catch(() => otherwise(tab));
}

export async function navigate({ tab, url, history, effect }) {
  if (history && !Object.hasOwn(WAYS, history)) throw new Failure('refused', `no such way: ${history}`);
  const target = history ? null : address(url);
  const go = async () => {
    await (history ? WAYS[history](tab) : chrome.tabs.update(tab, { url: target }));
    return {};
  };
  // Without a name it may be done twice.
  return effect ? once(effect, 'navigate', { tab, document: await documentOf(tab) }, go) : go();
}

inspected('navigate', async (before) => {
  if (await isUnderWay(before)) return { state: 'done', answer: {} };
  await pause(IN_FLIGHT_MS);
  return (await isUnderWay(before)) ? { state: 'done', answer: {} } : { state: 'void' };
});

// Another document, or a load: it was dispatched, whatever became of it.
async function isUnderWay({ tab, document }) {
  const there = await chrome.tabs.get(tab).catch(() => null);
  if (!there) return true;
  return there.status === 'loading' || Boolean(there.pendingUrl) || (await documentOf(tab)) !== document;
}

// Names the document in a tab's top frame; null when the tab has none that answers.
export async function documentOf(tab) {
  const frame = await chrome.webNavigation.getFrame({ tabId: tab, frameId: 0 }).catch(() => null);
  return frame?.documentId ?? null;
}
