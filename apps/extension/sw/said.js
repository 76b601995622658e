//! What our pages and our content scripts say. A content script may report; it is never answered.
import { hand } from './hand.js';
import { ensureHost } from './host.js';
import { tell } from './outbox.js';
import { fromOwnPage, fromPage } from './senders.js';
import { failure } from './failure.js';

export function said(message, sender, respond) {
  if (fromPage(sender)) {
    const tab = sender.tab.id;
    if (message.hand === true) hand(tab);
    if (message.recorded) tell({ recorded: { tab, step: message.recorded } });
    return false;
  }
  if (fromOwnPage(sender) && message.ensure === 'host') {
    ensureHost().then(() => respond({}), (error) => respond(failure(error)));
    return true;
  }
  return false;
}
