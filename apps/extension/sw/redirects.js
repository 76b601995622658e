//! Where redirects lead that the vat's own fetches meet: `fetch` hides it from whoever follows by hand, the network's events do not.
//! Without leave for the site, or where the browser has no such events, nobody knows, and the vat is told so.
import { Failure } from './failure.js';

// Limit: watches at a time, the oldest forgotten; a fetch that was aborted leaves one behind.
const WATCHES_MAX = 64;
// The event may come a moment behind the answer.
const LATE_MS = 300;

let last = 0;
const watches = new Map();

chrome.webRequest?.onBeforeRedirect.addListener(({ url, redirectUrl, statusCode, initiator }) => {
  if (initiator !== chrome.runtime.getURL('').slice(0, -1)) return;
  // The newest: an older one of the same address may be of a fetch that met no redirect.
  const watch = [...watches.values()].reverse().find((watch) => watch.url === url && !watch.seen);
  if (!watch) return;
  watch.seen = { status: statusCode, location: redirectUrl };
  watch.told?.();
}, { urls: ['<all_urls>'], types: ['xmlhttprequest'] });

export async function redirectWatch({ url }) {
  last += 1;
  watches.set(last, { url: new URL(url).href, seen: null });
  if (watches.size > WATCHES_MAX) watches.delete(watches.keys().next().value);
  return { watch: last };
}

export async function redirectSeen({ watch: number }) {
  const watch = watches.get(number);
  if (!watch) throw new Failure('unknown', 'no such watch');
  if (!watch.seen) {
    await new Promise((done) => {
      watch.told = done;
      setTimeout(done, LATE_MS);
    });
  }
  watches.delete(number);
  return watch.seen ?? {};
}
