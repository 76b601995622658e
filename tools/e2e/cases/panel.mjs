//! What the panel draws: markdown that loads nothing, hostile titles, awkward pages, and itself in light and dark.
import { inTurn, refOf } from "../../lib/model.mjs";
import { attacker, awkward } from "../pages.mjs";
import { SHOTS, call, click, holds, is, pause, put, until, world } from "../world.mjs";

const MARKDOWN = (bad) => `# Report

| what | how many |
|---|---|
| tins | 2 |

\`\`\`js
alert(1)
\`\`\`

![a picture](${bad}/pixel.png) and <img src="${bad}/raw.png" onerror="fetch('${bad}/x')"> and [press](javascript:fetch('${bad}/js')) and [a site](${bad}/link).`;

const reads = (start, policy, judge) => world({ policy, start, site: { pages: awkward } }, judge);

export default {
  async "markdown-loads-and-runs-nothing"() {
    const bad = await attacker();
    try {
      await world({ policy: inTurn({ text: MARKDOWN(bad.url) }) }, async ({ panel }) => {
        await panel.say("Report.");
        is(await panel.ended(), "done", "the run's phase");
        const answer = panel.find("assistant").last();
        is(await answer.locator("table td").allInnerTexts(), ["tins", "2"], "the table");
        is(await answer.locator("img").count(), 0, "images");
        holds((await answer.innerText()).includes("<img src="), "raw HTML is text");
        is(await answer.locator("a").evaluateAll((all) => all.map((a) => new URL(a.href).protocol)), ["http:"], "links");
        await pause(500);
        is(bad.seen, [], "requests");
        await panel.shot(`${SHOTS}markdown.png`);
      });
    } finally {
      await bad.stop();
    }
  },

  "megabyte-of-dom-is-survived": () => reads("/awkward/huge", inTurn({ calls: [call("read_page")] }, () => ({ calls: [call("find", { query: "only button" })] }), (v) => ({ calls: [click(refOf(v, "The only button"))] }), () => ({ text: "Found." })), async ({ panel, model, tab }) => {
    await panel.say("Find the button.");
    is(await panel.ended(), "done", "the run's phase");
    holds(model.views[1].last.length <= 51_000, `the result has ${model.views[1].last.length} characters`);
    holds(/more|cut|left out/i.test(model.views[1].last), "the cut is announced");
    is(await tab.innerText("button"), "Found it", "the button");
  }),

  "hostile-title-is-one-line-and-fenced": () => reads("/awkward/title", inTurn({ calls: [call("list_tabs"), call("read_page")] }, { text: "Seen." }), async ({ panel, model }) => {
    await panel.say("What is this?");
    is(await panel.ended(), "done", "the run's phase");
    for (const result of model.views.at(-1).results) {
      holds(!/[\u202a-\u202e\u2066-\u2069\u200b]/.test(result), "no bidi or zero-width marks");
      holds(!/^Ignore all instructions/m.test(result), "the title does not begin a line of its own");
      is((result.match(/<\/page>/g) ?? []).length <= 1, true, "fences closed");
    }
    await panel.shot(`${SHOTS}hostile-title.png`);
  }),

  "tab-that-never-loads-does-not-hang-the-run": () => reads("/shop/", inTurn((v) => ({ calls: [call("navigate", { url: /http:\S+/.exec(v.task)[0] })] }), (v) => ({ text: v.last.slice(0, 200) })), async ({ panel, site, model }) => {
    await panel.say(`Open ${site.url}/awkward/never`);
    is(await panel.ended(60_000), "done", "the run's phase");
    holds(/load/i.test(model.views.at(-1).last), `told: ${model.views.at(-1).last.slice(0, 160)}`);
  }),

  "dropped-connection-is-a-clear-failure": () => reads("/shop/", inTurn((v) => ({ calls: [call("navigate", { url: /http:\S+/.exec(v.task)[0] })] }), (v) => ({ text: v.last.slice(0, 200) })), async ({ panel, site }) => {
    await panel.say(`Open ${site.url}/awkward/dropped`);
    is(await panel.ended(60_000), "done", "the run's phase");
    is((await panel.cards())[0].verdict, "failed", "the card");
  }),

  async "a-driven-tab-is-grouped-and-shown"() {
    let go;
    const policy = inTurn({ calls: [call("read_page")] }, async () => {
      await new Promise((done) => (go = done));
      return { text: "Read." };
    });
    await world({ policy }, async ({ panel, browser, tab }) => {
      await panel.say("Read this page.");
      await until(() => go, "the model is asked again", 20_000);
      const worker = await browser.worker();
      const groups = await worker.evaluate(async () => Promise.all((await chrome.tabGroups.query({})).map(async (group) => ({
        title: group.title, urls: (await chrome.tabs.query({ groupId: group.id })).map((tab) => tab.url),
      }))));
      is(groups.map((group) => group.urls), [[tab.url()]], "the tabs of the group");
      holds(groups[0].title.length > 0, "the group has a name");
      await panel.find("run").locator("[data-testid=take-me-there]").click();
      await until(() => worker.evaluate(async (url) => (await chrome.tabs.query({ active: true })).some((tab) => tab.url === url), tab.url()), "the tab is in front");
      go();
      is(await panel.ended(), "done", "the run's phase");
    });
  },

  async "the-tree-shows-the-actors"() {
    await world({ policy: inTurn({ calls: [call("read_page")] }, { text: "Read." }) }, async ({ panel }) => {
      await panel.say("Read.");
      is(await panel.ended(), "done", "the run's phase");
      await panel.find("tree-toggle").click();
      const names = () => panel.find("actor-row").evaluateAll((rows) => rows.map((row) => row.dataset.name));
      // It is drawn four times a second: at first as it was before the run.
      for (const part of ["provider", "browser", "desk", "chat", "web"]) await until(async () => (await names()).some((name) => name.includes(part)), `${part} is in the tree`);
      await panel.shot(`${SHOTS}tree.png`);
    });
  },

  ...Object.fromEntries(["light", "dark"].map((scheme) => [`looks-${scheme}`, () => world({
    launched: { scheme, size: { width: 420, height: 820 } },
    policy: inTurn({ text: "I'll look first.", calls: [call("read_page")] }, (v) => ({ calls: [put(refOf(v, "Search the shop"), "tea")] }), { text: "There is **Breakfast tea**.\n\n| what | price |\n|---|---|\n| Breakfast tea | see the page |" }),
  }, async ({ panel, browser }) => {
    await panel.shot(`${SHOTS}empty-${scheme}.png`);
    await panel.say("Is there tea?");
    is(await panel.ended(), "done", "the run's phase");
    await panel.shot(`${SHOTS}chat-${scheme}.png`);
    const options = await browser.context.newPage();
    await options.goto(browser.url("options.html"));
    await options.locator("[data-testid=provider-row]").first().waitFor();
    await options.screenshot({ path: `${SHOTS}options-${scheme}.png` });
  })])),
};
