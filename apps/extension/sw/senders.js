//! Who may say what. Pages can run code next to our content script, so the sender counts and nothing in the message does.

const OWN = chrome.runtime.getURL('');

const isOurs = (sender) => sender.id === chrome.runtime.id;

export const fromHost = (sender) => isOurs(sender) && !sender.tab && sender.url === `${OWN}offscreen.html`;

// Panel and options; also in a tab.
export const fromOwnPage = (sender) => isOurs(sender) && sender.url?.startsWith(OWN);

// Our content script in the top frame of a tab.
export const fromPage = (sender) => isOurs(sender) && sender.tab !== undefined && sender.frameId === 0 && !sender.url?.startsWith(OWN);
