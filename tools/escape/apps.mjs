//! What apps try, in the page that shows them: with all walls down, as it is shipped, and with the browser's prediction off.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../lib/chromium.mjs";
import { pause, until } from "../e2e/world.mjs";
import { DOM_ASSAULTS, DOM_ATTEMPTS } from "./dom.mjs";
import { listeners } from "./listeners.mjs";

/** What was begun may arrive later. */
const LATE_MS = 700;
export const NAMES = "names-that-are-looked-up";
/** Limits, which count only on a machine that is busy: what is waited for are events. */
const STARTED_MS = 20_000;
const ARRIVES_MS = 12_000;
/** A page that an attempt has taken with it says nothing any more. */
const RUN_MS = 45_000;
/** Apps that are shown at once, each in a page of its own: none of them can tell. */
const AT_ONCE = 4;

/** A browser with pages of apps in it. `run(code, more)` makes an app of the code, shows it in a page that is free, and answers what its console says and how it ended. */
async function world(extension, launched, story) {
  const browser = await launch({ extension, ...launched });
  try {
    const maker = await browser.context.newPage();
    await maker.goto(browser.url("apps.html"), { timeout: 20_000 });
    // Nobody hears a wish before the vat is there.
    await maker.evaluate(() => new Promise((there) => {
      const channel = new BroadcastChannel("peerd");
      const asking = setInterval(() => channel.postMessage(JSON.stringify({ command: { Work: { work: null, wish: { op: "list" } } } })), 100);
      channel.onmessage = ({ data }) => {
        if (!JSON.parse(data).update?.Works) return;
        clearInterval(asking);
        channel.close();
        there();
      };
    }));
    const make = (code) => maker.evaluate((code) => new Promise((made) => {
      const token = crypto.randomUUID(), channel = new BroadcastChannel("peerd");
      const wish = (work, wish) => channel.postMessage(JSON.stringify({ command: { Work: { work, wish } } }));
      channel.onmessage = ({ data }) => {
        const work = JSON.parse(data).update?.Work;
        if (work?.news.made !== token) return;
        wish(work.work, { op: "put", path: "main.js", text: code });
        channel.close();
        setTimeout(made, 100, work.work);
      };
      wish(null, { op: "new", kind: "app", name: token, token, then: { op: "put", path: "index.html", text: '<!doctype html><title>x</title><p>An app</p><script src="main.js"></script>' } });
    }), code);
    const free = [];
    const run = async (code, more) => {
      // An attempt may have taken its page along.
      let page = free.pop();
      if (!page || page.isClosed()) page = await browser.context.newPage();
      let timer;
      const late = new Promise((_, fail) => (timer = setTimeout(fail, RUN_MS, new Error("its page says nothing any more"))));
      const shows = shown(page, code, more);
      shows.catch(() => {});
      try {
        const told = await Promise.race([shows, late]);
        free.push(page);
        return told;
      } catch (error) {
        page.close().catch(() => {});
        throw error;
      } finally {
        clearTimeout(timer);
      }
    };
    // `arrived`: whether what is hoped for has happened. `ms`: how long to wait for what should not. `begun`: what it says is not waited for.
    const shown = async (page, code, { arrived, begun = false, ms = LATE_MS } = {}) => {
      const app = await make(code);
      await page.goto(browser.url(`apps.html?n=${app}`), { timeout: 20_000 });
      const view = page.locator("[data-testid=view]");
      const state = () => view.getAttribute("data-state", { timeout: 2_000 }).catch(() => "left");
      const told = () => page.locator("[data-testid=console] .text").allTextContents().catch(() => []);
      const isOver = async () => ["ended", "left"].includes(await state());
      await until(async () => (await state()) === "runs" || isOver(), "it starts", STARTED_MS).catch(() => {});
      const ended = async () => ((await state()) === "ended" ? view.innerText() : "");
      if (begun) return { lines: [], page, ended };
      if (arrived) await until(async () => arrived(await told()), "it arrives", ARRIVES_MS).catch(() => {});
      else {
        await until(async () => (await told()).some((line) => line.startsWith("GOT ")) || isOver(), "it is tried", ARRIVES_MS).catch(() => {});
        await pause(ms);
      }
      const lines = await told();
      return { lines, page, ended };
    };
    return await story({ browser, run });
  } finally {
    await browser.close();
  }
}

const wrapped = (code, id) => `const EXTENSION = ${JSON.stringify(id)};
(async () => {
  let it = null;
  try { it = await (async () => { ${code}\n })(); } catch {}
  console.log('GOT ' + JSON.stringify(it ?? null));
})();`;

/** Of each attempt: connections, bytes and what it says it got. `hoped(one)`: whether it is waited for, as it is known to come. */
async function tried(extension, list, hoped, launched = {}) {
  const open = await listeners(list);
  try {
    return await world(extension, launched, async ({ browser, run }) => {
      const results = [], left = [...list.entries()];
      const work = async () => {
        for (let next = left.shift(); next; next = left.shift()) {
          const [at, one] = next;
          const arrived = hoped(one) && (() => open[at].count() > 0);
          const { lines } = await run(wrapped(one.code(open[at]?.port), browser.id), { arrived }).catch((error) => ({ lines: [String(error)] }));
          const said = lines.find((line) => line.startsWith("GOT "));
          if (process.env.PEERD_TRACE) console.error(one.name, lines.join(" | ").slice(0, 200));
          results[at] = { ran: said !== undefined, got: said ? JSON.parse(said.slice(4)) : null };
        }
      };
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, list.length) }, work));
      return results.map((it, at) => ({ ...it, count: open[at]?.count() ?? 0, bytes: open[at]?.bytes?.() ?? 0 }));
    });
  } finally {
    for (const listener of open) await listener?.stop();
  }
}

/** A profile whose owner has turned prediction off, as the browser's settings do. */
function unpredicting() {
  const profile = mkdtempSync(join(tmpdir(), "peerd-escape-profile-"));
  mkdirSync(join(profile, "Default"), { recursive: true });
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify({ net: { network_prediction_options: 2 } }));
  return profile;
}

/** `down`: the extension with every wall of an app's taken down. `inPage(list, where)`: the same code in a page of the extension, or in a plain one. */
export async function apps({ rows, wanted, down, inPage, made }) {
  const chosen = (list) => list.filter(({ name }) => !wanted || wanted.includes(name));
  const attempts = chosen(DOM_ATTEMPTS), assaults = chosen(DOM_ASSAULTS);
  const network = attempts.filter((one) => !one.wall), others = attempts.filter((one) => one.wall);
  const bare = new Map();
  if (network.length > 0) (await tried(down(), network, () => true)).forEach((it, at) => bare.set(network[at].name, it.count > 0));
  for (const wall of ["origin", "plain"]) {
    const of = others.filter((one) => one.wall === wall);
    if (of.length > 0) (await inPage(of, wall)).forEach((it, at) => bare.set(of[at].name, it));
  }
  const shipped = attempts.length > 0 ? await tried(undefined, attempts, (one) => one.residue) : [];
  attempts.forEach((one, at) => {
    const { count, bytes, ran, got } = shipped[at];
    const through = one.by === "result" ? got !== null : count > 0;
    const why = [
      !bare.get(one.name) && "with its walls taken down it did nothing either",
      one.by === "result" && !ran && "it did not run to its end",
      bytes > 0 && `${bytes} bytes were sent`,
      through !== Boolean(one.residue) && (through ? `it gets through${got === null ? "" : `: ${got}`}` : "it is known to connect, and does not: that is news"),
    ].filter(Boolean).join("; ");
    rows.add(`app/${one.name}`, why ? "failed" : "passed", why || (one.residue ? "known: a connection, and no byte" : one.by));
  });
  const residue = attempts.filter((one) => one.residue);
  if (residue.length > 0) {
    const profile = unpredicting();
    made.push(profile);
    (await tried(undefined, residue, () => false, { profile })).forEach(({ count }, at) => {
      rows.add(`app/${residue[at].name}-without-prediction`, count > 0 ? "failed" : "passed", count > 0 ? `${count} connections` : "nothing");
    });
  }
  if (!wanted || wanted.includes(NAMES)) await names({ rows, made });
  for (const one of assaults) await rows.run(`app/${one.name}`, () => assault(one));
}

/** Names that an app makes the browser look up: by the network's own log, those of links that say so, and no other; with prediction off none. They are names of this computer's
 * own, as no other is looked up in a test; behind each is a listener. */
async function names({ rows, made }) {
  const kinds = ["preconnect", "dns-prefetch", "prefetch", "image", "frame", "navigation"];
  for (const [what, profile, known] of [["", undefined, ["preconnect", "dns-prefetch"]], ["-without-prediction", unpredicting(), []]]) {
    const folder = mkdtempSync(join(tmpdir(), "peerd-netlog-"));
    made.push(folder, ...(profile ? [profile] : []));
    const log = join(folder, "net.json"), open = await listeners(kinds.map(() => ({ by: "tcp" })));
    const at = (kind) => `'http://canary-${kind}.localhost:${open[kinds.indexOf(kind)].port}/'`;
    const code = `
      const link = (rel, href) => document.head.append(Object.assign(document.createElement('link'), { rel, href }));
      ${["preconnect", "dns-prefetch", "prefetch"].map((kind) => `link('${kind}', ${at(kind)});`).join("\n")}
      new Image().src = ${at("image")};
      document.body.append(Object.assign(document.createElement('iframe'), { src: ${at("frame")} }));
      setTimeout(() => { location.href = ${at("navigation")}; }, 300);`;
    await world(undefined, { profile, args: [`--log-net-log=${log}`] }, async ({ browser, run }) => {
      await run(code, { ms: 2_000 });
      const page = await browser.context.newPage();
      await page.goto("http://canary-page.localhost:9/").catch(() => {});
    });
    const text = readFileSync(log, "utf8");
    const seen = kinds.filter((kind, nth) => text.includes(`canary-${kind}.localhost`) || open[nth].count() > 0);
    const sent = open.reduce((sum, one) => sum + one.bytes(), 0);
    for (const one of open) await one.stop();
    const why = [!text.includes("canary-page") && "the log does not say what a page asks for", sent > 0 && `${sent} bytes were sent`, seen.join() !== known.join() && `it asked for ${seen.join(", ") || "nothing"}; known: ${known.join(", ") || "nothing"}`].filter(Boolean).join("; ");
    rows.add(`app/${NAMES}${what}`, why ? "failed" : "passed", why || known.join(", ") || "none");
  }
}

/** It is ended with a reason, the page and the vat answer meanwhile, and the next app runs. */
async function assault(one) {
  return world(undefined, {}, async ({ run }) => {
    const { ended, page } = await run(one.code, { begun: true });
    const took = [];
    const end = performance.now() + 45_000;
    let words = "";
    while (words === "" && performance.now() < end) {
      const from = performance.now();
      await page.evaluate(() => new Promise((done) => setTimeout(done, 0)));
      took.push(performance.now() - from);
      words = await ended();
      await pause(200);
    }
    if (!one.expect.test(words)) throw new Error(`it ended so: ${words || "not at all"}`);
    const most = Math.max(...took);
    if (most > (one.slow_ms ?? 4_000)) throw new Error(`the page did not answer for ${Math.round(most)} ms`);
    const { lines } = await run("console.log('GOT ' + JSON.stringify(6 * 7))", { arrived: (lines) => lines.includes("GOT 42") });
    if (!lines.includes("GOT 42")) throw new Error(`the next app: ${lines}`);
    return `the page answers within ${Math.round(most)} ms`;
  });
}
