//! The compute sandbox in Firefox, where the extension does not run: a page on loopback is its host, with the extension's own files and policies (elsewhere/host.js). What is of the extension
//! itself can't be tried there, and an app's and a notebook's page can't be shown; guests and the Linux machine live in the vat, which is the extension's.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { firefox } from "../lib/firefox.mjs";
import { ATTEMPTS } from "./attempts.mjs";
import { BY_LANGUAGE } from "./guest/scripts.mjs";
import { listeners } from "./listeners.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;
const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
const PLAY_MS = 240_000;
const ATTEMPT_MS = 2_500;
/** So many attempts in one sandbox. */
const AT_ONCE = 12;
/** Only of an extension. */
const OF_EXTENSIONS = /^extension-|^shared-worker$/;
/** Firefox has no such thing. */
const ABSENT = new Set(["web-socket-stream"]);
const PREFERENCES = { "dom.disable_open_during_load": false, "dom.popup_maximum": 100, "dom.max_script_run_time": 0, "media.peerconnection.ice.loopback": true };

/** What such code does to its host: by itself, or by its host, it is over, and the next piece of code runs. */
const ASSAULTS = [
  ["never-ends", "for (;;);", /had not ended/],
  ["never-ends-in-a-microtask", "const again = () => Promise.resolve().then(again); await again();", /had not ended/],
  ["catches-every-end", "for (;;) { try { for (;;); } catch {} finally { continue; } }", /had not ended/],
  ["never-ends-in-a-getter", "return { get x() { for (;;); } }", /had not ended/],
  ["recurses-for-ever", "const f = () => f() + 1; try { f(); } catch (error) { return error.name; }", /InternalError|RangeError/],
  ["timer-bomb", "const f = () => { setTimeout(f, 0); setTimeout(f, 0); }; f(); return new Promise(() => {})", /./],
  ["message-flood", "for (;;) console.log('x'.repeat(10));", /./],
  ["message-flood-in-turns", "for (;;) { for (let n = 0; n < 100; n++) console.log('x'.repeat(1000)); await 0; }", /./],
  ["forged-bytes", "const set = Uint8Array.prototype.set; Uint8Array.prototype.set = function (from, at) { return set.call(this, Uint8Array.from(from, () => 255), at); }; console.log('x'); console.log('y'); await new Promise((done) => setTimeout(done, 300)); return 1;", /./],
  ["forged-promises", "Promise.prototype.then = function () { return this; }; Array.prototype.push = function () { throw 1; }; console.log('x'); return 1;", /./],
  ["a-proxy-for-a-result", "return new Proxy({}, { ownKeys() { throw new Error('boo'); }, getPrototypeOf() { throw new Error('boo'); } })", /./],
];

const attemptsHere = [...ATTEMPTS, ...BY_LANGUAGE].filter(({ name }) => !OF_EXTENSIONS.test(name) && !ABSENT.has(name));
export const NAMES = [...attemptsHere.map(({ name }) => name), ...ASSAULTS.map(([name]) => name)];

/** Glue of the CapTP machine for pages: what the build of the extension has left. */
const glue = () => ["release", "wasm-fast"].map((profile) => join(ROOT, "target/wasm/glued", profile, "endpoint")).find((folder) => existsSync(join(folder, "endpoint.js")));

export async function inFirefox({ rows, wanted }) {
  const attempts = attemptsHere.filter(({ name }) => !wanted || wanted.includes(name)), assaults = ASSAULTS.filter(([name]) => !wanted || wanted.includes(name));
  if (attempts.length + assaults.length === 0) return;
  try {
    const bare = new Map();
    const open = attempts.filter(({ wall }) => wall === "policy"), documents = attempts.filter(({ wall }) => wall !== "policy");
    if (open.length > 0) await tried(open, "open", bare);
    if (documents.length > 0) await tried(documents, "plain", bare);
    const shipped = new Map();
    if (attempts.length > 0) await tried(attempts, "shipped", shipped);
    for (const { name, wall } of attempts) {
      const why = [!bare.get(name) && "with its wall taken down it did nothing either", shipped.get(name) && "it gets through"].filter(Boolean).join("; ");
      rows.add(`firefox/${name}`, why ? "failed" : "passed", why || wall);
    }
    if (assaults.length === 0) return;
    const pieces = assaults.flatMap(([, code]) => [{ code, ms: 3_000 }, { code: "return 6 * 7", ms: 30_000 }]);
    const { results, ticks: [p99, most] } = await played("shipped", pieces);
    assaults.forEach(([name, , expect], at) => {
      const said = JSON.stringify(results[at * 2]), next = results[at * 2 + 1]?.said;
      const why = [!expect.test(said) && `it came to ${said.slice(0, 200)}`, !/^42$/m.test(next ?? "") && `the next piece of code: ${JSON.stringify(results[at * 2 + 1])}`].filter(Boolean).join("; ");
      rows.add(`firefox/${name}`, why ? "failed" : "passed", why || said.slice(0, 100));
    });
    rows.add("firefox/the-page-answers-meanwhile", most > 4_000 ? "failed" : "passed", `p99 ${Math.round(p99)} ms, at most ${Math.round(most)} ms`);
  } catch (error) {
    if (error?.code === "ENOENT") return rows.add("firefox/all", "skipped", "there is no Firefox");
    rows.add("firefox/all", "failed", String(error?.message ?? error).slice(0, 300));
  }
}

async function tried(list, where, into) {
  const open = await listeners(list), port = (one) => open[list.indexOf(one)]?.port;
  try {
    let got;
    if (where === "plain") ({ results: got } = await played(where, list.map((one) => ({ name: one.name, code: one.code(port(one), "none"), ms: ATTEMPT_MS * 2 }))));
    else {
      const pieces = [];
      for (let at = 0; at < list.length; at += AT_ONCE) pieces.push({ code: together(list.slice(at, at + AT_ONCE), port), ms: 60_000 });
      const { results } = await played(where, pieces);
      got = Object.assign({}, ...results.map((one) => JSON.parse(/^\{.*\}$/m.exec(one.said ?? "")?.[0] ?? fail(`the attempts did not end: ${JSON.stringify(one).slice(0, 200)}`))));
    }
    list.forEach((one, at) => into.set(one.name, one.by === "result" ? (got[one.name] ?? null) !== null : open[at].count() > 0));
  } finally {
    for (const one of open) await one?.stop();
  }
}

const fail = (why) => {
  throw new Error(why);
};

function together(list, port) {
  const bodies = list.map((one) => `${JSON.stringify(one.name)}: async () => {\n${one.code(port(one), "none")}\n}`);
  return `
    const attempts = {${bodies.join(",\n")}}, got = {};
    const late = () => new Promise((done) => setTimeout(done, ${ATTEMPT_MS}, null));
    for (const [name, attempt] of Object.entries(attempts)) got[name] = await Promise.race([attempt().then((it) => it ?? null, () => null), late()]);
    await new Promise((done) => setTimeout(done, 500));
    console.log(JSON.stringify(got));`;
}

/** Has a Firefox play these, and answers what its page told. */
async function played(where, pieces) {
  const server = await served(where, pieces);
  const browser = firefox(server.url, PREFERENCES);
  let timer;
  const late = new Promise((_, fail) => (timer = setTimeout(fail, PLAY_MS, new Error(`Firefox said nothing within ${PLAY_MS / 1_000} s`))));
  try {
    const told = await Promise.race([server.told, browser.failed, late]);
    if (told.broken) throw new Error(told.broken);
    if (process.env.PEERD_TRACE) console.error(where, JSON.stringify(told).slice(0, 3_000));
    return told;
  } finally {
    clearTimeout(timer);
    await browser.close();
    server.stop();
  }
}

/** `shipped`: the extension's files under its policies. `open`: without them, and with nothing taken out of the realm. `plain`: a page. */
async function served(where, pieces) {
  const extension = process.env.PEERD_EXTENSION, { content_security_policy: policy } = JSON.parse(readFileSync(join(extension, "manifest.json"), "utf8"));
  const [glued, module] = [glue(), join(ROOT, "hosts/captp-js/module")];
  if (!glued) throw new Error("the CapTP machine for pages is not built: ./x build");
  const isOpen = where === "open";
  const files = new Map();
  for (const folder of ["guest", "host"]) for (const name of readdirSync(join(extension, folder))) files.set(`/${where}/${folder}/${name}`, readFileSync(join(extension, folder, name)));
  files.set(`/${where}/sandbox.html`, readFileSync(join(extension, "sandbox.html")));
  files.set(`/${where}/host.js`, readFileSync(new URL("elsewhere/host.js", import.meta.url)));
  files.set(`/${where}/host.html`, `<!doctype html><meta charset="utf-8"><title>host</title><body><script type="module" src="host.js"></script>`);
  files.set("/plain/plain.js", readFileSync(new URL("elsewhere/plain.js", import.meta.url)));
  files.set("/plain/plain.html", `<!doctype html><meta charset="utf-8"><title>plain</title><body><script type="module" src="plain.js"></script>`);
  files.set("/empty.html", "<!doctype html><title>empty</title><body>");
  for (const folder of [glued, module]) for (const name of readdirSync(folder)) if (KINDS[extname(name)]) files.set(`/captp/${name}`, readFileSync(join(folder, name)));
  if (isOpen) {
    const text = String(files.get("/open/guest/compute.js"));
    if (!text.includes("narrow(self);")) throw new Error("nothing is taken out of the realm: there is no such wall");
    files.set("/open/guest/compute.js", text.replace("narrow(self);", ""));
  }
  let tell;
  const told = new Promise((resolve) => (tell = resolve));
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://host").pathname;
    if (path === "/pieces") return response.setHeader("content-type", "application/json").end(JSON.stringify(pieces));
    if (path === "/told") {
      let body = "";
      for await (const piece of request) body += piece;
      response.end();
      return tell(JSON.parse(body));
    }
    const file = files.get(path);
    if (file === undefined) return response.writeHead(404).end();
    response.setHeader("content-type", KINDS[extname(path)] ?? "application/octet-stream");
    // Firefox isolates no page of an extension, so the one that stands for it is not isolated either.
    if (where === "plain") for (const [name, value] of [["cross-origin-opener-policy", "same-origin"], ["cross-origin-embedder-policy", "require-corp"], ["cross-origin-resource-policy", "cross-origin"]]) response.setHeader(name, value);
    if (path === "/shipped/sandbox.html") response.setHeader("content-security-policy", policy.sandbox);
    if (path === "/shipped/host.html") response.setHeader("content-security-policy", policy.extension_pages);
    response.end(file);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/${where}/${where === "plain" ? "plain" : "host"}.html`, told, stop: () => (server.closeAllConnections(), server.close()) };
}
