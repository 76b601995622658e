//! Speaking with a page: its content script answers in the isolated world of the top frame. A page may be gone, be another
//! one by now, or never answer; each has its word.
import { isCrashed, tellCrash } from './crashes.js';
import { inspected, once } from './effects.js';
import { Failure, failure } from './failure.js';
import { within } from './limits.js';
import { documentOf } from './navigate.js';
import { isTrustedAct, trustedAct } from './trusted.js';

const CONTENT = 'page/content.js';
// A megabyte of page takes seconds to read on a busy machine.
const ANSWER_MS = 15_000;

export async function page({ tab, request }) {
  if (request.do !== 'act') return ask(tab, request);
  const before = { tab, document: await documentOf(tab) };
  return once(request.effect, 'page', before, () => (isTrustedAct(request) ? trustedAct(tab, request, ask) : ask(tab, request)));
}

// The page itself keeps what was done in it, as long as it is the same page.
inspected('page', async ({ tab, document }, effect) => {
  if (document === null || (await documentOf(tab)) !== document) return undefined;
  const found = await ask(tab, { do: 'probe', effect });
  if (found.err) return undefined;
  return found.known ? { state: 'done', answer: found.answer } : { state: 'void' };
});

export async function ask(tab, request) {
  try {
    return await converse(tab, request);
  } catch (error) {
    if (failure(error).err.kind !== 'no_access' || !(await isCrashed(tab))) throw error;
    tellCrash(tab);
    throw new Failure('crashed', 'the page has crashed');
  }
}

async function converse(tab, request) {
  const ms = ANSWER_MS + (request.ms ?? 0);
  let said = await within(ms, run(tab, say, request));
  if (said.missing) {
    await within(ms, inject(tab, CONTENT));
    said = await within(ms, run(tab, say, request));
  }
  if (said.missing) throw new Failure('no_page', 'the page takes no content script');
  if (said.failed) throw new Failure('failed', said.failed);
  return said.answer;
}

// Runs in the page, so it may use nothing from here. The port it opens is how we hear of the page's sudden end.
async function say(request) {
  if (!globalThis.peerdPage) return { missing: true };
  if (!globalThis.peerdLife) {
    globalThis.peerdLife = chrome.runtime.connect({ name: 'page' });
    globalThis.peerdLife.onDisconnect.addListener(() => delete globalThis.peerdLife);
  }
  try {
    return { answer: await globalThis.peerdPage(request) };
  } catch (error) {
    return { failed: String(error) };
  }
}

export async function run(tab, func, ...args) {
  const [frame] = await chrome.scripting.executeScript({ target: { tabId: tab, frameIds: [0] }, injectImmediately: true, func, args });
  // A document that goes before it answers leaves no result.
  if (!frame?.result) throw new Failure('navigated', 'the page was left before it answered');
  return frame.result;
}

export function inject(tab, file) {
  return chrome.scripting.executeScript({ target: { tabId: tab, frameIds: [0] }, injectImmediately: true, files: [file] });
}
