//! What an app keeps, text by key: read here at once, written through to the host, which has the quota. The same as `localStorage`, which an opaque
//! origin has not, and as `peerd.storage`, whose promises say whether it was kept.

export function keeping({ set, remove, clear, failed }) {
  const items = new Map();
  const late = (promise) => void promise.catch(failed);
  const area = (kept, write) => {
    const methods = {
      getItem: (key) => kept.get(String(key)) ?? null,
      setItem: (key, value) => {
        kept.set(String(key), String(value));
        if (write) late(set(String(key), String(value)));
      },
      removeItem: (key) => {
        if (kept.delete(String(key)) && write) late(remove(String(key)));
      },
      clear: () => {
        kept.clear();
        if (write) late(clear());
      },
      key: (at) => [...kept.keys()][at] ?? null,
    };
    const own = (key) => typeof key === 'string' && !Object.hasOwn(methods, key) && key !== 'length';
    return new Proxy(methods, {
      get: (_, key) => (key === 'length' ? kept.size : own(key) ? kept.get(key) : methods[key]),
      set: (_, key, value) => (methods.setItem(key, value), true),
      has: (_, key) => kept.has(key) || key in methods,
      deleteProperty: (_, key) => (methods.removeItem(key), true),
      ownKeys: () => [...kept.keys()].filter(own),
      getOwnPropertyDescriptor: (_, key) => (own(key) && kept.has(key) ? { value: kept.get(key), writable: true, enumerable: true, configurable: true } : undefined),
    });
  };
  const storage = Object.freeze({
    get: async (key) => items.get(String(key)) ?? null,
    async set(key, value) {
      await set(String(key), String(value));
      items.set(String(key), String(value));
    },
    async delete(key) {
      await remove(String(key));
      items.delete(String(key));
    },
    async clear() {
      await clear();
      items.clear();
    },
    keys: async () => [...items.keys()],
  });
  return {
    /** By the host: at the start, or by another view of the same app. */
    told(key, value) {
      const old = items.get(key) ?? null;
      if (value === undefined) items.delete(key);
      else items.set(key, value);
      dispatchEvent(Object.assign(new Event('storage'), { key, newValue: value ?? null, oldValue: old }));
    },
    install() {
      const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
      define('localStorage', area(items, true));
      define('sessionStorage', area(new Map(), false));
      define('peerd', Object.freeze({ storage }));
    },
  };
}
