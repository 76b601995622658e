//! As much of Chrome as the service worker's pure parts touch: storage.session and the network rules, in memory.
const clone = (value) => structuredClone(value);

export function fakeChrome() {
  const kept = new Map();
  let rules = [];
  const chrome = {
    runtime: { id: 'peerd', getURL: (path) => `chrome-extension://peerd/${path}` },
    storage: {
      session: {
        get: async (key) => (kept.has(key) ? { [key]: clone(kept.get(key)) } : {}),
        set: async (values) => Object.entries(values).forEach(([key, value]) => kept.set(key, clone(value))),
        remove: async (keys) => keys.forEach((key) => kept.delete(key)),
      },
    },
    declarativeNetRequest: {
      getSessionRules: async () => clone(rules),
      updateSessionRules: async ({ removeRuleIds, addRules }) => {
        rules = [...rules.filter(({ id }) => !removeRuleIds.includes(id)), ...clone(addRules)];
        if (new Set(rules.map(({ id }) => id)).size !== rules.length) throw new Error('two rules of one number');
      },
    },
  };
  globalThis.chrome = chrome;
  return { kept, rules: () => rules };
}
