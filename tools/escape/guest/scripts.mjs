//! What an actor in JavaScript that means harm tries. One class has a handler for each; with the walls down the same text is a module in a Worker of a plain page
//! (plain.js), which has a browser around it, a realm that all actors share, and numbers for refs.
import { ATTEMPTS } from "../attempts.mjs";

const http = (port) => `http://127.0.0.1:${port}/`;
const q = JSON.stringify;

/** By ways to code that only JavaScript has: each is the body of an async function that is given a port. */
const tcp = (name, code) => ({ name, wall: "policy", by: "tcp", code });
export const BY_LANGUAGE = [
  tcp("constructor-of-an-async-function", (port) => `await (async () => {}).constructor('u', 'return fetch(u, { mode: "no-cors" })')(${q(http(port))})`),
  tcp("constructor-of-a-generator", (port) => `(function* () {}).constructor('u', 'fetch(u, { mode: "no-cors" })')(${q(http(port))}).next()`),
  tcp("constructor-by-reflection", (port) => `await Reflect.construct(Function, ['u', 'return fetch(u, { mode: "no-cors" })'])(${q(http(port))})`),
  tcp("constructor-of-an-arrays-method", (port) => `await [].map.constructor('return this')().fetch(${q(http(port))}, { mode: 'no-cors' })`),
  tcp("constructor-of-an-error-of-the-hosts", (port) => `let E; try { null.x } catch (error) { E = error.constructor } await E.constructor('return this')().fetch(${q(http(port))}, { mode: 'no-cors' })`),
  tcp("this-of-a-sloppy-function", (port) => `await (0, eval)('(function () { return this })')().fetch(${q(http(port))}, { mode: 'no-cors' })`),
  tcp("a-timer-of-text", (port) => `setTimeout("fetch('${http(port)}', { mode: 'no-cors' })", 0); await new Promise((done) => setTimeout(done, 300))`),
  tcp("a-module-of-webassembly-that-is-given-fetch", (port) => `
    const bytes = Uint8Array.from([0,97,115,109,1,0,0,0,1,4,1,96,0,0,2,7,1,1,101,1,102,0,0,7,5,1,1,103,0,0]);
    new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: { f: () => globalThis.fetch(${q(http(port))}, { mode: 'no-cors' }) } }).exports.g();`),
];
// Its engine has shared buffers, and nobody to share them with.
export const REACHES = [...ATTEMPTS.filter(({ name }) => name !== "shared-memory"), ...BY_LANGUAGE];

const one = (name, wall, handlers, judge) => ({ name, wall, handlers, by: "facts", plays: [["go"]], ...judge });
const hears = (word) => (facts) => facts.replies.flat().includes(JSON.stringify(word));
const quiet = (word) => (answers) => answers.flat().every((it) => !it.includes(word));
const left = (name, spoil, look, judge = {}) => one(name, "realm", { go: spoil, look }, { plays: [["go"], ["look"]], did: hears("secret"), held: quiet("secret"), ...judge });
const endless = (name, go, judge = {}) => one(name, "meter", { go }, { did: (facts) => facts.hung, crash: /killed: a turn used up all the fuel/, ...judge });
const forges = (name, go, op, judge = {}) => one(name, "refs", { go }, { did: (facts) => facts.other.includes(op), crash: /no ref|may not spawn|TypeError/, ...judge });
const bound = (name, go, did, crash, judge = {}) => one(name, "limits", { go }, { did, crash, ...judge });
const answered = (facts) => facts.replies[0]?.[0] !== undefined && !facts.replies[0][0].startsWith("crash");

export const ROGUES = [
  left("a-global-left-behind", "globalThis.kept = 'secret'", "return globalThis.kept ?? null"),
  left("a-variable-of-the-module-left-behind", "shelf.kept = 'secret'", "return shelf.kept ?? null"),
  left("a-prototype-left-changed", "Object.prototype.kept = 'secret'", "return ({}).kept ?? null"),
  left("a-handlers-property-left-behind", "shelf.push.kept = 'secret'", "return shelf.push.kept ?? null"),
  left("a-regular-expressions-last-match", "/(secret)/.test('secret')", "return RegExp.$1 || null"),
  left("a-replaced-way-to-write-json", "const was = JSON.stringify; JSON.stringify = (it) => was(it === 'mine' ? 'secret' : it)", "return 'mine'"),
  left("a-replaced-iterator-that-hears-what-others-are-told", "const was = Array.prototype[Symbol.iterator]; globalThis.heard = []; Array.prototype[Symbol.iterator] = function () { if (this[1] === 'secret') globalThis.heard.push(this[1]); return was.call(this); }; return 1", "return [].concat(globalThis.heard ?? [])[0] ?? null",
    { plays: [["go"], [["other", "secret"], "look"]], handlers: { go: "const was = Array.prototype[Symbol.iterator]; globalThis.heard = []; Array.prototype[Symbol.iterator] = function () { if (this[1] === 'secret') globalThis.heard.push(this[1]); return was.call(this); }; return 1", other: "return 1", look: "return (globalThis.heard ?? [])[0] ?? null" }, held: (answers) => answers[1][1] === "reply null" }),
  left("a-frozen-realm", "Object.freeze(Array.prototype); Object.defineProperty(Object.prototype, 'kept', { value: 'secret' })", "return ({}).kept ?? null"),
  left("a-getter-on-what-the-host-reads", "Object.defineProperty(Object.prototype, 'kept', { get: () => 'secret', configurable: true })", "return ({}).kept ?? null"),
  one("a-clock-in-a-turn", "realm", { go: "const from = Date.now(); for (let n = 0; n < 3e5; n++) if (Date.now() !== from) return 'ticks'; const more = globalThis.performance?.now() ?? 0; return more ? 'ticks' : null" }, { did: hears("ticks"), held: quiet("ticks") }),
  one("where-its-host-is", "realm", { go: "const stack = new Error().stack ?? ''; return /(https?:|blob:|chrome-extension:)/.exec(stack) ? 'an address' : null" }, { did: hears("an address"), held: quiet("an address") }),
  one("a-constructor-out-of-its-context", "realm", { go: "return typeof ctx.send.constructor('return this')().fetch === 'function' ? 'a power' : null" }, { did: hears("a power"), held: quiet("a power") }),
  one("what-time-zone-it-is-in", "realm", { go: "return typeof Intl === 'object' && Intl.DateTimeFormat().resolvedOptions().timeZone ? 'a place' : null" }, { did: hears("a place"), held: quiet("a place") }),
  one("what-machine-it-is-on", "realm", { go: "return typeof navigator === 'object' && navigator.hardwareConcurrency ? 'a machine' : null" }, { did: hears("a machine"), held: quiet("a machine") }),

  forges("a-forged-ref", "ctx.send({ $ref: 7 }, 'poke')", "send"),
  forges("a-ref-out-of-text", "ctx.send(JSON.parse('{\"$ref\":7}'), 'poke')", "send"),
  forges("a-number-for-a-ref", "ctx.send(7, 'poke')", "send"),
  forges("a-ref-with-the-right-prototype", "ctx.send(Object.assign(Object.create(Object.getPrototypeOf(ctx.self)), ctx.self, { $ref: 7 }), 'poke')", "send"),
  forges("a-ref-changed-in-its-place", "const it = ctx.self; it.$ref = 7; ctx.send(it, 'poke')", "send", { crash: undefined, held: (answers) => answers[0][0] === "reply undefined" }),
  forges("a-ref-hidden-in-its-state", "state.friend = { $ref: 7 }", "send", { plays: [["go", "use"]], handlers: { go: "state.friend = { $ref: 7 }", use: "ctx.send(state.friend, 'poke')" } }),
  forges("a-ref-in-its-answer", "return { $ref: 7 }", "answer", { crash: undefined, held: (answers) => !/peerd-actor|ref [0-9]/.test(answers[0][0]) }),
  forges("bytes-with-a-ref-beside-them", "ctx.send(ctx.self, { bytes: new Uint8Array(1), refs: [{ $ref: 7 }] })", "lent"),
  forges("a-call-by-number", "ctx.call({ $ref: 7 }, 'poke', 1, { then: 'go' })", "call"),
  forges("an-answer-in-anothers-place", "ctx.reply({ $ref: 7 }, 'forged')", "reply"),
  forges("a-refusal-in-anothers-place", "ctx.refuse({ $ref: 7 })", "refuse"),
  forges("a-watch-by-number", "ctx.watch({ $ref: 7 }, 'go')", "watch"),
  forges("a-link-by-number", "ctx.link({ $ref: 7 })", "link"),
  forges("an-end-by-number", "ctx.exit({ $ref: 7 }, 'kill')", "exit"),
  forges("a-child-of-the-hosts-own-class", "ctx.spawn({}, { as: 'linux' })", "", { did: (facts) => facts.spawned.includes("linux") }),
  forges("a-child-of-another-chats-class", "ctx.spawn({}, { as: 'guest 1/x' })", "", { did: (facts) => facts.spawned.includes("guest 1/x") }),

  bound("a-hundred-children-in-a-turn", "for (let n = 0; n < 100; n++) ctx.spawn()", (facts) => facts.spawned.length >= 100, /spawn/),
  bound("a-hundred-thousand-messages-in-a-turn", "for (let n = 0; n < 100_000; n++) ctx.send(ctx.self, 'go')", (facts) => facts.asked >= 100_000, /outbox/),
  bound("a-state-without-end", "state.large = 'x'.repeat(500_000)", (facts) => facts.states.some((bytes) => bytes > 500_000), /./),
  bound("an-answer-without-end", "return 'x'.repeat(500_000)", (facts) => (facts.replies[0]?.[0] ?? "").length > 500_000, /./),
  bound("memory-of-arrays", "const all = []; for (let n = 0; n < 100; n++) all.push(new Array(100_000).fill(7)); return 1", answered, /./),
  bound("memory-of-buffers", "const all = []; for (let n = 0; n < 64; n++) all.push(new Uint8Array(1 << 20).fill(1)); return 1", answered, /./),
  bound("memory-of-text", "let all = 'x'; for (let n = 0; n < 26; n++) all += all; return all.charCodeAt(all.length - 1)", answered, /./),
  bound("memory-of-maps", "const all = new Map(); for (let n = 0; n < 300_000; n++) all.set(n, { n }); return 1", answered, /./),
  bound("memory-of-one-buffer", "return new Uint8Array(64 << 20).length", answered, /./),
  bound("memory-of-numbers", "let n = 3n; for (let i = 0; i < 24; i++) n *= n; return 1", answered, /./),
  bound("recursion-without-end", "const deep = (n) => n === 3000 ? 0 : 1 + deep(n + 1); return deep(0)", answered, /RangeError|stack|depth/),
  bound("recursion-in-json", "let it = []; for (let n = 0; n < 3000; n++) it = [it]; return JSON.stringify(it).length", answered, /./),
  bound("recursion-in-a-pattern", "return new RegExp('('.repeat(3000) + ')'.repeat(3000)).test('x')", answered, /./),

  endless("a-loop", "for (;;);"),
  endless("a-loop-that-catches", "for (;;) try { for (;;); } catch {}"),
  endless("a-loop-in-a-finally", "for (;;) try { return 1 } finally { continue }"),
  endless("a-loop-of-promises", "for (;;) await 0", { async: true }),
  endless("a-loop-of-promises-without-await", "const again = () => Promise.resolve().then(again); await again()", { async: true, crash: /killed|out of memory/ }),
  endless("a-pattern-that-backtracks", "return /^(a+)+$/.test('a'.repeat(60) + 'b')"),
  endless("a-comparison-that-never-ends", "[3, 2, 1].sort(() => { for (;;); })"),
  endless("a-getter-that-never-ends", "state.large = { get x() { for (;;); } }"),
  endless("a-tojson-that-never-ends", "return { toJSON() { for (;;); } }"),
  endless("a-generator-that-never-ends", "return [...(function* () { for (;;) yield; })()]", { crash: /./ }),
  endless("a-proxy-that-never-ends", "return new Proxy({}, { ownKeys() { for (;;); } })", { crash: /killed/ }),
];

/** Names of handlers have to be told apart in one class. */
export const handler = (name, part) => `${name.replaceAll("-", "_")}__${part}`;

/** A class that has these handlers. */
export function rogueClass(list) {
  const all = list.flatMap(({ name, handlers, ...more }) => Object.entries(handlers).map(([part, code]) => `    ${more.async ? "async " : ""}${handler(name, part)}(state, value, ctx) { ${code} },`));
  return `const shelf = []\nexport default {\n  init: () => ({}),\n  handle: {\n${all.join("\n")}\n  },\n}\n`;
}

/** A class whose one handler makes the attempt that it is told, and answers what it got; `code` is each one's body. */
export function reachingClass(list) {
  const bodies = list.map(({ name, code }) => `${q(name)}: async () => {\n${code}\n}`);
  return `const self = globalThis\nconst attempts = {${bodies.join(",\n")}}\nexport default {\n  init: () => ({}),\n  handle: {\n    async go(state, name) {\n      try { return (await attempts[name]()) ?? null } catch { return null }\n    },\n  },\n}\n`;
}

export const messages = ({ name, plays }) => plays.map((list) => list.map((it) => (Array.isArray(it) ? [handler(name, it[0]), it[1]] : [handler(name, it)])));
