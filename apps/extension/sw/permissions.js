//! What this installation may do: its variant, and whether it drives every site without asking its owner again.
import { recordingsLost } from './hand.js';
import { tell } from './outbox.js';
import { journal } from './journal.js';
import { change, read } from './session.js';

const allSites = () => chrome.permissions.contains({ origins: ['<all_urls>'] });

// The variants differ in their manifest only, so it tells them apart.
function variant() {
  const { permissions, host_permissions: sites = [] } = chrome.runtime.getManifest();
  if (permissions.includes('debugger')) return 'dev';
  return sites.includes('<all_urls>') ? 'e2e' : 'store';
}

// Of this life of the browser: effects of another one are not known here.
async function session() {
  return (await change('session', null, (known) => (known ? undefined : crypto.randomUUID()))) ?? read('session');
}

// What a vat that begins asks first.
export async function about() {
  await recordingsLost();
  return { variant: variant(), all_sites: await allSites(), session: await session(), journal: await journal() };
}

export async function sitesChanged() {
  tell({ all_sites: await allSites() });
}
