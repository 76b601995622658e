//! Actors that the agent makes itself: metered guests in the vat's own Worker, under the supervisor of their chat.
import { existsSync, readFileSync } from "node:fs";
import { closeHost, evaluateInVat } from "../../lib/cdp.mjs";
import { inTurn } from "../../lib/model.mjs";
import { PASSPHRASE, SHOTS, call, holds, is, pause, until, world } from "../world.mjs";

const at = (name) => new URL(`../../../target/guests/${name}.wasm`, import.meta.url);
const module = (name) => readFileSync(at(name)).toString("base64");

const steps = (...calls) => inTurn(...calls.map((one) => (view) => ({ calls: [typeof one === "function" ? one(view) : one] })), { text: "That is all." });
const ledger = (message, more = {}) => call("call_actor", { actor: "ledger", message, ...more });
const made = () => [call("create_actor_class", { name: "ledger", wasm: module("ledger") }), call("start_actor", { class: "ledger", args: 5 })];

const guests = (panel) => panel.find("actor-row").evaluateAll((rows) =>
  rows.filter((row) => row.dataset.name.startsWith("ledger")).map((row) => [row.dataset.state, Number(row.dataset.restarts)]));

/** The key to the keys died with the Worker. */
async function unlock(panel) {
  await panel.find("passphrase").fill(PASSPHRASE, { timeout: 20_000 });
  await panel.find("unlock").click({ timeout: 1_000 }).catch(() => {});
}

async function pictures(panel, name) {
  for (const colorScheme of ["light", "dark"]) {
    await panel.page.emulateMedia({ colorScheme });
    await pause(400);
    await panel.shot(`${SHOTS}actors-${name}-${colorScheme}.png`);
  }
}

const shaped = { start: null, launched: { size: { width: 420, height: 820 } } };

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
      await pictures(panel, "chat");
      await panel.find("tree-toggle").click();
      await until(async () => JSON.stringify(await guests(panel)) === '[["waiting",1]]', "it is in the tree, started again once");
      const names = await panel.find("actor-row").evaluateAll((rows) => rows.map((row) => row.dataset.name));
      const own = names.findIndex((name) => /^actors of chat \d+$/.test(name));
      is([names[own - 1], names[own + 1]], ["guests", "ledger"], `above and below its supervisor: ${names}`);
      await panel.page.locator("[data-testid=actor-row][data-name=ledger]").scrollIntoViewIfNeeded();
      await pictures(panel, "tree");
    });
  },

  async "a-turn-without-end-is-killed-and-others-go-on-meanwhile"() {
    const [create, start] = made();
    const spins = steps(create, start, ledger("spin", { time_s: 60 }), ledger("get"));
    const policy = (view) => (view.task.includes("other") ? { text: "Of course." } : spins(view));
    await world({ policy, ...shaped }, async ({ panel, browser, model }) => {
      await panel.say("Try this.");
      await until(async () => (await panel.cards()).length === 3, "it spins", 60_000);
      const began = performance.now();
      const { Panel } = await import("../../lib/panel.mjs");
      const other = await Panel.open(browser);
      await other.find("new-chat").click();
      await until(async () => (await other.texts("user")).length === 0, "a new chat");
      await other.say("Is the other chat alive?");
      is(await other.ended(), "done", "the other run's phase");
      const answered = performance.now() - began;
      // The Worker's own event loop, from outside: how late a task of it is.
      const late = await evaluateInVat(browser, `new Promise((done) => {
        let [left, worst, last] = [40, 0, performance.now()];
        const look = () => {
          const now = performance.now();
          worst = Math.max(worst, now - last);
          last = now;
          if (--left) setTimeout(look, 0);
          else done(worst);
        };
        look();
      })`);
      is((await panel.cards()).at(-1).verdict, "running", "the turn without end goes on");
      is(await panel.ended(90_000), "done", "the run's phase");
      const told = model.views.findLast((view) => view.task.includes("Try")).results;
      holds(/^failed: ledger failed on it[^]*killed: a turn used up all the fuel/.test(told[2]), told[2]);
      holds(told[3].includes("\n5\n"), `what it knew: ${told[3]}`);
      await panel.find("tree-toggle").click();
      await until(async () => JSON.stringify(await guests(panel)) === '[["waiting",1]]', "its supervisor started it again");
      return `another chat was answered in ${Math.round(answered)} ms meanwhile, a task of the Worker waited ${Math.round(late)} ms at most`;
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
      await pictures(panel, "upgrade");
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
      await pictures(panel, "lent");
      await panel.find("tree-toggle").click();
      await until(async () => !(await guests(panel)).some(([state]) => state === "waiting"), "it is stopped");
    });
  },
};
