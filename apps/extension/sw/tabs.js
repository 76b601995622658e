//! The directory of tabs: what is open, and opening, closing and showing one.
import { inspected, once } from './effects.js';
import { fence } from './fence.js';
import { pause } from './limits.js';
import { address, IN_FLIGHT_MS } from './navigate.js';

// A tab that newTab has just made: not yet anywhere, and always on its way.
export const isBlank = (url) => url.startsWith('about:blank#');

const somewhere = (tab) => [tab.url, tab.pendingUrl].find((url) => url && !isBlank(url));

export const seen = (tab) => ({
  tab: tab.id,
  url: somewhere(tab) ?? 'about:blank',
  title: isBlank(tab.url ?? '') ? '' : (tab.title ?? ''),
  active: tab.active,
  loading: tab.status === 'loading' || Boolean(tab.pendingUrl) || isBlank(tab.url ?? ''),
  window: tab.windowId,
  opener: tab.openerTabId ?? null,
});

export async function tabs() {
  return (await chrome.tabs.query({})).filter((tab) => tab.id !== chrome.tabs.TAB_ID_NONE).map(seen);
}

export async function tab({ tab }) {
  return seen(await chrome.tabs.get(tab));
}

export async function showTab({ tab }) {
  const { windowId } = await chrome.tabs.update(tab, { active: true });
  await chrome.windows.update(windowId, { focused: true });
  return {};
}

// In three steps, each of which can be recognised by who comes after us: an empty tab that carries the effect's name, its
// fence, its address. So nothing leaves before the fence stands, and a tab that was made is never made again.
export async function newTab({ url, beside, origins, effect }) {
  const target = address(url);
  return once(effect, 'new_tab', { url: target }, async (note) => {
    const place = beside === undefined || beside === null ? {} : await nextTo(beside);
    const made = await chrome.tabs.create({ url: blank(effect), active: false, ...place });
    await note({ tab: made.id });
    if (origins) await fence({ tab: made.id, origins });
    await chrome.tabs.update(made.id, { url: target });
    return { ...seen(made), url: target };
  });
}

const blank = (effect) => `about:blank#${encodeURIComponent(effect)}`;

async function nextTo(tab) {
  const { windowId, index } = await chrome.tabs.get(tab).catch(() => ({}));
  return windowId === undefined ? {} : { windowId, index: index + 1, openerTabId: tab };
}

// What an ended service worker had sent may still be on its way: looked at twice.
inspected('new_tab', async (before, effect) => {
  const first = await look(before, effect);
  if (first.state) return first;
  await pause(IN_FLIGHT_MS);
  const { state, answer, empty } = await look(before, effect);
  if (state) return { state, answer };
  // Its address was never asked for: as if it had not been made.
  if (empty) await chrome.tabs.remove(empty.id);
  return { state: 'void' };
});

async function look({ tab, url }, effect) {
  const open = await chrome.tabs.query({});
  const where = (each) => each.pendingUrl || each.url;
  const made = open.find((each) => (tab === undefined ? where(each) === blank(effect) : each.id === tab));
  if (!made) return tab === undefined ? {} : { state: 'done', answer: { err: { kind: 'gone', text: 'the tab was closed' } } };
  if (where(made) === blank(effect)) return { empty: made };
  return { state: 'done', answer: { ...seen(made), url } };
}

export async function closeTab({ tab, effect }) {
  return once(effect, 'close_tab', { tab }, async () => {
    await chrome.tabs.remove(tab);
    return {};
  });
}

inspected('close_tab', async ({ tab }) => {
  const there = await chrome.tabs.get(tab).then(() => true, () => false);
  return there ? { state: 'void' } : { state: 'done', answer: {} };
});
