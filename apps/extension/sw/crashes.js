// Noticing a renderer that died. Chrome has no event for it; but the port that our content script holds closes, and then
// the same document is still there and does not answer.
import { event } from './outbox.js';
import { within } from './limits.js';
import { documentOf } from './navigate.js';
import { fromPage } from './senders.js';

const ALIVE_MS = 2_000;

export function lifeline(port) {
  if (!fromPage(port.sender)) return port.disconnect();
  const { tab, documentId } = port.sender;
  port.onDisconnect.addListener(async () => {
    void chrome.runtime.lastError;
    if (await isDead(tab.id, documentId)) event('crashed', { tab: tab.id });
  });
}

async function isDead(tab, document) {
  const there = await chrome.tabs.get(tab).catch(() => null);
  if (!there || there.discarded || there.status === 'loading') return false;
  const now = await documentOf(tab);
  if (now !== null && now !== document) return false;
  const answers = chrome.scripting.executeScript({ target: { tabId: tab, frameIds: [0] }, injectImmediately: true, func: () => true });
  return within(ALIVE_MS, answers).then(() => false, () => true);
}
