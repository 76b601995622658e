//! What this installation may do: its variant, and whether it drives every site without asking its owner again.
import { tell } from './outbox.js';

const allSites = () => chrome.permissions.contains({ origins: ['<all_urls>'] });

// The variants differ in their manifest only, so it tells them apart.
function variant() {
  const { permissions, host_permissions: sites = [] } = chrome.runtime.getManifest();
  if (permissions.includes('debugger')) return 'dev';
  return sites.includes('<all_urls>') ? 'e2e' : 'store';
}

export async function about() {
  return { variant: variant(), all_sites: await allSites() };
}

export async function sitesChanged() {
  tell({ all_sites: await allSites() });
}
