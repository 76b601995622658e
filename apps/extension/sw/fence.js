//! A tab's fence: its top-level loads outside the given origins are blocked in the network layer, redirects included, before
//! a byte leaves. The rules are Chrome's own session rules, so they stand whether we live or not.
import { change } from './session.js';

const BLOCK = 1;
const ALLOW = 2;

export async function fence({ tab, origins }) {
  await replace(({ condition }) => condition.tabIds?.includes(tab), origins === null ? [] : rules(tab, origins));
  return {};
}

function rules(tab, origins) {
  const condition = { tabIds: [tab], resourceTypes: ['main_frame'] };
  const inside = origins.map((origin) => ({
    priority: ALLOW,
    action: { type: 'allow' },
    // Anchored at the start; the slash ends the port, so that :80 does not allow :8000.
    condition: { ...condition, urlFilter: `|${new URL(origin).origin}/` },
  }));
  return [{ priority: BLOCK, action: { type: 'block' }, condition: { ...condition, urlFilter: '*' } }, ...inside];
}

// Takes away the rules that `old` picks and puts these in, at once: there is no moment without a fence.
// One after the other, because the numbers of new rules follow from those that are there.
export function replace(old, made) {
  return change('rules', 0, async () => {
    const there = await chrome.declarativeNetRequest.getSessionRules();
    const gone = there.filter(old).map(({ id }) => id);
    const first = Math.max(0, ...there.map(({ id }) => id)) + 1;
    const addRules = made.map((rule, index) => ({ id: first + index, ...rule }));
    await chrome.declarativeNetRequest.updateSessionRules({ removeRuleIds: gone, addRules });
    return undefined;
  });
}

export async function isFenced(tab) {
  const there = await chrome.declarativeNetRequest.getSessionRules();
  return there.some(({ condition }) => condition.tabIds?.includes(tab));
}
