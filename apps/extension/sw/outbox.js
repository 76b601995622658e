//! What the vat is told: over the host's port, or kept for a moment until there is one.

// Limit: events between two connections; a reconnection takes a tenth of a second.
const EARLY_MAX = 1_000;

let port = null;
const early = [];

export function attach(candidate) {
  port = candidate;
  candidate.onDisconnect.addListener(() => {
    if (port === candidate) port = null;
  });
  for (const message of early.splice(0)) port.postMessage(message);
}

export function tell(message) {
  if (port) port.postMessage(message);
  else if (early.length < EARLY_MAX) early.push(message);
}

export const event = (name, more) => tell({ event: { event: name, ...more } });
