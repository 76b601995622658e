//! Which journal the vat has: kept here, where it is not lost with the files, so that a lost one is told from one that never was.

const KEY = 'journal';

const fresh = () => ({ identity: crypto.randomUUID().replaceAll('-', ''), opened: false });

// Kept before it is used: the journal begins under this name or under none.
export async function journal() {
  const { [KEY]: known } = await chrome.storage.local.get(KEY);
  if (known) return known;
  const made = fresh();
  await chrome.storage.local.set({ [KEY]: made });
  return made;
}

// There is one now: from here on its absence is a loss.
export async function journalOpened() {
  await chrome.storage.local.set({ [KEY]: { ...(await journal()), opened: true } });
  return {};
}
