//! Noticing a renderer that died. Chrome has no event for it; but the port that our content script holds closes, and then
//! the same document is still there and does not answer.
import { event } from './outbox.js';
import { within } from './limits.js';
import { documentOf } from './navigate.js';
import { fromPage } from './senders.js';

const ALIVE_MS = 2_000;

// Tabs whose crash was told and that have not loaded since.
const crashed = new Set();

export const forgetCrash = (tab) => crashed.delete(tab);

export function tellCrash(tab) {
  if (crashed.has(tab)) return;
  crashed.add(tab);
  event('crashed', { tab });
}

export function lifeline(port) {
  if (!fromPage(port.sender)) return port.disconnect();
  const { tab, documentId } = port.sender;
  port.onDisconnect.addListener(async () => {
    void chrome.runtime.lastError;
    if (await isDead(tab.id, documentId)) tellCrash(tab.id);
  });
}

// A page that we may speak to and that Chrome gives no access to has no renderer.
export async function isCrashed(tab) {
  const { url = '' } = await chrome.tabs.get(tab).catch(() => ({}));
  return /^https?:/.test(url) && chrome.permissions.contains({ origins: [`${new URL(url).origin}/`] });
}

async function isDead(tab, document) {
  const there = await chrome.tabs.get(tab).catch(() => null);
  if (!there || there.discarded || there.status === 'loading') return false;
  const now = await documentOf(tab);
  if (now !== null && now !== document) return false;
  const answers = chrome.scripting.executeScript({ target: { tabId: tab, frameIds: [0] }, injectImmediately: true, func: () => true });
  return within(ALIVE_MS, answers).then(() => false, () => true);
}
