//! Local model servers refuse what comes from an extension's origin. For those that their owner added, the header is taken off.
import { Failure } from './failure.js';
import { replace } from './fence.js';

export async function originRule({ origin, on }) {
  const url = URL.parse(origin);
  if (!url || !isNear(url.hostname)) throw new Failure('refused', 'only for servers on this computer or network');
  const filter = `|${url.origin}/`;
  const rule = {
    priority: 1,
    action: { type: 'modifyHeaders', requestHeaders: [{ header: 'origin', operation: 'remove' }] },
    condition: { urlFilter: filter, initiatorDomains: [chrome.runtime.id], resourceTypes: ['xmlhttprequest'] },
  };
  const isOld = ({ action, condition }) => action.type === 'modifyHeaders' && condition.urlFilter === filter;
  await replace(isOld, on ? [rule] : []);
  return {};
}

// Loopback, private ranges, and names that only a local network knows. `host` is as URL gives it: lower case, canonical.
export function isNear(host) {
  if (host === 'localhost' || /\.(localhost|local|lan|internal|home\.arpa)$/.test(host)) return true;
  if (host.startsWith('[')) return host === '[::1]' || /^\[(f[cd]|fe[89ab])/.test(host);
  const parts = host.split('.').map(Number);
  if (parts.length !== 4 || !parts.every(Number.isInteger)) return !host.includes('.');
  const [a, b] = parts;
  return a === 127 || a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128);
}
