//! The service worker: tells the vat what happens in the browser and does there what the vat asks. It may be killed between
//! any two lines, so it keeps nothing that it could not lose: what must last is in storage.session before it counts.
//! All listeners are registered here, at once, or Chrome would not wake it for their events.
import { watchTabs } from './sw/events.js';
import { connected, ensureHost } from './sw/host.js';
import { sitesChanged } from './sw/permissions.js';
import { said } from './sw/said.js';
import { watchDebugger } from './sw/trusted.js';

chrome.runtime.onInstalled.addListener(ensureHost);
chrome.runtime.onStartup.addListener(ensureHost);
chrome.runtime.onConnect.addListener(connected);
chrome.runtime.onMessage.addListener(said);
chrome.permissions.onAdded.addListener(sitesChanged);
chrome.permissions.onRemoved.addListener(sitesChanged);

chrome.action.onClicked.addListener((tab) => {
  // First of all: after one await the click is no gesture any more.
  chrome.sidePanel.open({ windowId: tab.windowId });
  ensureHost();
});

watchTabs();
watchDebugger();
