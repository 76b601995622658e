//! The offscreen document that hosts the vat: there is exactly one, and its port is the only one whose wishes are obeyed.
import { lifeline } from './crashes.js';
import { attach } from './outbox.js';
import { answer } from './routes.js';
import { fromHost } from './senders.js';

const PAGE = 'offscreen.html';

let creating = null;

// Many may ask at once; one creates.
export function ensureHost() {
  creating ??= create().finally(() => {
    creating = null;
  });
  return creating;
}

async function create() {
  const there = await chrome.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] });
  if (there.length > 0) return;
  try {
    await chrome.offscreen.createDocument({ url: PAGE, reasons: ['WORKERS', 'IFRAME_SCRIPTING'], justification: 'The agent runs in a dedicated Worker, code that it runs in sandboxed frames.' });
  } catch (error) {
    // It was made in between, by another life of this service worker.
    if (!/single offscreen/i.test(error.message)) throw error;
  }
}

export function connected(port) {
  if (port.name === 'page') return lifeline(port);
  if (port.name !== 'host' || !fromHost(port.sender)) return port.disconnect();
  attach(port);
  // The document ended and this service worker did not: a new one goes on where the vat was.
  port.onDisconnect.addListener(ensureHost);
  port.onMessage.addListener(async ({ id, op }) => {
    if (!op) return;
    const settled = await answer(op);
    if (id !== undefined) reply(port, { id, answer: settled });
  });
}

// The document may have gone while we worked for it.
function reply(port, message) {
  try {
    port.postMessage(message);
  } catch {
    port.disconnect();
  }
}
