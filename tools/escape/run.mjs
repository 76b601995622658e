//! `./x escape`: what code in a sandbox tries, against listeners that count. Each attempt first does what it says with its wall taken down.
//! Code without a page and a notebook's cells have the same home, and try the same; an app has a document, and tries more (apps.mjs).
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extensionId, launch } from "../lib/chromium.mjs";
import { inTurn } from "../lib/model.mjs";
import { Rows, options } from "../lib/rows.mjs";
import { call, pause, world } from "../e2e/world.mjs";
import { NAMES, apps } from "./apps.mjs";
import { BOMBS, FILES, TAKEN, assembly, compiling, takenOver } from "./assembly.mjs";
import { NAMES as FIREFOX_NAMES, inFirefox } from "./firefox.mjs";
import { NAMES as GUEST_NAMES, guests } from "./guest.mjs";
import { ASSAULTS, ATTEMPTS, BOOK_ASSAULTS } from "./attempts.mjs";
import { DOM_ASSAULTS, DOM_ATTEMPTS } from "./dom.mjs";
import { NAMES as LINUX_NAMES, linux } from "./linux.mjs";
import { REACHES, TRIES } from "./linux/tries.mjs";
import { listeners, lookedUp, plainPage } from "./listeners.mjs";
import { asking } from "./responsive.mjs";

// Node 20 has a WebSocket only when asked for it.
if (!globalThis.WebSocket) {
  const { status } = spawnSync(process.execPath, ["--experimental-websocket", "--no-warnings", ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(status ?? 1);
}

const words = options(process.argv.slice(2), { flags: ["list", "brief"], values: ["case", "json", "kind"] });
const wanted = words.case?.split(",");
/** `--brief` leaves out what takes minutes and is of a kind with what is played: always the same. A notebook's cells are in the same Worker as other code, and of what they try a few show that; so is a compiler. */
const BRIEF = {
  notebook: ["fetch", "web-socket", "dynamic-import", "nested-worker-of-a-blob", "image", "indexed-db-listed", "broadcast-heard", "extension-storage", "never-ends", "catches-every-end", "memory-bomb-of-buffers", "message-flood", "forged-bytes", "a-view-of-a-large-buffer", ...BOOK_ASSAULTS.map(({ name }) => name)],
  assembly: [...TAKEN, ...FILES, ...BOMBS].filter(({ isLong }) => !isLong).map(({ name }) => name),
  app: ["never-ends", "message-flood", "message-flood-in-turns", "memory-bomb", "frame-bomb", "steals-the-port-and-forges", "steals-the-port-and-sends-a-view", "speaks-on-its-control-port", "goes-to-another-page", ...DOM_ATTEMPTS.map(({ name }) => name), NAMES],
  linux: ["never-ends-and-hears-nothing", "floods-its-output", "fork-bomb", "ends-the-machine", "names-that-lead-elsewhere", "an-emulator-that-was-taken-over", ...[...TRIES, ...REACHES].map(({ name }) => name)],
};
const KNOWN = [...ATTEMPTS, ...ASSAULTS, ...BOOK_ASSAULTS, ...TAKEN, ...FILES, ...BOMBS, ...DOM_ATTEMPTS, ...DOM_ASSAULTS].map(({ name }) => name).concat(NAMES, LINUX_NAMES);
for (const name of Object.values(BRIEF).flat()) if (!KNOWN.includes(name)) throw new Error(`there is no attempt ${name}`);
const wantedOf = (kind) => wanted ?? (words.brief ? BRIEF[kind] : undefined);
const chosenOf = (kind) => (list) => list.filter(({ name }) => wantedOf(kind)?.includes(name) ?? true);
const chosen = chosenOf();
const [attempts, assaults] = [chosen(ATTEMPTS), chosen(ASSAULTS)];
const KINDS = ["compute", "notebook", "assembly", "app", "guest", "linux", "firefox"];
/** Of them, those in which code without a page runs. */
const CODE = ["compute", "notebook", "assembly"];
const kinds = words.kind?.split(",") ?? KINDS;
if (kinds.some((kind) => !KINDS.includes(kind))) {
  console.error(`a kind is one of ${KINDS.join(", ")}`);
  process.exit(2);
}
/** What a kind tries beside that. */
const OF = { compute: ASSAULTS, notebook: [...ASSAULTS, ...BOOK_ASSAULTS], assembly: [...TAKEN, ...FILES, ...BOMBS] };
if (words.list) {
  for (const kind of kinds.filter((kind) => CODE.includes(kind))) for (const { name, wall } of [...ATTEMPTS, ...OF[kind]]) console.log(`${kind}/${name}${wall ? `  (${wall})` : ""}`);
  if (kinds.includes("app")) for (const { name } of [...DOM_ATTEMPTS, ...DOM_ASSAULTS]) console.log(`app/${name}`);
  if (kinds.includes("guest")) for (const name of GUEST_NAMES) console.log(`guest/${name}`);
  if (kinds.includes("linux")) for (const name of LINUX_NAMES) console.log(`linux/${name}`);
  if (kinds.includes("firefox")) for (const name of FIREFOX_NAMES) console.log(`firefox/${name}`);
  process.exit(0);
}
if (wanted && !wanted.some((name) => name === NAMES || [...GUEST_NAMES, ...LINUX_NAMES, ...FIREFOX_NAMES].includes(name)) && attempts.length + assaults.length + chosen([...OF.notebook, ...OF.assembly, ...DOM_ATTEMPTS, ...DOM_ASSAULTS]).length === 0) {
  console.error("no attempt is called that; --list names them");
  process.exit(2);
}

/** How long one attempt may take; what it began may arrive later. */
const ATTEMPT_MS = 2_000;
/** Limit: all of a kind's assaults. */
const ASSAULTS_MS = 480_000;
/** So many attempts in one piece of code, which may run for a minute; in a compiler half of them, which may run for half of that. */
const AT_ONCE = 12;
/** Pages that try at once. */
const PAGES = 3;
/** In which a vat has opened its files. */
const VAT_MS = 3_000;
const rows = new Rows("escape");
const made = [];
/** What became of an attempt in a page, which is the same for all kinds. */
const inPages = new Map();

function copied() {
  const folder = mkdtempSync(join(tmpdir(), "peerd-escape-"));
  made.push(folder);
  cpSync(process.env.PEERD_EXTENSION, folder, { recursive: true });
  return folder;
}

/** The extension with walls taken down; of a compiler, one that was taken over. */
function variant(kind, { policy, realm }) {
  const folder = copied();
  lowered(folder, { policy, realm });
  if (kind === "assembly") takenOver(folder);
  return folder;
}

function lowered(folder, { policy, realm }) {
  const change = (name, from, to) => {
    const path = join(folder, name), text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${name} has no ${from}: there is no such wall`);
    writeFileSync(path, text.replace(from, to));
  };
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  if (!policy) {
    const open = "sandbox allow-scripts; default-src * data: blob:; script-src * data: blob: 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; worker-src * data: blob:; connect-src * data: blob:";
    change("manifest.json", manifest.content_security_policy.sandbox, open);
  }
  if (!realm) for (const script of ["guest/compute.js", "guest/notebook.js", "guest/assembly.js"]) change(script, "narrow(self);", "");
}

/** Every wall of an app's taken down: the policies, the frame's attribute, what is taken out and what is put in its place. */
function appWithoutWalls() {
  const folder = copied();
  const change = (name, ...changes) => {
    const path = join(folder, name);
    let text = readFileSync(path, "utf8");
    for (const [from, to] of changes) {
      if (!text.includes(from)) throw new Error(`${name} has no ${from}: there is no such wall`);
      text = text.replaceAll(from, to);
    }
    writeFileSync(path, text);
  };
  const { content_security_policy: policy } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const all = "* data: blob: 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'";
  const flags = "allow-scripts allow-forms allow-popups allow-top-navigation";
  change("manifest.json", [policy.sandbox, `sandbox ${flags}; default-src ${all}; script-src ${all}; frame-src * data: blob:; connect-src *`], ["frame-src 'self'", "frame-src *"], ["img-src 'self' data: blob:", "img-src *"],
    ['"cross_origin_embedder_policy"', '"cross_origin_embedder_policy_that_was"'], ['"cross_origin_opener_policy"', '"cross_origin_opener_policy_that_was"']);
  change("host/frame.js", ["sandbox = 'allow-scripts'", `sandbox = '${flags}'`]);
  change("works/apps.js", ['sandbox="allow-scripts"', `sandbox="${flags}"`]);
  change("sandbox.html", ["for (const name of GONE) take(name);", ""], ["take('fetch', true);", ""], ["document.head.append(policy);", ""]);
  change("guest/app.js", ["mend(log, files, network);", ""]);
  return folder;
}

/** The tool by which a kind runs code. */
const BY = {
  compute: (code, time_s) => call("run_javascript", { code, time_s }),
  // In a function of its own: an attempt is the body of one.
  notebook: (code, time_s, notebook = "Attempts") => call("notebook_run", { notebook, code: `await (async () => {\n${code}\n})()`, time_s }),
  assembly: (code, _, name) => compiling(code, name),
};

/** All attempts as one piece of code, one after the other: what each got. */
function together(list, ports, id) {
  const bodies = list.map((one) => `${JSON.stringify(one.name)}: async () => {\n${one.code(ports.get(one)?.port, id)}\n}`);
  return `
    const attempts = {${bodies.join(",\n")}}, got = {};
    const late = () => new Promise((done) => setTimeout(done, ${ATTEMPT_MS}, null));
    for (const [name, attempt] of Object.entries(attempts)) {
      got[name] = await Promise.race([attempt().then((it) => it ?? null, () => null), late()]);
    }
    await new Promise((done) => setTimeout(done, 500));
    console.log(JSON.stringify(got));`;
}

/** Runs pieces of code as the model would; answers what it was told of each. */
async function told(kind, extension, pieces, { args = [], story, ms = 140_000 } = {}) {
  const calls = pieces.map(({ code, time_s = 60, notebook }) => ({ calls: [BY[kind](code, time_s, notebook)] }));
  const policy = inTurn(...calls, { text: "That is all." });
  return world({ policy, start: null, launched: { extension, args } }, async (all) => {
    await all.panel.say("Run these.");
    const during = story?.(all);
    during?.catch(() => {});
    await all.panel.ended(ms);
    return { results: all.model.views.at(-1)?.results ?? [], during: await during, notes: (await all.panel.texts("note")).join(" | ") };
  });
}

const parsed = (result) => JSON.parse(/^\{.*\}$/m.exec(result)?.[0] ?? "null") ?? fail(`the attempts did not end: ${result.slice(0, 300)}`);
function fail(why) {
  throw new Error(why);
}

/** What of this got through, by its listener or by what it says it got. */
const through = (one, port, result) => (one.by === "result" ? result !== null && result !== undefined : port.count() > 0);

async function judged(list, work) {
  const open = await listeners(list), ports = new Map(list.map((one, at) => [one, open[at]]));
  try {
    const got = await work(ports);
    return list.map((one) => through(one, ports.get(one), got[one.name]));
  } finally {
    for (const port of open) await port?.stop();
  }
}

/** By the extension's own way to run code. */
const inSandbox = (kind, extension, list, launched) => judged(list, async (ports) => {
  const pieces = [];
  const size = kind === "assembly" ? AT_ONCE / 2 : AT_ONCE;
  for (let at = 0; at < list.length; at += size) pieces.push({ code: together(list.slice(at, at + size), ports, ID) });
  const { results } = await told(kind, extension, pieces, launched);
  return Object.assign({}, ...results.map(parsed));
});

/** In pages, by the debugger, which no policy binds: of the extension, or plain ones. Each in a page of its own, some at a time; one that takes its browser with it is followed by another. */
const inPage = (list, address) => judged(list, async (ports) => {
  const got = {}, left = [...list];
  while (left.length > 0) {
    const browser = await launch();
    const isOpen = () => browser.context.browser()?.isConnected() ?? true;
    try {
      const first = await browser.context.newPage();
      await first.goto(address(browser));
      // There is something to find: the vat keeps what it keeps.
      if (first.url().startsWith("chrome-extension:")) await first.locator("[data-testid=composer]").waitFor().then(() => pause(VAT_MS));
      const work = async () => {
        for (let one = left.shift(); one; one = left.shift()) {
          const page = await browser.context.newPage();
          await page.goto(address(browser));
          const body = `(async () => { ${one.code(ports.get(one)?.port, browser.id)} })()`;
          const late = new Promise((done) => setTimeout(done, ATTEMPT_MS * 2, null));
          got[one.name] = await Promise.race([page.evaluate(body).catch(() => null), late]);
          page.close().catch(() => {});
          if (!isOpen()) return;
        }
      };
      await Promise.all(Array.from({ length: PAGES }, work)).catch(() => {});
    } finally {
      await browser.close().catch(() => {});
    }
  }
  return got;
});

const ID = extensionId(process.env.PEERD_EXTENSION);

/** How each kind is played. */
const PLAYS = {
  compute: () => code("compute"),
  notebook: () => code("notebook"),
  assembly: () => compilers(),
  app: () => apps({ rows, wanted: wantedOf("app"), down: appWithoutWalls, inPage: withoutOrigin, made }),
  guest: () => guests({ rows, wanted, pages: withoutOrigin }),
  linux: () => linux({ rows, wanted: wantedOf("linux") }),
  firefox: () => inFirefox({ rows, wanted }),
};

try {
  for (const kind of kinds) {
    const before = rows.rows.length, begun = performance.now();
    await PLAYS[kind]().catch((error) => rows.add(`${kind}/all`, "failed", String(error?.message ?? error).slice(0, 500)));
    if (!wanted && rows.rows.length === before) rows.add(`${kind}/all`, "failed", "nothing of it was played");
    if (!wanted) console.log(`${kind}: ${Math.round((performance.now() - begun) / 1_000)} s`);
  }
} finally {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
}
process.exit(rows.end(words.json));

/** What an app would get without its opaque origin. */
async function withoutOrigin(list, wall) {
  if (wall === "origin") return inPage(list.map((one) => ({ ...one, code: (port, id) => `const EXTENSION = ${JSON.stringify(id)}; ${one.code(port, id)}` })), (browser) => browser.url("panel.html"));
  const plain = await plainPage();
  return inPage(list, () => plain.url).finally(() => plain.stop());
}

async function compilers() {
  const choose = chosenOf("assembly"), attempts = choose(ATTEMPTS);
  if (attempts.length > 0) await walls("assembly", attempts);
  const run = async (extension, sources) => {
    const { results, during, notes } = await told("assembly", extension, sources.map((code, nth) => ({ code, notebook: `c${nth}` })), { story: responsive, ms: ASSAULTS_MS });
    if (process.env.PEERD_TRACE) results.forEach((result, nth) => console.error(sources[nth].slice(0, 100), result.slice(0, 500)));
    return { results, took: during ?? [0, Infinity], notes };
  };
  const openly = () => {
    const folder = copied();
    return { folder, open: () => lowered(folder, { policy: false, realm: false }) };
  };
  await assembly({ rows, chosen: choose, told: run, copied: openly });
}

/** What code without a page tries. */
async function code(kind) {
  const choose = chosenOf(kind), attempts = choose(ATTEMPTS);
  if (attempts.length > 0) await walls(kind, attempts);
  const all = choose(OF[kind]);
  const isAlone = ({ alone }) => alone === kind;
  for (const some of [all.filter((one) => !isAlone(one)), ...all.filter(isAlone).map((one) => [one])]) if (some.length > 0) await assault(kind, some);
}

async function walls(kind, attempts) {
  const asShipped = kind === "assembly" ? variant(kind, { policy: true, realm: true }) : process.env.PEERD_EXTENSION;
  const of = (wall) => attempts.filter((one) => one.wall === wall);
  // First without its wall.
  const down = new Map();
  const note = (list, results) => list.forEach((one, at) => down.set(one.name, results[at]));
  if (of("policy").length > 0) note(of("policy"), await inSandbox(kind, variant(kind, { policy: false, realm: false }), of("policy")));
  for (const wall of ["origin", "worker"]) {
    const left = of(wall).filter(({ name }) => !inPages.has(name));
    const results = left.length > 0 ? await (wall === "origin" ? inPage(left, (browser) => browser.url("panel.html")) : plainPage().then((plain) => inPage(left, () => plain.url).finally(() => plain.stop()))) : [];
    left.forEach(({ name }, at) => inPages.set(name, results[at]));
    note(of(wall), of(wall).map(({ name }) => inPages.get(name)));
  }
  // The browser's wall alone, without ours behind it; then all of it as it is shipped.
  const alone = await inSandbox(kind, variant(kind, { policy: true, realm: false }), attempts);
  const shipped = await inSandbox(kind, asShipped, attempts);
  attempts.forEach((one, at) => {
    const [bare, policy, all] = [down.get(one.name), alone[at], shipped[at]];
    const why = [!bare && "with its wall taken down it did nothing either", Boolean(policy) !== Boolean(one.alone) && `the browser's wall alone ${policy ? "lets it through" : "holds: that is news"}`, Boolean(all) !== Boolean(one.shipped) && (all ? "it gets through" : "it is known to get through, and does not: that is news")].filter(Boolean).join("; ");
    rows.add(`${kind}/${one.name}`, why ? "failed" : "passed", why || (one.shipped ? "known to get through" : one.wall));
  });
  if (wanted) return;
  // Names: in the network's own log there is no word of one that the code asks for, and there is one of a page that a person opens.
  const canary = `for (const url of ["https://canary-code.example/", "wss://canary-code.example/"]) { try { await self.fetch(url); } catch {} try { new WebSocket(url); } catch {} try { await import(url); } catch {} } return 'tried'`;
  const looked = lookedUp();
  const story = async ({ browser, panel }) => {
    await panel.ended(140_000);
    await looked.control(browser);
  };
  await told(kind, asShipped, [{ code: canary }], { args: looked.args, story });
  const why = looked.why("canary-code");
  rows.add(`${kind}/no-name-is-resolved`, why ? "failed" : "passed", why);
}

/** What code does to its host, one after the other: the next piece of code runs each time, and the vat answers meanwhile. */
async function assault(kind, list) {
  // A kernel whose realm was spoiled is the notebook's own trouble: it is killed in time, and the next one is a new one.
  const after = { code: "return 6 * 7", time_s: 5 }, afters = kind === "notebook" ? [after, after] : [after];
  const pieces = list.flatMap(({ name, code, time_s = 10 }) => [{ code, time_s }, ...afters].map((piece) => ({ ...piece, notebook: name })));
  const { results, during, notes } = await told(kind, undefined, pieces, { story: responsive, ms: ASSAULTS_MS });
  if (process.env.PEERD_TRACE) results.forEach((result, nth) => console.error(pieces[nth].notebook, result.slice(0, 300)));
  list.forEach((one, nth) => {
    const [said, ...next] = results.slice(nth * (1 + afters.length), (nth + 1) * (1 + afters.length)), expect = one.book && kind === "notebook" ? one.book : one.expect;
    const why = said === undefined ? `nothing was run: ${notes}` : [
      !expect.test(said) && `told: ${said.slice(0, 300)}`,
      said.length > (one.max ?? 40_000) && `the model was told ${said.length} characters`,
      !next.at(-1)?.includes("=> 42") && `the next piece of code: ${next.at(-1)?.slice(0, 200)}`,
    ].filter(Boolean).join("; ");
    rows.add(`${kind}/${one.name}`, why ? "failed" : "passed", why);
  });
  const [p99, most] = during ?? [0, Infinity];
  rows.add(`${kind}/the-vat-answers-meanwhile${list.length === 1 ? `-${list[0].name}` : ""}`, most > 4_000 ? "failed" : "passed", `p99 ${Math.round(p99)} ms, at most ${Math.round(most)} ms`);
}

/** How the vat answers during a run: the 99th percentile and the longest of its answers, in ms. */
async function responsive({ panel }) {
  const took = await asking(panel);
  await panel.ended(ASSAULTS_MS);
  return took();
}
