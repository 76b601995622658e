//! The tabs a chat drives stand together in a group with its name, and wear a badge.
import { change } from './session.js';

const BADGE = '●';
const COLOR = 'blue';

export function group({ chat, tabs, title }) {
  return change('groups', {}, async (groups) => {
    const before = groups[chat] ?? [];
    await Promise.all(before.filter((tab) => !tabs.includes(tab)).map(leave));
    for (const [window, there] of await byWindow(tabs)) await join(window, there, title);
    return { ...groups, [chat]: tabs };
  }).then(() => ({}));
}

// A group lives in one window; tabs are not moved to another for its sake.
async function byWindow(tabs) {
  const found = await Promise.all(tabs.map((tab) => chrome.tabs.get(tab).catch(() => null)));
  return Map.groupBy(found.filter(Boolean), (tab) => tab.windowId);
}

async function join(windowId, tabs, title) {
  const tabIds = tabs.map((tab) => tab.id);
  const ours = tabs.map((tab) => tab.groupId).find((id) => id !== chrome.tabGroups.TAB_GROUP_ID_NONE);
  const known = ours !== undefined && (await chrome.tabGroups.get(ours)).title === title;
  const groupId = await chrome.tabs.group({ tabIds, ...(known ? { groupId: ours } : { createProperties: { windowId } }) });
  await chrome.tabGroups.update(groupId, { title, color: COLOR });
  await Promise.all(tabIds.map((tabId) => chrome.action.setBadgeText({ tabId, text: BADGE })));
}

async function leave(tab) {
  // It may have been closed, or taken out by its owner.
  await chrome.tabs.ungroup(tab).catch(() => {});
  await chrome.action.setBadgeText({ tabId: tab, text: '' }).catch(() => {});
}
