//! What a metered guest tries: modules of the guest ABI and actors in JavaScript, in the vat's own Worker of the extension as it is shipped. With the walls down the same
//! module or text is run by plain.js, in a Worker of a plain page, or is in a page itself.
import { readFileSync } from "node:fs";
import { call, until, world } from "../e2e/world.mjs";
import { launch } from "../lib/chromium.mjs";
import { MODULES } from "./guest/modules.mjs";
import { REACHES, ROGUES, messages, reachingClass, rogueClass } from "./guest/scripts.mjs";
import { listeners, lookedUp, servedPage } from "./listeners.mjs";
import { asking } from "./responsive.mjs";

/** A text that never ends while it is read. */
const TEXTS = [{
  name: "a-module-that-never-ends", by: "facts", wall: "meter", plays: [[["go"]]], source: "for (;;);\nexport default { init: () => ({}), handle: { go() {} } }\n",
  did: (facts) => facts.hung, refused: /./,
}];
const FILES = ["page.js", "plain.js"].map((name) => [`/${name}`, readFileSync(new URL(`guest/${name}`, import.meta.url))]);
const PAGE = `<!doctype html><title>plain</title><body><script src="/page.js"></script>`;
/** Limit: classes of one chat. */
const CLASSES_MAX = 15;
/** Messages of one test; each that never ends takes some seconds. */
const CASES = 40;
const ENDLESS = 3;
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

export const NAMES = [...MODULES.map(({ name }) => `module-${name}`), ...ROGUES.map(({ name }) => `script-${name}`), ...TEXTS.map(({ name }) => `script-${name}`), ...REACHES.map(({ name }) => `script-${name}`)];

export async function guests({ rows, wanted, pages }) {
  const chosen = (list, kind) => list.map((one) => ({ ...one, title: `${kind}-${one.name}` })).filter(({ title }) => !wanted || wanted.includes(title));
  const modules = chosen(MODULES, "module"), rogues = chosen(ROGUES, "script"), texts = chosen(TEXTS, "script"), reaches = chosen(REACHES, "script");
  const all = [...modules, ...rogues, ...texts, ...reaches];
  if (all.length === 0) return;
  const bare = await without({ modules, rogues, texts, reaches, pages });
  const { got, took } = await shipped({ modules, rogues, texts, reaches }, rows);
  for (const one of all) {
    const why = [!bare.get(one.title) && "with its wall taken down it did nothing either", got.get(one.title)].filter(Boolean).join("; ");
    rows.add(`guest/${one.title}`, why ? "failed" : "passed", why || one.wall);
  }
  const [p99, most] = took, slow = most > 4_000;
  rows.add("guest/the-vat-answers-meanwhile", slow ? "failed" : "passed", `p99 ${Math.round(p99)} ms, at most ${Math.round(most)} ms`);
}

/** Each with a port of its own, if it reaches for one; `work(port of)` and then whether each was reached. */
async function heard(list, work) {
  const open = await listeners(list), ports = new Map(list.map((one, at) => [one.title, open[at]]));
  try {
    const got = await work((one) => ports.get(one.title)?.port);
    return { got, reached: (one) => (ports.get(one.title)?.count() ?? 0) > 0 };
  } finally {
    for (const port of open) await port?.stop();
  }
}

/** With the walls down: whether each did what it says. */
async function without({ modules, rogues, texts, reaches, pages }) {
  const done = new Map();
  const inWorkers = reaches.filter(({ wall }) => wall === "policy");
  const page = await servedPage(PAGE, FILES);
  const browser = await launch();
  try {
    const all = [...modules, ...rogues, ...texts, ...inWorkers];
    const { got, reached } = await heard(all, async (port) => {
      const tab = await browser.context.newPage();
      await tab.goto(page.url);
      const jobs = [
        ...modules.map((one) => ({ name: one.title, by: one.by, base64: base64(one.module(port(one))), plays: one.plays })),
        ...rogues.map((one) => ({ name: one.title, by: one.by, source: rogueClass([one]), plays: messages(one) })),
        ...texts.map((one) => ({ name: one.title, by: one.by, source: one.source, plays: one.plays })),
        ...inWorkers.map((one) => ({ name: one.title, by: one.by, source: reachingClass([{ ...one, code: one.code(port(one)) }]), plays: [[["go", one.name]]] })),
      ];
      const told = await tab.evaluate((jobs) => globalThis.plainly(jobs), jobs);
      if (process.env.PEERD_TRACE) for (const [name, facts] of Object.entries(told)) console.error("bare", name, JSON.stringify(facts).slice(0, 400));
      return told;
    });
    for (const one of all) done.set(one.title, one.by === "facts" ? one.did(got[one.title]) : reached(one));
  } finally {
    await browser.close();
    await page.stop();
  }
  for (const [wall, where] of [["worker", "plain"], ["origin", "origin"]]) {
    const of = reaches.filter((one) => one.wall === wall);
    if (of.length > 0) (await pages(of, where)).forEach((it, at) => done.set(of[at].title, it));
  }
  return done;
}

/** As it is shipped: of each why it is not held, or nothing. */
async function shipped(lists, rows) {
  const { modules, rogues, texts, reaches } = lists;
  const wrong = new Map(), all = [...modules, ...rogues, ...texts, ...reaches];
  const { got: took, reached } = await heard(all, async (port) => {
    const jobs = [...modules.map((one, at) => moduleJob(one, port(one), at)), ...texts.map(textJob), ...rogueJobs(rogues), ...reachingJobs(reaches, port)];
    const told = await played(jobs, rows);
    for (const job of jobs) for (const [title, why] of job.judge(job.results)) if (why) wrong.set(title, why);
    return told;
  });
  for (const one of all) if (reached(one)) wrong.set(one.title, "it reached its listener");
  return { got: wrong, took };
}

const lines = (result) => [...(result ?? "").matchAll(/^(?:ok|WRONG): .*? => (.*)$/gm)].map(([, said]) => said);
const refusal = (one, result) => (/^failed/.test(result ?? "") && one.refused.test(result) ? "" : `it is not refused: ${String(result).slice(0, 200)}`);

/** Why what its actors answered is not what it should be. */
function judged(one, answers) {
  const all = answers.flat();
  if (all.length < one.plays.flat().length) return `it was not played: ${all.join(" | ").slice(0, 200)}`;
  if (one.crash && !all.some((it) => it.startsWith("crash") && one.crash.test(it))) return `it did not fail: ${all.join(" | ").slice(0, 300)}`;
  if (one.held && !all.at(-1).startsWith("reply ")) return `its last turn did not end well: ${all.join(" | ").slice(0, 300)}`;
  if (one.held && !one.held(answers)) return `it gets: ${all.join(" | ").slice(0, 300)}`;
  return "";
}

const cases = (list, crashes) => list.map((message) => ({ message, ...(crashes ? { crash: "" } : {}) }));

function moduleJob(one, port, at) {
  const wasm = base64(one.module(port)), name = one.called ?? `m-${one.name}`.slice(0, 26).replace(/-$/, "") + `-${at}`;
  const create = call("create_actor_class", { name, wasm });
  const tests = one.refused ? [] : one.plays.map((list) => call("test_actor_class", { class: name, test: list.map((body) => ({ hex: Buffer.from(String(body)).toString("hex"), ...(one.crash ? { crash: "" } : {}) })) }));
  return {
    classes: one.refused ? 0 : 1, calls: [create, ...tests],
    judge: ([made, ...results]) => [[one.title, one.refused ? refusal(one, made) : !/^done/.test(made ?? "") ? `no class: ${String(made).slice(0, 300)}` : judged(one, results.map(lines))]],
  };
}

const textJob = (one) => ({ classes: 0, calls: [call("create_actor_class", { name: "text", source: one.source })], judge: ([made]) => [[one.title, refusal(one, made)]] });

/** One class for all; those that never end a few at a time, the others by the dozen. */
function rogueJobs(rogues) {
  if (rogues.length === 0) return [];
  const create = call("create_actor_class", { name: "rogue", source: rogueClass(rogues) });
  const parts = [];
  for (const isEndless of [false, true]) {
    const list = rogues.filter(({ wall }) => (wall === "meter") === isEndless), size = isEndless ? ENDLESS : CASES / 4;
    for (let at = 0; at < list.length; at += size) parts.push(list.slice(at, at + size));
  }
  // Of a part first the first actors of all, then the second ones.
  const calls = parts.flatMap((part) => [0, 1].map((nth) => part.flatMap((one) => cases(messages(one)[nth] ?? [], one.crash))).filter((test) => test.length > 0).map((test) => call("test_actor_class", { class: "rogue", test })));
  const judge = ([made, ...results]) => {
    if (!/^done/.test(made ?? "")) return rogues.map(({ title }) => [title, `no class: ${String(made).slice(0, 300)}`]);
    const left = [...results];
    return parts.flatMap((part) => {
      const rounds = [0, 1].filter((nth) => part.some(({ plays }) => plays[nth])).map(() => lines(left.shift()));
      return part.map((one) => [one.title, judged(one, one.plays.map((list, nth) => rounds[nth].splice(0, list.length)))]);
    });
  };
  return [{ classes: 1, calls: [create, ...calls], judge }];
}

function reachingJobs(reaches, port) {
  if (reaches.length === 0) return [];
  const source = reachingClass(reaches.map((one) => ({ name: one.name, code: one.code(port(one), "none") })));
  const calls = [call("create_actor_class", { name: "reaching", source })], parts = [];
  for (let at = 0; at < reaches.length; at += CASES) {
    parts.push(reaches.slice(at, at + CASES));
    calls.push(call("test_actor_class", { class: "reaching", test: parts.at(-1).map(({ name }) => ({ message: ["go", name], reply: null })) }));
  }
  const judge = ([made, ...results]) => parts.flatMap((part, at) => {
    const answers = lines(results[at]);
    return part.map((one, nth) => [one.title, answers[nth] === undefined ? `it was not played: ${String(results[at] ?? made).slice(0, 300)}` : answers[nth] === "reply null" || answers[nth].startsWith("crash ") ? "" : `it gets: ${answers[nth].slice(0, 200)}`]);
  });
  return [{ classes: 1, calls, judge }];
}

/** What asks for a name by all that might know how. */
const NAMED = `for (const url of ["https://canary-guest.example/", "wss://canary-guest.example/"]) { try { await self.fetch(url) } catch {} try { new WebSocket(url) } catch {} try { await import(url) } catch {} } return "tried"`;
const named = () => ({ classes: 1, calls: [call("create_actor_class", { name: "named", source: reachingClass([{ name: "go", code: NAMED }]) }), call("test_actor_class", { class: "named", test: [{ message: ["go", "go"], reply: "tried" }] })] });

/** Has chats make and play all of it; each job gets its `results`. Answers how the vat did meanwhile. */
async function played(jobs, rows) {
  const chats = [], looked = lookedUp(), canary = named();
  for (const job of [...jobs, canary]) {
    const room = chats.at(-1);
    if (!room || room.classes + job.classes > CLASSES_MAX || room.jobs.length >= 40) chats.push({ classes: 0, jobs: [] });
    const chat = chats.at(-1);
    chat.classes += job.classes;
    chat.jobs.push(job);
  }
  const task = (nth) => `Attempts ${nth}.`;
  // One at a time: what follows a step that failed in the same answer is not done.
  const policy = (view) => {
    const chat = chats.find((_, nth) => view.task.startsWith(task(nth)));
    const next = chat?.jobs.flatMap(({ calls }) => calls)[view.turn];
    return next ? { calls: [next] } : { text: "That is all." };
  };
  const took = await world({ policy, start: null, launched: { args: looked.args } }, async ({ browser, panel, model }) => {
    const took = await asking(panel);
    for (const [nth, { jobs }] of chats.entries()) {
      if (nth > 0) {
        await panel.find("new-chat").click();
        await until(async () => (await panel.texts("user")).length === 0, "a new chat");
      }
      await panel.say(task(nth));
      const phase = await panel.ended(300_000);
      const results = [...(model.views.findLast((view) => view.task.startsWith(task(nth)))?.results ?? [])];
      if (process.env.PEERD_TRACE) console.error(phase, results.map((it) => it.slice(0, 1_500)).join("\n---\n"), await panel.texts("note"));
      for (const job of jobs) job.results = results.splice(0, job.calls.length);
    }
    const all = await took();
    await looked.control(browser);
    return all;
  });
  const why = [looked.why("canary-guest"), !/=> reply "tried"/.test(canary.results[1] ?? "") && `it was not played: ${canary.results.join(" | ").slice(0, 300)}`].filter(Boolean).join("; ");
  rows.add("guest/no-name-is-resolved", why ? "failed" : "passed", why);
  return took;
}
