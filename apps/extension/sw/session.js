//! What must outlive this service worker, but not the browser: chrome.storage.session, one change at a time.

let last = Promise.resolve();

export async function read(key, absent) {
  return (await chrome.storage.session.get(key))[key] ?? absent;
}

// `change` is given the value there and returns the new one; undefined leaves it as it is.
export function change(key, absent, changed) {
  const work = last.then(async () => {
    const value = await changed(await read(key, absent));
    if (value !== undefined) await chrome.storage.session.set({ [key]: value });
    return value;
  });
  last = work.catch(() => {});
  return work;
}

export const forget = (keys) => chrome.storage.session.remove(keys);
