//! Actors that the agent makes itself: metered guests in the vat's own Worker, under the supervisor of their chat.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeHost, evaluateInVat } from "../../lib/cdp.mjs";
import { inTurn } from "../../lib/model.mjs";
import { Panel } from "../../lib/panel.mjs";
import { PASSPHRASE, altered, call, holds, is, shots, until, world } from "../world.mjs";

const at = (name) => new URL(`../../../target/guests/${name}.wasm`, import.meta.url);
const module = (name) => readFileSync(at(name)).toString("base64");

const steps = (...calls) => inTurn(...calls.map((one) => async (view) => ({ calls: [typeof one === "function" ? await one(view) : one] })), { text: "That is all." });
const ledger = (message, more = {}) => call("call_actor", { actor: "ledger", message, ...more });
const made = () => [call("create_actor_class", { name: "ledger", wasm: module("ledger") }), call("start_actor", { class: "ledger", args: 5 })];

const guests = (panel) => panel.find("actor-row").evaluateAll((rows) =>
  rows.filter((row) => row.dataset.name.startsWith("ledger")).map((row) => [row.dataset.state, Number(row.dataset.restarts)]));

/** The key to the keys died with the Worker. */
async function unlock(panel) {
  await panel.find("passphrase").fill(PASSPHRASE, { timeout: 20_000 });
  await panel.find("unlock").click({ timeout: 1_000 }).catch(() => {});
}

/**
 * Two steps, of which the first has a turn that does not end: from before it is said until the second is, how late a task of the Worker's
 * own event loop is at most.
 */
function watched(spins, next, ready) {
  const seen = { browser: undefined, late: 0, ms: 0 };
  seen.steps = [
    async () => {
      await ready;
      await evaluateInVat(seen.browser, LOOK);
      return spins;
    },
    async () => {
      Object.assign(seen, await evaluateInVat(seen.browser, "looked()"));
      return next;
    },
  ];
  /** A turn that kept the Worker to itself would be all of that time. */
  seen.judged = () => {
    holds(seen.ms > 0 && seen.late < seen.ms / 2, `of ${seen.ms} ms the Worker was away for ${seen.late}`);
    return `in ${Math.round(seen.ms)} ms, of which it hung for most, a task of the Worker waited ${Math.round(seen.late)} ms at most`;
  };
  return seen;
}

const LOOK = `{
  const from = performance.now();
  let [late, last] = [0, from];
  const look = () => {
    const now = performance.now();
    [late, last] = [Math.max(late, now - last), now];
  };
  const timer = setInterval(look, 4);
  globalThis.looked = () => {
    look();
    clearInterval(timer);
    return { late, ms: last - from };
  };
}`;

/** A copy of the extension in a browser that can't suspend wasm, as Chromium before 137. */
const unsuspended = (story) => altered((copy) => {
  const path = join(copy, "worker.js");
  writeFileSync(path, `WebAssembly.Suspending = undefined;\n${readFileSync(path, "utf8")}`);
}, story);

const shaped = { start: null, launched: { size: { width: 420, height: 820 } } };

const COUNTER = `export default {
  init({ start = 0 } = {}) {
    return { total: start }
  },
  handle: {
    add(state, more) {
      if (typeof more !== 'number') throw new TypeError('not a number')
      state.total += more
      return state.total
    },
    get: state => state.total,
    spin() {
      for (;;);
    },
  },
}
`;
const AVERAGE = COUNTER.replace("{ total: start }", "{ total: start, count: 0 }").replace("state.total += more", "state.total += more\n      state.count += 1")
  .replace("get: state => state.total", "get: state => [state.total, state.count]").replace("handle: {", "upgrade(state) {\n    return { ...state, count: 100 }\n  },\n  handle: {");
const counter = (message, more = {}) => call("call_actor", { actor: "counter", message, ...more });

const COMPILED = `class State {
  total: f64 = 0
}

class Args {
  start: f64 = 0
}

export function init(args: Args): State {
  const state = new State()
  state.total = args.start
  return state
}

export function add(state: State, more: f64): f64 {
  if (more < 0) throw new Error("not a number of tins")
  state.total += more
  return state.total
}

export function get(state: State): f64 {
  return state.total
}

export function spin(state: State): void {
  let n = 0
  for (;;) n++
}
`;
const COMPILED_NEXT = COMPILED.replace("total: f64 = 0", "total: f64 = 0\n  count: i32 = 100").replace("state.total += more", "state.total += more\n  state.count++")
  .replace("get(state: State): f64 {\n  return state.total", "get(state: State): f64[] {\n  return [state.total, state.count]");
const tins = (message, more = {}) => call("call_actor", { actor: "tins", message, ...more });

/** Why none of this can be played, if so. */
export const lacking = () => (existsSync(at("ledger")) ? undefined : "the example guests are not built: ./x guests");

export default {
  async "a-class-is-made-and-tested-and-its-actor-crashes-with-a-place-and-goes-on"() {
    const test = [{ message: 2, reply: 2 }, { message: "get", reply: 2 }, { message: "tea", crash: "is no number" }];
    const policy = steps(
      call("create_actor_class", { name: "wrong", wasm: module("ledger"), test: [{ message: 2, reply: 3 }] }),
      call("create_actor_class", { name: "ledger", wasm: module("ledger"), test }),
      call("start_actor", { class: "ledger", args: 5 }),
      ledger(2),
      ledger("tea"),
      ledger("get"),
      call("inspect_actor", { actor: "ledger" }),
      call("list_actors"),
    );
    await world({ policy, ...shaped }, async ({ panel, model }) => {
      await panel.say("Keep a ledger for me.");
      is(await panel.ended(90_000), "done", "the run's phase");
      const told = model.views.at(-1).results;
      is((await panel.cards()).map((card) => card.verdict), ["failed", "done", "done", "done", "failed", "done", "done", "done"], `its steps: ${told.join("\n")}`);
      holds(/^failed: 1 of 1 not as expected\n[^]*WRONG: 2 => reply 2, not reply 3/.test(told[0]), told[0]);
      holds(/^done: class ledger, wasm; a message has at most \d+ bytes[^]*Its test: 3 of 3 as expected/.test(told[1]), told[1]);
      is(told[3], 'done: ledger answered\n<page origin="actor">\n7\n</page>', "its answer");
      holds(/failed on it, and is started again as it was before[^]*bad_input: "tea" is no number \(ledger\.rs, line \d+, column \d+\)/.test(told[4]), told[4]);
      holds(told[5].includes("\n7\n"), `what it knew: ${told[5]}`);
      holds(/mailbox 0 messages[^]*used \d+ fuel in \d+ turns[^]*started again 1 times[^]*s ago: bad_input[^]*line \d+/.test(told[6]), told[6]);
      is(told[7], "done: 1 actors\nclass ledger (version 1)\n  ledger (version 1): runs, crashed 1 times", "the list");
      await panel.page.getByText("call the actor ledger").nth(1).click();
      await shots(panel.page, "actors-chat");
      await panel.find("tree-toggle").click();
      await until(async () => JSON.stringify(await guests(panel)) === '[["waiting",1]]', "it is in the tree, started again once");
      const names = await panel.find("actor-row").evaluateAll((rows) => rows.map((row) => row.dataset.name));
      const own = names.findIndex((name) => /^actors of chat \d+$/.test(name));
      is([names[own - 1], names[own + 1]], ["guests", "ledger"], `above and below its supervisor: ${names}`);
      await panel.page.locator("[data-testid=actor-row][data-name=ledger]").scrollIntoViewIfNeeded();
      await shots(panel.page, "actors-tree");
    });
  },

  async "a-turn-without-end-is-killed-and-others-go-on-meanwhile"() {
    const [create, start] = made();
    let begin;
    const spin = watched(ledger("spin", { time_s: 60 }), ledger("get"), new Promise((done) => (begin = done)));
    const spins = steps(create, start, ...spin.steps);
    const policy = (view) => (view.task.includes("other") ? { text: "Of course." } : spins(view));
    return world({ policy, ...shaped }, async ({ panel, browser, model }) => {
      spin.browser = browser;
      await panel.say("Try this.");
      await until(async () => (await panel.cards()).length === 2, "it can be called", 60_000);
      const other = await Panel.open(browser);
      await other.find("new-chat").click();
      await until(async () => (await other.texts("user")).length === 0, "a new chat");
      begin();
      await until(async () => (await panel.cards()).length === 3, "it spins");
      const began = performance.now();
      await other.say("Is the other chat alive?");
      is(await other.ended(), "done", "the other run's phase");
      const answered = performance.now() - began;
      is((await panel.cards()).at(-1).verdict, "running", "the turn without end goes on");
      is(await panel.ended(90_000), "done", "the run's phase");
      const told = model.views.findLast((view) => view.task.includes("Try")).results;
      holds(/^failed: ledger failed on it[^]*killed: a turn used up all the fuel/.test(told[2]), told[2]);
      holds(told[3].includes("\n5\n"), `what it knew: ${told[3]}`);
      await panel.find("tree-toggle").click();
      await until(async () => JSON.stringify(await guests(panel)) === '[["waiting",1]]', "its supervisor started it again");
      return `another chat was answered in ${Math.round(answered)} ms meanwhile; ${spin.judged()}`;
    });
  },

  async "an-upgrade-keeps-what-is-known-and-so-does-the-end-of-the-worker"() {
    const first = steps(
      ...made(),
      ledger(2),
      call("upgrade_actor_class", { class: "ledger", wasm: module("hog") }),
      ledger("get"),
      call("upgrade_actor_class", { class: "ledger", wasm: module("ledger2"), test: [{ message: 1, reply: { sum: 1, count: 1 } }] }),
      ledger("get"),
      ledger(1),
    );
    const second = steps(ledger("get"), ledger("tea"), ledger("get"), call("stop_actor", { actor: "ledger", delete: true }), call("list_actors"));
    const policy = (view) => (view.task.includes("now") ? second(view) : first(view));
    await world({ policy, ...shaped }, async ({ panel, browser, model }) => {
      await panel.say("Keep a ledger for me.");
      is(await panel.ended(90_000), "done", "the run's phase");
      let told = model.views.at(-1).results;
      holds(/^failed: the old code stays: the new code did not take over what ledger knows/.test(told[3]), told[3]);
      holds(told[4].includes("\n7\n"), `the old code: ${told[4]}`);
      holds(/^done: class ledger has new code: ledger goes on with it, as it was/.test(told[5]), told[5]);
      holds(told[6].includes('{"sum":7,"count":0}'), `the new code: ${told[6]}`);
      holds(told[7].includes('{"sum":8,"count":1}'), told[7]);
      await shots(panel.page, "actors-upgrade");
      for (const [end, what] of [[() => evaluateInVat(browser, "setTimeout(() => { throw new WebAssembly.RuntimeError('unreachable') })"), "Worker"], [() => closeHost(browser), "document"]]) {
        await end();
        await panel.find("tree-toggle").click();
        await until(async () => JSON.stringify(await guests(panel)) === '[["waiting",0]]', `it runs in the next ${what}`, 30_000);
        await panel.find("tree-toggle").click();
      }
      await unlock(panel);
      await panel.say("And now?");
      await until(async () => (await panel.cards()).length === 13, "the next run's steps", 60_000);
      is(await panel.ended(90_000), "done", "the next run's phase");
      told = model.views.at(-1).results;
      holds(told[0].includes('{"sum":8,"count":1}'), `after two lives: ${told[0]}`);
      holds(/ledger2\.rs, line \d+/.test(told[1]), told[1]);
      holds(told[2].includes('{"sum":8,"count":1}'), `and a crash: ${told[2]}`);
      is(told.slice(3), ["done: ledger is gone, and what it knew", "done: 0 actors\nclass ledger (version 4)"], "deleted");
    });
  },

  async "a-link-leads-another-chat-to-an-actor-and-what-is-taken-back-stops"() {
    let link = "";
    const first = steps(...made(), call("share_actor", { actor: "ledger" }));
    const second = steps(() => call("call_actor", { actor: link, message: 3 }));
    const policy = (view) => (view.task.includes("Use") ? second(view) : first(view));
    await world({ policy, ...shaped }, async ({ panel, model }) => {
      await panel.say("Share a ledger.");
      is(await panel.ended(90_000), "done", "the run's phase");
      [link] = /peerd-actor:[0-9a-f]{64}/.exec(model.views.at(-1).results[2]);
      await panel.find("new-chat").click();
      await until(async () => (await panel.texts("user")).length === 0, "a new chat");
      await panel.say("Use the ledger.");
      is(await panel.ended(90_000), "done", "the run's phase");
      holds(model.views.at(-1).results[0].includes("\n8\n"), model.views.at(-1).results[0]);
      await panel.find("lent-toggle").click();
      // The newer chat is above: the older one's actors are stopped.
      await panel.page.locator("[data-testid=holding][data-power=actors] [data-testid=take-back]").last().click();
      await shots(panel.page, "actors-lent");
      await panel.find("tree-toggle").click();
      await until(async () => !(await guests(panel)).some(([state]) => state === "waiting"), "it is stopped");
    });
  },

  async "javascript-is-written-tested-crashed-hung-and-upgraded"() {
    if (!existsSync(join(process.env.PEERD_EXTENSION, "guests", "quickjs.wasm"))) return "this extension was built without the engine: the build says why";
    const test = [{ message: ["add", 2], reply: 2 }, { message: ["get"], reply: 2 }, { message: ["add", "tea"], crash: "counter.js:7:" }];
    const spin = watched(counter(["spin"], { time_s: 60 }), counter(["get"]));
    const policy = steps(
      call("create_actor_class", { name: "counter", source: COUNTER.replace("get: state =>", "get: state = >") }),
      call("create_actor_class", { name: "counter", source: COUNTER, test }),
      call("start_actor", { class: "counter", args: { start: 40 } }),
      counter(["add", 2]),
      counter(["add", "tea"]),
      counter(["get"]),
      ...spin.steps,
      call("upgrade_actor_class", { class: "counter", source: COUNTER.replace("handle: {", "upgrade() { throw new Error('no') },\n  handle: {") }),
      call("upgrade_actor_class", { class: "counter", source: AVERAGE, test: [{ message: ["get"], reply: [0, 0] }] }),
      counter(["add", 1]),
      counter(["get"]),
      call("inspect_actor", { actor: "counter" }),
    );
    return world({ policy, ...shaped }, async ({ panel, model, browser }) => {
      spin.browser = browser;
      await panel.say("Count the tins.");
      is(await panel.ended(120_000), "done", "the run's phase");
      const told = model.views.at(-1).results;
      holds(/^failed: it can't be a class of actors[^]*SyntaxError: .*counter\.js:11:/.test(told[0]), told[0]);
      holds(/^done: class counter, JavaScript[^]*Its test: 3 of 3 as expected/.test(told[1]), told[1]);
      holds(told[3].includes("\n42\n"), told[3]);
      holds(/TypeError: not a number, at counter\.js:7:\d+ in add/.test(told[4]), told[4]);
      holds(told[5].includes("\n42\n"), told[5]);
      holds(/killed: a turn used up all the fuel/.test(told[6]), told[6]);
      holds(told[7].includes("\n42\n"), told[7]);
      holds(/^failed: the old code stays: the new code did not take over what counter knows[^]*no, at counter\.js:/.test(told[8]), told[8]);
      holds(/^done: class counter has new code: counter goes on with it, as it was/.test(told[9]), told[9]);
      holds(told[11].includes("\n[43,101]\n"), told[11]);
      holds(told[12].includes('state: {"total":43,"count":101}'), told[12]);
      await shots(panel.page, "actors-javascript");
      return spin.judged();
    });
  },

  async "assemblyscript-is-compiled-tested-crashed-hung-and-upgraded"() {
    const language = "assemblyscript";
    const test = [{ message: ["add", 2], reply: 2 }, { message: ["get"], reply: 2 }, { message: ["add", -1], crash: "tins.ts:16:" }];
    const spin = watched(tins(["spin"], { time_s: 60 }), tins(["get"]));
    const policy = steps(
      call("create_actor_class", { name: "tins", language, source: COMPILED.replace("state.total += more", "state.total += 'more'"), args: {} }),
      call("create_actor_class", { name: "tins", language, source: COMPILED, args: {}, test }),
      call("start_actor", { class: "tins", args: { start: 40 } }),
      tins(["add", 2.5]),
      tins(["add", -1]),
      tins(["get"]),
      ...spin.steps,
      call("upgrade_actor_class", { class: "tins", source: COMPILED.replace("state.total", "state.totals") }),
      call("upgrade_actor_class", { class: "tins", source: COMPILED_NEXT, args: {}, test: [{ message: ["get"], reply: [0, 100] }] }),
      tins(["add", 1]),
      tins(["get"]),
      call("inspect_actor", { actor: "tins" }),
    );
    return world({ policy, ...shaped }, async ({ panel, model, browser }) => {
      spin.browser = browser;
      await panel.say("Count the tins.");
      is(await panel.ended(240_000), "done", "the run's phase");
      const told = model.views.at(-1).results;
      holds(/^failed: it does not compile\n[^]*tins\.ts:17:\d+: Type .* is not assignable to type 'f64'/.test(told[0]), told[0]);
      holds(/^done: class tins, AssemblyScript[^]*Its test: 3 of 3 as expected/.test(told[1]), told[1]);
      holds(told[3].includes("\n42.5\n"), told[3]);
      holds(/Error: not a number of tins, at tins\.ts:16:\d+/.test(told[4]), told[4]);
      holds(told[5].includes("\n42.5\n"), told[5]);
      holds(/killed: a turn used up all the fuel/.test(told[6]), told[6]);
      holds(told[7].includes("\n42.5\n"), told[7]);
      holds(/^failed: nothing has changed: the new code does not compile\n[^]*tins\.ts:11:\d+: Property 'totals' does not exist/.test(told[8]), told[8]);
      holds(/^done: class tins has new code: tins goes on with it, as it was/.test(told[9]), told[9]);
      holds(told[11].includes("\n[43.5,101]\n"), told[11]);
      holds(told[12].includes('state: {"total":43.5,"count":101}'), told[12]);
      await panel.find("tree-toggle").click();
      const compilers = () => panel.find("actor-row").evaluateAll((rows) => rows.filter((row) => row.dataset.name.startsWith("assembly")).length);
      await until(async () => (await compilers()) === 0, "no compiler is left");
      return spin.judged();
    });
  },

  async "without-suspension-a-long-turn-is-killed-at-once-and-that-is-said"() {
    const [create, start] = made();
    await unsuspended((extension) => world({ policy: steps(create, start, ledger("spin"), ledger(2)), ...shaped, launched: { ...shaped.launched, extension } }, async ({ panel, model }) => {
      await panel.say("Try this.");
      is(await panel.ended(), "done", "the run's phase");
      const told = model.views.at(-1).results;
      holds(/this browser can't suspend a turn, so one that takes long is killed/.test(told[0]), told[0]);
      holds(/killed: a turn used up all the fuel/.test(told[2]), told[2]);
      holds(told[3].includes("\n7\n"), told[3]);
    }));
  },

  async "what-an-actor-could-try-comes-to-nothing"() {
    if (!existsSync(join(process.env.PEERD_EXTENSION, "guests", "quickjs.wasm"))) return "this extension was built without the engine: the build says why";
    const bombs = {
      memory: "const all = []; for (;;) all.push(new Array(100_000).fill(7))",
      depth: "const deep = () => 1 + deep(); deep()",
      regexp: "/^(a+)+$/.test('a'.repeat(60) + 'b')",
      caught: "for (;;) try { for (;;); } catch {}",
      spawn: "for (let n = 0; n < 100; n++) ctx.spawn()",
      flood: "for (let n = 0; n < 100_000; n++) ctx.send(ctx.self, 'globals')",
      state: "state.large = 'x'.repeat(500_000)",
      port: "ctx.send({ $ref: 0 }, 'globals')",
    };
    const handlers = Object.entries(bombs).map(([name, code]) => `    ${name}(state, value, ctx) { ${code} },`);
    const source = `export default {
  handle: {
    globals: () => Reflect.ownKeys(globalThis).filter((name) => typeof name === 'string'),
    inside: () => [(0, eval)('typeof fetch'), new Function('return typeof importScripts')(), [].constructor.constructor('return typeof postMessage')()],
    polluted() { Object.prototype.mine = 1; Array.prototype.push = null; return 'done' },
    clean: () => [{}.mine ?? null, typeof [].push],
    async loaded() { try { await import('data:text/javascript,1') } catch (error) { return error.name } },
${handlers.join("\n")}
  },
}
`;
    const test = [
      { message: ["polluted"], reply: "done" },
      { message: ["clean"], reply: [null, "function"] },
      { message: ["inside"], reply: ["undefined", "undefined", "undefined"] },
      ...Object.keys(bombs).map((name) => ({ message: [name], crash: "" })),
      { message: ["clean"], reply: [null, "function"] },
    ];
    const policy = steps(
      call("create_actor_class", { name: "rogue", source, test }),
      call("start_actor", { class: "rogue", args: {} }),
      call("call_actor", { actor: "rogue", message: ["globals"] }),
      call("call_actor", { actor: "rogue", message: ["loaded"] }),
      ...made(),
      ledger(1),
    );
    await world({ policy, ...shaped }, async ({ panel, model }) => {
      await panel.say("Try what you can.");
      is(await panel.ended(120_000), "done", "the run's phase");
      const told = model.views.at(-1).results;
      holds(new RegExp(`Its test: ${test.length} of ${test.length} as expected`).test(told[0]), told[0]);
      const globals = JSON.parse(told[2].split("\n")[2]);
      const outside = ["fetch", "XMLHttpRequest", "WebSocket", "Worker", "importScripts", "postMessage", "MessageChannel", "self", "window", "chrome", "navigator", "WebAssembly", "setTimeout", "crypto", "caches", "indexedDB", "location", "process", "std", "os", "bjson", "performance", "Intl"];
      const powers = globals.filter((name) => outside.includes(name));
      is(powers, [], `names of anything outside, in ${globals}`);
      holds(/\n"\w*Error"\n/.test(told[3]), `an import: ${told[3]}`);
      holds(told[6].includes("\n6\n"), `others go on: ${told[6]}`);
    });
  },
};
