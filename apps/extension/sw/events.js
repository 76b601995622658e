//! What happens to tabs, told as it happens. Top frames only.
import { forgetCrash } from './crashes.js';
import { fence, isFenced } from './fence.js';
import { forgetTab, reattach } from './hand.js';
import { event } from './outbox.js';
import { isBlank, seen } from './tabs.js';
import { forgetDebugger } from './trusted.js';

// Of the tab's own document; not of one that is prerendered, nor of the empty one a new tab begins with.
const counts = ({ frameId, documentLifecycle, url }) => frameId === 0 && (documentLifecycle ?? 'active') === 'active' && !isBlank(url);

export function watchTabs() {
  chrome.tabs.onCreated.addListener((tab) => event('tab_opened', { tab: seen(tab) }));
  chrome.tabs.onRemoved.addListener((tab) => {
    event('tab_closed', { tab });
    forgetTab(tab);
    forgetCrash(tab);
    forgetDebugger(tab);
    fence({ tab, origins: null });
  });
  chrome.webNavigation.onCommitted.addListener(committed);
  chrome.webNavigation.onHistoryStateUpdated.addListener(moved);
  chrome.webNavigation.onReferenceFragmentUpdated.addListener(moved);
  chrome.webNavigation.onCompleted.addListener(loaded);
  chrome.webNavigation.onErrorOccurred.addListener(failed);
}

function committed(details) {
  if (!counts(details)) return;
  const { tabId: tab, url, transitionType: by, transitionQualifiers } = details;
  const redirected = transitionQualifiers.some((word) => word.endsWith('_redirect'));
  forgetCrash(tab);
  event('committed', { tab, url, redirected, by });
  reattach(tab);
}

function moved(details) {
  if (counts(details)) event('moved', { tab: details.tabId, url: details.url });
}

async function loaded(details) {
  if (!counts(details)) return;
  const { title = '' } = await chrome.tabs.get(details.tabId).catch(() => ({}));
  event('loaded', { tab: details.tabId, url: details.url, title });
}

async function failed(details) {
  if (!counts(details)) return;
  const { tabId: tab, url, error } = details;
  if (error === 'net::ERR_BLOCKED_BY_CLIENT' && (await isFenced(tab))) event('blocked', { tab, url });
  else event('nav_failed', { tab, url, why: error });
}
