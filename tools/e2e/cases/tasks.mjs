//! Whole tasks: what an owner asks for, and what the site really got.
import { inTurn, refOf } from "../../lib/model.mjs";
import { launch } from "../../lib/chromium.mjs";
import { Panel } from "../../lib/panel.mjs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SHOTS, call, click, holds, is, put, until, world } from "../world.mjs";

const BUYER = { name: "Grace Hopper", email: "grace@example.org", street: "Harbour Road 7", city: "Arlington" };

/** Buys two tins of tea: five pages, two forms. */
export const buy = inTurn(
  { text: "I'll look for the tea.", calls: [call("read_page")] },
  (v) => ({ calls: [click(refOf(v, "link", "Breakfast tea"))] }),
  () => ({ calls: [call("read_page")] }),
  (v) => ({ calls: [put(refOf(v, "How many"), "2"), put(refOf(v, "Size"), "Large"), click(refOf(v, "Add to basket"))] }),
  () => ({ calls: [call("find", { query: "check-out link" })] }),
  (v) => ({ calls: [click(refOf(v, "Go to check-out"))] }),
  () => ({ calls: [call("read_page")] }),
  (v) => ({
    calls: [put(refOf(v, "Full name"), BUYER.name), put(refOf(v, "E-mail"), BUYER.email), put(refOf(v, "Street"), BUYER.street), put(refOf(v, "Town"), BUYER.city),
      put(refOf(v, "Country"), "Norway"), put(refOf(v, "I accept"), true), click(refOf(v, "Place the order"))],
  }),
  () => ({ calls: [call("get_page_text")] }),
  (v) => ({ text: `Ordered. ${/order number is \d+/i.exec(v.last)?.[0] ?? "No number seen."}` }),
);

async function buysTea(dialect) {
  await world({ policy: buy, dialect }, async ({ site, panel, model }) => {
    await panel.say("Buy two large tins of breakfast tea for me.");
    const asked = await panel.approve("approve-task");
    holds(asked.includes(new URL(site.url).host), `the question names the site: ${asked}`);
    is(await panel.ended(), "done", "the run's phase");
    is(site.orders.map(({ name, email, country, lines }) => ({ name, email, country, lines })), [
      { name: BUYER.name, email: BUYER.email, country: "Norway", lines: [{ id: "breakfast-tea", count: 2, size: "l", wrap: false }] },
    ], "the shop's orders");
    const cards = await panel.cards();
    const wrong = cards.filter((card) => !["verified", "done"].includes(card.verdict));
    is(wrong, [], "cards that are neither verified nor reads");
    const said = (await panel.texts("assistant")).at(-1);
    holds(said.includes(`order number is ${site.orders[0].number}`), `the last words: ${said}`);
    is(model.entries.length, 10, "requests to the model");
    await panel.shot(`${SHOTS}task-${dialect}.png`);
  });
}

export default {
  "several-pages-anthropic": () => buysTea("anthropic"),
  "several-pages-openai": () => buysTea("openai"),

  async "tool-error-is-told-to-the-model"() {
    const policy = inTurn({ calls: [click("ref_9999"), call("read_page")] }, (v) => ({ text: `I was told: ${v.results[0].slice(0, 120)}` }));
    await world({ policy }, async ({ panel, model }) => {
      await panel.say("Click something that is not there.");
      is(await panel.ended(), "done", "the run's phase");
      const cards = await panel.cards();
      is(cards[0].verdict, "failed", "the click's verdict");
      holds(model.views[1].results[0].includes("ref_9999"), `the model was told which ref: ${model.views[1].results[0]}`);
      is(model.views[1].results[1], "Not executed: an earlier action in this turn failed.", "the second call's result");
    });
  },

  async "chats-survive-a-restart"() {
    const profile = mkdtempSync(join(tmpdir(), "peerd-kept-"));
    try {
      await world({ policy: inTurn({ text: "The **answer** is 42." }), launched: { profile } }, async ({ panel }) => {
        await panel.say("What is the answer?");
        is(await panel.ended(), "done", "the run's phase");
        await until(async () => (await panel.texts("assistant")).at(-1)?.includes("42"), "the answer is shown");
        await new Promise((done) => setTimeout(done, 500));
      });
      const browser = await launch({ profile });
      try {
        const panel = await Panel.open(browser);
        await panel.find("chats-toggle").click();
        const item = panel.find("chat-item").filter({ hasText: "What is the answer?" });
        await item.waitFor({ timeout: 15_000 });
        is(await item.count(), 1, "chats of that name");
        await item.click();
        await until(async () => (await panel.texts("assistant")).join().includes("The answer is 42."), "the chat's words are back");
        await panel.shot(`${SHOTS}restart.png`);
      } finally {
        await browser.close();
      }
    } finally {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};
