//! How a run ends before its time: Stop, a closed tab, a crashed page, a model that never stops.
import { inTurn, refOf } from "../../lib/model.mjs";
import { SHOTS, call, click, holds, is, pause, put, until, world } from "../world.mjs";

const typist = [["GET", /^\/typist$/, () => `<!doctype html><title>Typist</title><label>Letter <textarea id="t"></textarea></label>
<script>window.last=0;t.addEventListener("input",()=>{last=Date.now()})</script>`]];

/** Within 250 ms. */
export const alone = ["stop-closes-the-models-socket", "stop-ends-what-the-page-sees"];

export default {
  async "stop-closes-the-models-socket"() {
    const spoil = (_entry, n) => (n === 0 ? { slow: { bytes: 40, ms: 60 } } : null);
    const policy = async (v) => ({ text: v.turn || v.messages.length > 3 ? "Second answer." : "word ".repeat(2_000) });
    await world({ policy, spoil }, async ({ panel, model }) => {
      await panel.say("Talk for a long time.");
      await until(async () => (await panel.texts("assistant")).join("").length > 40, "words arrive");
      const pressed = await panel.stop();
      await until(() => model.entries[0].closed, "the socket closes", 2_000);
      const ms = Date.now() - (performance.now() - model.entries[0].closed) - pressed;
      holds(ms > -5, `two clocks differ: it closed ${-ms.toFixed(0)} ms before Stop was pressed`);
      holds(ms < 250, `the model's server saw its socket close after ${ms.toFixed(0)} ms`);
      is(await panel.ended(), "stopped", "the run's phase");
      await panel.say("And now shortly.");
      await panel.phase("done", 60_000); // the next run
      const { messages } = JSON.parse(model.entries.at(-1).body);
      messages.forEach((message, i) => is(message.role, i % 2 ? "assistant" : "user", `the role of message ${i}`));
    });
  },

  async "stop-ends-what-the-page-sees"() {
    const policy = inTurn({ calls: [call("read_page")] }, (v) => (v.task.includes("again") ? { text: "Fine." } : { calls: [click(refOf(v, "Letter")), call("type", { text: "abcdefghij".repeat(200) })] }));
    await world({ policy, start: "/typist", site: { pages: typist } }, async ({ panel, tab, model }) => {
      await panel.say("Type a long letter.");
      await tab.waitForFunction(() => document.getElementById("t").value.length > 20, null, { timeout: 20_000 });
      const pressed = await panel.stop();
      is(await panel.ended(), "stopped", "the run's phase");
      await pause(600);
      const [last, length] = await tab.evaluate(() => [window.last, document.getElementById("t").value.length]);
      holds(length < 2_000, "the letter was cut");
      holds(last - pressed < 250, `the page's last event came ${Math.round(last - pressed)} ms after Stop`);
      await panel.say("Once again.");
      await panel.phase("done", 60_000); // the next run
      const { messages } = JSON.parse(model.entries.at(-1).body);
      const calls = messages.flatMap((m) => (Array.isArray(m.content) ? m.content : [])).filter((b) => b.type === "tool_use").map((b) => b.id);
      const results = messages.flatMap((m) => (Array.isArray(m.content) ? m.content : [])).filter((b) => b.type === "tool_result").map((b) => b.tool_use_id);
      is(results, calls, "every call is answered once");
    });
  },

  async "closed-tab-is-told-to-the-model"() {
    let close;
    const policy = inTurn({ calls: [call("read_page")] }, async () => {
      await close();
      return { calls: [call("read_page")] };
    }, (v) => ({ text: v.last }));
    await world({ policy }, async ({ panel, tab, model }) => {
      close = () => tab.close();
      await panel.say("Read this page twice.");
      is(await panel.ended(), "done", "the run's phase");
      holds(/closed/i.test(model.views.at(-1).last), `told: ${model.views.at(-1).last.slice(0, 160)}`);
    });
  },

  async "crashed-page-is-reloaded-and-its-refs-are-stale"() {
    let crash;
    const policy = inTurn({ calls: [call("read_page")] }, async (v) => {
      await crash();
      return { calls: [click(refOf(v, "link", "Breakfast tea"))] };
    }, () => ({ calls: [call("read_page")] }), (v) => ({ calls: [click(refOf(v, "link", "Breakfast tea"))] }), () => ({ text: "Opened it." }));
    await world({ policy }, async ({ panel, tab, browser, site, model }) => {
      crash = () => crashed(browser, tab);
      await panel.say("Open the tea.");
      is(await panel.ended(), "done", "the run's phase");
      const told = model.views.at(-1).results[1];
      holds(/stale|crash/i.test(told), `told: ${told.slice(0, 200)}`);
      holds(site.requests.filter((line) => line === "GET /shop/").length >= 2, "the page was loaded again");
      holds(site.requests.includes("GET /shop/item/breakfast-tea"), "the tea was opened");
    });
  },

  async "fourth-crash-in-five-seconds-gives-up"() {
    let go;
    const policy = inTurn({ calls: [call("read_page")] }, async () => {
      await new Promise((done) => (go = done));
      return { calls: [call("read_page")] };
    }, (v) => ({ text: v.last }));
    await world({ policy }, async ({ panel, tab, browser, site }) => {
      const loads = () => site.requests.filter((line) => line === "GET /shop/").length;
      await panel.say("Read it.");
      await until(() => go, "the model is asked again", 20_000);
      const begun = Date.now();
      for (let i = 1; i <= 4; i++) {
        const before = loads();
        await crashed(browser, tab);
        if (i === 4) break;
        await until(() => loads() > before, `the page is loaded again after crash ${i}`, 4_000);
        await pause(400); // asked for is not yet shown
      }
      holds(Date.now() - begun < 5_000, `four crashes took ${Date.now() - begun} ms`);
      await until(async () => /crashed four times/i.test((await panel.texts("note")).join()), "it says that it gave up");
      go();
      await panel.ended();
      is(loads(), 4, "loads: the first and three more");
      await panel.shot(`${SHOTS}gave-up.png`);
    });
  },

  async "model-that-loops-for-ever-is-stopped"() {
    const pages = [["GET", /^\/dead$/, () => `<!doctype html><title>Dead</title><button type="button">Go</button>`]];
    const policy = async (v) => (v.turn === 0 ? { calls: [call("read_page")] } : { calls: [click(refOf(v, "Go"))] });
    await world({ policy, start: "/dead", site: { pages } }, async ({ panel, model, site }) => {
      await panel.say("Make it go.");
      is(await panel.ended(), "failed", "the run's phase");
      const told = model.views.flatMap((view) => view.results).some((result) => /three times|same action/i.test(result));
      holds(told, "the model was told before it was stopped");
      holds(site.counters.clicks <= 8, `${site.counters.clicks} clicks`);
      const note = (await panel.texts("note")).at(-1);
      holds(/stopped/i.test(note), `an honest report: ${note}`);
      await panel.shot(`${SHOTS}loop.png`);
    });
  },

  async "a-persons-hand-pauses-the-agent"() {
    let touch;
    const policy = inTurn({ calls: [call("read_page")] }, async (v) => {
      await touch();
      return { calls: [put(refOf(v, "Search the shop"), "tea")] };
    }, () => ({ text: "Done." }));
    await world({ policy }, async ({ panel, tab }) => {
      touch = async () => {
        await tab.mouse.click(5, 300);
        await panel.phase("paused", 10_000);
      };
      await panel.say("Search for tea.");
      await panel.phase("paused", 20_000);
      await panel.shot(`${SHOTS}paused.png`);
      is(await tab.inputValue("input[name=q]"), "", "the field while paused");
      await panel.find("resume").click();
      is(await panel.ended(), "done", "the run's phase");
      is(await tab.inputValue("input[name=q]"), "tea", "the field afterwards");
    });
  },
};

/** Kills the page's renderer, as a crash does. */
async function crashed(browser, tab) {
  const session = await browser.context.newCDPSession(tab);
  const crash = new Promise((done) => tab.once("crash", done));
  session.send("Page.crash").catch(() => {});
  await Promise.race([crash, pause(700)]);
}
