//! What an app tries: it has a document, so there is more to try than in a Worker. Each is the body of an async function in its page. To reach the network it
//! is given a port of its own, whose listener counts connections and bytes; else what it returns is what it got, and `null` is nothing.
//!
//! `residue`: known to get so far: `tcp`, that the browser opens a connection and sends no byte (SECURITY.md: its prediction). Where one gets further, or no longer
//! so far, the suite fails.

const http = (port) => `http://127.0.0.1:${port}/`;
const q = JSON.stringify;
const tcp = (name, code, more) => ({ name, by: "tcp", code, ...more });
const udp = (name, code, more) => ({ name, by: "udp", code, ...more });
/** Its wall is the opaque origin: without it, the same code in a page of the extension; or, where that has no such thing, in a plain page. */
const got = (name, code, wall = "origin") => ({ name, by: "result", wall, code: () => code });
const MOMENT = "await new Promise((done) => setTimeout(done, 500));";
/** An element with these properties, put into the page. */
const element = (tag, properties, where = "body") => `const it = Object.assign(document.createElement(${q(tag)}), ${properties}); document.${where}.append(it); ${MOMENT}`;
const markup = (html) => `document.body.insertAdjacentHTML('beforeend', ${html}); ${MOMENT}`;
const css = (text) => `const it = document.createElement('style'); it.textContent = ${text}; document.head.append(it); document.body.append('x'); ${MOMENT}`;
/** What leads out of the frame: it is gone afterwards, so nothing is awaited in it. */
const leaves = (code) => `setTimeout(() => { ${code} }, 50); ${MOMENT}`;
const CONNECTS = { residue: "tcp" };

export const DOM_ATTEMPTS = [
  tcp("image", (p) => element("img", `{ src: ${q(http(p))} }`)),
  tcp("image-set", (p) => element("img", `{ srcset: ${q(`${http(p)} 1x`)} }`)),
  tcp("image-in-markup", (p) => markup(q(`<img src="${http(p)}">`))),
  tcp("image-of-an-input", (p) => element("input", `{ type: 'image', src: ${q(http(p))} }`)),
  tcp("image-never-in-the-page", (p) => `new Image().src = ${q(http(p))}; ${MOMENT}`),
  tcp("svg-image", (p) => markup(q(`<svg><image href="${http(p)}" width="9" height="9"/></svg>`))),
  tcp("video", (p) => element("video", `{ src: ${q(http(p))}, preload: 'auto' }`)),
  tcp("video-poster", (p) => element("video", `{ poster: ${q(http(p))} }`)),
  tcp("audio", (p) => `const it = new Audio(${q(http(p))}); it.preload = 'auto'; it.load(); ${MOMENT}`),
  tcp("track", (p) => markup(q(`<video crossorigin><track default kind="captions" src="${http(p)}"></video>`)) + "document.querySelector('track').track.mode = 'showing';" + MOMENT, { wall: "plain" }),
  tcp("object", (p) => element("object", `{ data: ${q(http(p))} }`)),
  tcp("embed", (p) => element("embed", `{ src: ${q(http(p))} }`)),
  tcp("frame", (p) => element("iframe", `{ src: ${q(http(p))} }`)),
  tcp("frame-of-text", (p) => element("iframe", `{ srcdoc: ${q(`<img src="${http(p)}">`)} }`)),
  tcp("frame-of-data", (p) => element("iframe", `{ src: ${q(`data:text/html,<img src="${http(p)}">`)} }`)),
  tcp("frame-of-a-blob", (p) => element("iframe", `{ src: URL.createObjectURL(new Blob([${q(`<img src="${http(p)}">`)}], { type: 'text/html' })) }`)),
  tcp("css-background", (p) => css(q(`body { background: url(${http(p)}) }`))),
  tcp("css-import", (p) => css(q(`@import url(${http(p)});`))),
  tcp("css-font", (p) => css(q(`@font-face { font-family: x; src: url(${http(p)}) } body { font-family: x }`))),
  tcp("css-cursor", (p) => css(q(`body { cursor: url(${http(p)}), auto; mask-image: url(${http(p)}); border-image-source: url(${http(p)}) }`))),
  tcp("css-content", (p) => css(q(`body::before { content: url(${http(p)}) }`))),
  tcp("style-attribute", (p) => `document.body.style.backgroundImage = ${q(`url(${http(p)})`)}; ${MOMENT}`),
  tcp("style-sheet", (p) => element("link", `{ rel: 'stylesheet', href: ${q(http(p))} }`, "head")),
  tcp("constructed-style-sheet", (p) => `const it = new CSSStyleSheet(); it.replaceSync(${q(`body { background: url(${http(p)}) }`)}); document.adoptedStyleSheets = [it]; ${MOMENT}`),
  tcp("font-face", (p) => `await new FontFace('x', ${q(`url(${http(p)})`)}).load()`),
  tcp("paint-worklet", (p) => `await CSS.paintWorklet.addModule(${q(http(p))})`),
  tcp("audio-worklet", (p) => `await new OfflineAudioContext(1, 1, 44100).audioWorklet.addModule(${q(http(p))})`),
  tcp("prefetch", (p) => element("link", `{ rel: 'prefetch', href: ${q(http(p))} }`, "head")),
  tcp("preload", (p) => element("link", `{ rel: 'preload', as: 'image', href: ${q(http(p))} }`, "head")),
  tcp("module-preload", (p) => element("link", `{ rel: 'modulepreload', href: ${q(http(p))} }`, "head")),
  tcp("preconnect", (p) => element("link", `{ rel: 'preconnect', href: ${q(http(p))} }`, "head"), CONNECTS),
  tcp("preconnect-anonymous", (p) => element("link", `{ rel: 'preconnect', crossOrigin: '', href: ${q(http(p))} }`, "head"), CONNECTS),
  tcp("preconnect-in-markup", (p) => markup(q(`<link rel="preconnect" href="${http(p)}">`)), CONNECTS),
  tcp("script", (p) => element("script", `{ src: ${q(http(p))} }`, "head")),
  tcp("module", (p) => element("script", `{ type: 'module', src: ${q(http(p))} }`, "head")),
  tcp("script-in-a-script", (p) => element("script", `{ textContent: ${q(`fetch(${q(http(p))}, { mode: 'no-cors' })`)} }`, "head")),
  tcp("import", (p) => `await import(${q(http(p))})`),
  tcp("import-of-data", (p) => `await import(${q(`data:text/javascript,import ${q(http(p))}`)})`),
  tcp("fetch-of-the-prototype", (p) => `await Object.getPrototypeOf(Window.prototype).constructor && await (globalThis.fetch)(new Request(${q(http(p))}, { mode: 'no-cors' }))`),
  tcp("xml-http-request", (p) => `const it = new XMLHttpRequest(); it.open('GET', ${q(http(p))}); it.send(); ${MOMENT}`),
  tcp("web-socket", (p) => `new WebSocket('ws://127.0.0.1:${p}/'); ${MOMENT}`),
  tcp("event-source", (p) => `new EventSource(${q(http(p))}); ${MOMENT}`),
  tcp("beacon", (p) => `navigator.sendBeacon(${q(http(p))}, 'x'); ${MOMENT}`),
  tcp("link-ping", (p) => leaves(`const it = Object.assign(document.createElement('a'), { href: '#', ping: ${q(http(p))} }); document.body.append(it); it.click();`)),
  tcp("link", (p) => leaves(`const it = Object.assign(document.createElement('a'), { href: ${q(http(p))} }); document.body.append(it); it.addEventListener('click', (event) => event.stopImmediatePropagation()); it.click();`)),
  tcp("link-to-a-new-page", (p) => leaves(`const it = Object.assign(document.createElement('a'), { href: ${q(http(p))}, target: '_blank' }); document.body.append(it); it.addEventListener('click', (event) => event.stopImmediatePropagation()); it.click();`)),
  tcp("form", (p) => leaves(`const it = Object.assign(document.createElement('form'), { action: ${q(http(p))} }); document.body.append(it); Object.getPrototypeOf(it).submit.call(it);`)),
  tcp("form-post", (p) => leaves(`document.body.insertAdjacentHTML('beforeend', ${q(`<form method="post" action="${http(p)}"><input name="a" value="b"><button id="go">x</button></form>`)}); document.getElementById('go').addEventListener('click', (event) => event.stopImmediatePropagation()); document.getElementById('go').click();`)),
  tcp("form-in-a-new-page", (p) => leaves(`document.body.insertAdjacentHTML('beforeend', ${q(`<form target="_blank" action="${http(p)}"><button id="go">x</button></form>`)}); document.getElementById('go').addEventListener('click', (event) => event.stopImmediatePropagation()); document.getElementById('go').click();`)),
  tcp("popup", (p) => `open(${q(http(p))}); ${MOMENT}`),
  tcp("self-navigation", (p) => leaves(`location.href = ${q(http(p))};`)),
  tcp("self-navigation-replacing", (p) => leaves(`location.replace(${q(`${http(p)}?data`)});`)),
  tcp("self-navigation-by-open", (p) => leaves(`open(${q(http(p))}, '_self');`)),
  tcp("navigation-interface", (p) => leaves(`navigation.navigate(${q(http(p))});`)),
  tcp("meta-refresh", (p) => leaves(`document.head.insertAdjacentHTML('beforeend', ${q(`<meta http-equiv="refresh" content="0;url=${http(p)}">`)});`)),
  tcp("top-navigation", (p) => leaves(`top.location.href = ${q(http(p))};`)),
  tcp("parent-navigation", (p) => leaves(`parent.location = ${q(http(p))};`)),
  tcp("base", (p) => `document.head.append(Object.assign(document.createElement('base'), { href: ${q(http(p))} })); ${element("img", "{ src: 'x.png' }")}`),
  tcp("document-written", (p) => leaves(`document.open(); document.write(${q(`<img src="${http(p)}"><script>fetch(${q(http(p))})</scr` + "ipt>")}); document.close();`)),
  tcp("worker-of-a-blob", (p) => `new Worker(URL.createObjectURL(new Blob([${q(`fetch(${q(http(p))}, { mode: "no-cors" })`)}], { type: 'text/javascript' }))); ${MOMENT}`),
  tcp("script-of-a-script-url", (p) => leaves(`location.href = ${q(`javascript:fetch(${q(http(p))},{mode:'no-cors'})`)};`), { wall: "plain" }),
  tcp("policy-of-its-own", (p) => `document.head.append(Object.assign(document.createElement('meta'), { httpEquiv: 'Content-Security-Policy', content: ${q(`default-src *; report-uri ${http(p)}`)} })); ${element("img", `{ src: ${q(http(p))} }`)}`),
  udp("web-rtc", (p) => `const it = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:${p}' }] }); it.createDataChannel('x'); await it.setLocalDescription(await it.createOffer()); ${MOMENT}${MOMENT}`),
  udp("web-rtc-of-a-fresh-frame", (p) => `const frame = document.createElement('iframe'); document.body.append(frame); const it = new frame.contentWindow.RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:${p}' }] }); it.createDataChannel('x'); await it.setLocalDescription(await it.createOffer()); ${MOMENT}${MOMENT}`, { wall: "plain" }),
  got("indexed-db", `return (await indexedDB.databases()).map((it) => it.name).join() || 'none yet'`),
  got("private-files", `const root = await navigator.storage.getDirectory(); return 'a folder ' + root.name`),
  got("caches", `await caches.open('peerd'); return 'opened'`),
  got("cookies", `document.cookie = 'a=b'; return document.cookie || null`, "plain"),
  got("web-storage", `const it = Object.getOwnPropertyDescriptor(globalThis, 'localStorage'); return it.get ? typeof it.get.call(globalThis).getItem('x') : null`),
  got("broadcast-heard", `return new Promise((done) => { new BroadcastChannel('peerd').onmessage = ({ data }) => done(String(data).slice(0, 20)); new BroadcastChannel('peerd').postMessage(JSON.stringify({ command: { Hello: { chat: null } } })); setTimeout(done, 1500, null); })`),
  got("locks", `return (await navigator.locks.query()).held.map((it) => it.name).join() || null`),
  got("extension-interfaces", `return typeof chrome === 'object' && chrome.runtime?.id || null`),
  got("extension-message", `return JSON.stringify(await chrome.runtime.sendMessage({ hello: true }) ?? 'sent')`),
  got("page-around-it", `return parent.document.title`),
  got("page-around-it-by-name", `return String(parent.location.href)`),
  got("service-worker", `return (await navigator.serviceWorker.getRegistrations()).length + ' registrations'`, "plain"),
  got("shared-worker", `new SharedWorker('chrome-extension://' + EXTENSION + '/worker.js'); return 'made'`),
  got("extension-file-read", `return (await (await Object.getPrototypeOf(globalThis).fetch?.call(globalThis, 'chrome-extension://' + EXTENSION + '/manifest.json') ?? await globalThis.fetch('chrome-extension://' + EXTENSION + '/manifest.json')).text()).slice(0, 20)`),
  got("extension-page-in-its-place", `return new Promise((done) => { const it = document.createElement('iframe'); it.src = 'chrome-extension://' + EXTENSION + '/options.html'; it.onload = () => { try { done(it.contentDocument ? 'read' : null); } catch { done(null); } }; document.body.append(it); setTimeout(done, 1500, null); })`),
  got("its-origin", `return self.origin === 'null' ? null : self.origin`),
];

/** What an app does to its host. `expect`: of what the page says of it. */
export const DOM_ASSAULTS = [
  { name: "never-ends", code: "setTimeout(() => { for (;;); }, 200);", expect: /does not answer/ },
  { name: "never-ends-in-a-microtask", code: "setTimeout(() => { const again = () => Promise.resolve().then(again); again(); }, 200);", expect: /does not answer/ },
  { name: "message-flood", code: "setTimeout(() => { for (;;) console.log('x'.repeat(1000)); }, 200);", expect: /too much at a time/ },
  { name: "message-flood-of-its-first-script", code: "for (;;) console.log('x'.repeat(100));", expect: /too much at a time/ },
  { name: "message-flood-in-turns", code: "const f = () => { for (let n = 0; n < 200; n++) console.log('x'.repeat(500)); setTimeout(f, 0); }; f();", expect: /too much at a time|does not answer/ },
  // As much as a slow machine may manage.
  { name: "message-flood-in-slow-turns", code: "setInterval(() => { for (let n = 0; n < 200; n++) console.log('x'.repeat(500)); }, 100);", expect: /too much at a time/ },
  { name: "storage-flood-in-turns", code: "const f = () => { for (let n = 0; n < 200; n++) localStorage.setItem('k' + n, String(Math.random())); setTimeout(f, 0); }; f();", expect: /too much at a time|does not answer/ },
  { name: "network-flood-in-turns", code: "const f = () => { for (let n = 0; n < 200; n++) fetch('https://example.org/' + n).catch(() => {}); setTimeout(f, 0); }; f();", expect: /too much at a time|does not answer/ },
  { name: "memory-bomb", code: "setTimeout(() => { const all = []; for (;;) all.push(new Uint8Array(64 << 20).fill(1)); }, 200);", expect: /does not answer|another page|ended/ },
  { name: "element-bomb", code: "setTimeout(() => { for (;;) document.body.append(document.createElement('div')); }, 200);", expect: /does not answer|ended/ },
  // Known: each frame costs the browser's own process, so its pages are slow until the app is given up (SECURITY.md).
  { name: "frame-bomb", code: "setTimeout(() => { for (;;) document.body.append(document.createElement('iframe')); }, 200);", expect: /more than 64 frames/ },
  { name: "frames-within-a-frame", code: "setTimeout(() => { const frame = document.createElement('iframe'); frame.srcdoc = '<iframe></iframe>'.repeat(100); document.body.append(frame); }, 200);", expect: /more than 64 frames/ },
  { name: "frames-that-come-and-go", slow_ms: 8_000, code: "setTimeout(() => { for (;;) { const frame = document.createElement('iframe'); document.body.append(frame); frame.remove(); } }, 200);", expect: /does not answer|ended/ },
  { name: "steals-the-port-and-forges", code: "const { postMessage } = MessagePort.prototype; MessagePort.prototype.postMessage = function (...given) { postMessage.call(this, { forged: true }); return postMessage.apply(this, given); }; console.log('x');", expect: /no message/ },
  { name: "steals-the-port-and-sends-bytes", code: "const { postMessage } = MessagePort.prototype; MessagePort.prototype.postMessage = function () { return postMessage.call(this, new Uint8Array(64).fill(255)); }; console.log('x'); setTimeout(() => console.log('y'), 100);", expect: /session ended|ended|no message|is gone/ },
  { name: "steals-the-port-and-sends-a-view", code: "const { postMessage } = MessagePort.prototype; MessagePort.prototype.postMessage = function () { return postMessage.call(this, new Uint8Array(new ArrayBuffer(2 << 20), 0, 1)); }; console.log('x');", expect: /too large/ },
  // Its forged words would stand in the page: it lives until it hangs.
  { name: "speaks-on-its-control-port", code: `
    const { postMessage } = MessagePort.prototype, { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data');
    const forges = (port) => postMessage.call(port, { gone: 'these words are forged' });
    MessagePort.prototype.postMessage = function (...given) { if (given[0] === 'pong') forges(this); return postMessage.apply(this, given); };
    Object.defineProperty(MessageEvent.prototype, 'data', { configurable: true, get() { const it = get.call(this); if (it === 'ping') forges(this.target); return it; } });
    setTimeout(() => { for (;;); }, 4000);`, expect: /does not answer/ },
  { name: "goes-to-another-page", code: "setTimeout(() => { location.href = 'about:blank'; }, 200);", expect: /another page|does not answer/ },
  { name: "speaks-to-the-page-around-it", code: "for (let n = 0; n < 100; n++) parent.postMessage({ open: { kind: 'app' }, command: 'EndMachine', gone: 'x' }, '*'); setTimeout(() => { for (;;); }, 3000);", expect: /does not answer/ },
];
