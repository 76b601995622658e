//! Pictures of a tab. Without the debugger Chrome takes them only of what a person sees.
import { Failure, failure } from './failure.js';
import { pause } from './limits.js';
import { capture, mayDebug } from './trusted.js';

const MIME = 'image/jpeg';
const QUALITY = 70;
// Chrome allows two a second.
const AGAIN_MS = 600;
const TRIES_MAX = 3;

export async function screenshot({ tab }) {
  if (mayDebug()) return { mime: MIME, data: await capture(tab, QUALITY) };
  const { windowId } = await visible(tab);
  const url = await shoot(windowId);
  // The owner may have changed tabs meanwhile: that picture is not the agent's to see.
  await visible(tab);
  return { mime: MIME, data: url.slice(url.indexOf(',') + 1) };
}

async function visible(tab) {
  const there = await chrome.tabs.get(tab);
  if (there.active) return there;
  throw new Failure('background', 'The tab is in the background; Chrome takes pictures only of the tab in front. Show it first, or read the page.');
}

async function shoot(windowId) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await chrome.tabs.captureVisibleTab(windowId, { format: 'jpeg', quality: QUALITY });
    } catch (error) {
      if (failure(error).err.kind === 'no_access') throw new Failure('no_access', 'peerd may not take pictures of this site; its owner can allow it in the browser.');
      if (tries === TRIES_MAX || !/MAX_CAPTURE/.test(error.message)) throw error;
      await pause(AGAIN_MS);
    }
  }
}
