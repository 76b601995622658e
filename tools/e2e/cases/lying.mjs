//! Pages that lie: what the card says must be what happened.
import { inTurn, refOf } from "../../lib/model.mjs";
import { counting, lying } from "../pages.mjs";
import { SHOTS, call, click, holds, is, put, until, world } from "../world.mjs";

/** Reads the page, does one thing, says what it was told. */
async function one({ start, act, verdict, approve, then }) {
  const counts = {};
  const policy = inTurn({ calls: [call("read_page", { filter: "" })] }, (v) => ({ calls: [act(v)].flat() }), (v) => ({ text: `Result: ${v.last}` }));
  await world({ policy, start, site: { pages: [counting(counts), ...lying] } }, async (w) => {
    await w.panel.say("Try it.");
    if (approve) await w.panel.approve(approve);
    is(await w.panel.ended(), "done", "the run's phase");
    const cards = (await w.panel.cards()).filter((card) => card.tool !== "read_page");
    is(cards.map((card) => card.verdict), [verdict].flat(), `verdicts (${cards.map((card) => card.text).join(" / ").slice(0, 300)})`);
    await then?.({ ...w, counts, told: w.model.views.at(-1).last });
    await w.panel.shot(`${SHOTS}${start.slice(1).replace("/", "-")}.png`);
  });
}

export default {
  "handler-that-does-nothing-is-unverified": () => one({
    start: "/lie/dead", act: (v) => click(refOf(v, "Save the draft")), verdict: "unverified",
    then: ({ told }) => holds(told.startsWith("unverified"), `the model is told: ${told.slice(0, 80)}`),
  }),
  "field-that-reverts-is-failed": () => one({
    start: "/lie/reverts", act: (v) => put(refOf(v, "Amount"), "500"), verdict: "failed",
    then: async ({ tab }) => is(await tab.inputValue("#a"), "1", "the field"),
  }),
  "overlay-is-named-and-not-clicked": () => one({
    start: "/lie/cover", act: (v) => click(refOf(v, "Delete everything")), verdict: "failed",
    then: ({ told, counts, site }) => {
      holds(/cover/i.test(told) && told.includes("Cookie"), `the cover is named: ${told.slice(0, 200)}`);
      is([counts.hit ?? 0, site.counters.clicks], [0, 0], "clicks that arrived");
    },
  }),
  "rerendered-same-element-is-clicked-once": () => one({
    start: "/lie/rerender-same", act: (v) => click(refOf(v, "Count up")), verdict: "verified",
    then: async ({ tab }) => is(await tab.innerText("#n"), "1", "times counted"),
  }),
  async "rerendered-other-element-is-stale"() {
    const counts = {};
    let page;
    const policy = inTurn(
      { calls: [call("read_page")] },
      async (v) => {
        await page.evaluate(() => dispatchEvent(new Event("swap")));
        return { calls: [click(refOf(v, "Keep"))] };
      },
      (v) => ({ text: v.last }),
    );
    await world({ policy, start: "/lie/rerender-other", site: { pages: [counting(counts), ...lying] } }, async ({ panel, tab, model }) => {
      page = tab;
      await panel.say("Keep it.");
      is(await panel.ended(), "done", "the run's phase");
      is((await panel.cards()).at(-1).verdict, "failed", "verdict");
      holds(model.views.at(-1).last.includes("stale"), `told: ${model.views.at(-1).last.slice(0, 160)}`);
      is(counts.hit ?? 0, 0, "clicks on the other button");
    });
  },
  "one-toggle-and-one-submit": () => one({
    start: "/lie/once", act: (v) => [put(refOf(v, "Agree"), true), click(refOf(v, "Send it"))], verdict: ["verified", "verified"], approve: "approve-once",
    then: async ({ counts, site, tab }) => {
      await until(() => tab.url().endsWith("/lie/sent"), "the page after the form");
      is([counts.toggle, site.counters.submits], [1, 1], "toggles and submits");
    },
  }),
};
