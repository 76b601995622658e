//! A page that keeps what an origin keeps, and in which each attempt has a document of that origin.
const READY_MS = 3_000;

async function kept() {
  await new Promise((done, fail) => {
    const it = indexedDB.open("peerd", 1);
    it.onupgradeneeded = () => it.result.createObjectStore("chats");
    it.onsuccess = () => (it.result.close(), done());
    it.onerror = () => fail(it.error);
  });
  await (await navigator.storage.getDirectory()).getFileHandle("journal", { create: true });
  await new Promise((held) => navigator.locks.request("peerd", () => (held(), new Promise(() => {}))));
  const channel = new BroadcastChannel("peerd");
  channel.onmessage = () => channel.postMessage('{"update": {}}');
}

async function one({ name, code, ms }) {
  const frame = document.createElement("iframe");
  const loaded = new Promise((done) => (frame.onload = done));
  frame.src = "/empty.html";
  document.body.append(frame);
  await loaded;
  const ran = frame.contentWindow.eval(`(async () => { ${code} })()`).then((it) => it ?? null, () => null);
  const late = new Promise((done) => setTimeout(done, ms, null));
  return [name, await Promise.race([ran, late])];
}

const told = {};
try {
  await Promise.race([kept(), new Promise((_, fail) => setTimeout(fail, READY_MS, new Error("nothing could be kept")))]);
  const pieces = await (await fetch("/pieces")).json();
  told.results = Object.fromEntries(await Promise.all(pieces.map(one)));
} catch (error) {
  told.broken = String(error);
}
await fetch("/told", { method: "POST", body: JSON.stringify(told) });
