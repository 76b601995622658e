//! Which journal the vat has, and in which folder: kept here, where it is not lost with the files, so that a lost one is told from
//! one that never was.

const KEY = 'journal';
const FOLDER = 'peerd';

const digits = () => crypto.randomUUID().replaceAll('-', '');

// Kept before it is used: the journal begins under this name or under none.
export async function journal() {
  const { [KEY]: known } = await chrome.storage.local.get(KEY);
  if (known) return { folder: FOLDER, ...known };
  const made = { identity: digits(), opened: false, folder: FOLDER };
  await chrome.storage.local.set({ [KEY]: made });
  return made;
}

// There is one now: from here on its absence is a loss. What lay there may be older than what was kept here.
export async function journalOpened({ identity }) {
  await chrome.storage.local.set({ [KEY]: { ...(await journal()), identity, opened: true } });
  return {};
}

// Another in its place: with an identity the one that lies in that folder, without one it begins there. The one before stays where it
// is, until this happens again; `gone` is the folder that nobody needs then. Asked twice, it is done once.
export async function journalReplaced({ identity, folder }) {
  const old = await journal();
  if (old.folder === folder) return { gone: old.gone };
  const made = { identity: identity ?? digits(), opened: identity !== undefined, folder, aside: old.folder, gone: old.aside ?? null };
  await chrome.storage.local.set({ [KEY]: made });
  return { gone: made.gone };
}
