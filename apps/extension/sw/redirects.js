//! Where a redirect leads. `fetch` hides it from whoever follows by hand, and the network's events do not show what a page or a Worker of this
//! extension fetches, but what this service worker does: it asks once more, follows nothing, and sees the redirect go by.
import { Failure } from './failure.js';

const OWN = chrome.runtime.getURL('').slice(0, -1);
const METHODS = ['GET', 'HEAD'];
const ASK_MS = 15_000;
// The event may come a moment behind the answer.
const LATE_MS = 500;

const watches = new Set();

chrome.webRequest.onBeforeRedirect.addListener(({ url, redirectUrl, statusCode, initiator }) => {
  if (initiator !== OWN) return;
  for (const watch of watches) {
    if (watch.url === url) watch.seen({ status: statusCode, location: redirectUrl });
  }
}, { urls: ['<all_urls>'], types: ['xmlhttprequest'] });

// `{status, location}`; or a failure: it leads nowhere now, or nobody may see it here.
export async function redirect({ method, url, headers }) {
  // What is asked twice must be harmless.
  if (!METHODS.includes(method)) throw new Failure('refused', 'only of what may be asked twice');
  const watch = { url: new URL(url).href };
  const seen = new Promise((done) => (watch.seen = done));
  watches.add(watch);
  const end = new AbortController();
  const late = (ms) => new Promise((done) => setTimeout(done, ms));
  try {
    const asked = fetch(url, { method, headers, redirect: 'manual', credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer', signal: end.signal });
    const answered = asked.then(() => late(LATE_MS));
    const found = await Promise.race([seen, answered, late(ASK_MS)]);
    if (!found) throw new Failure('unseen', 'no redirect was seen');
    return found;
  } finally {
    watches.delete(watch);
    end.abort();
  }
}
