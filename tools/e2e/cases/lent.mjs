//! What a chat is lent is shown, and taken back while it is in use: the step ends at once, the model is told, the chat goes on.
import { inTurn } from "../../lib/model.mjs";
import { awkward } from "../pages.mjs";
import { call, holds, is, shots, until, world } from "../world.mjs";

const held = (panel) => panel.find("holding").evaluateAll((all) => all.map((one) => [one.dataset.power.replace(/-\d+$/, ""), one.dataset.withheld === "true"]));
const takeBack = (panel, power) => panel.page.locator(`[data-testid=holding][data-power^=${power}] [data-testid=take-back]`).click();

export default {
  async "a-tab-is-taken-back-in-the-middle-of-a-step"() {
    const policy = inTurn(
      (v) => ({ calls: [call("navigate", { url: /http:\S+/.exec(v.task)[0] })] }),
      { calls: [call("read_page")] },
      { text: "Then I do without." },
    );
    await world({ policy, site: { pages: awkward }, launched: { size: { width: 420, height: 820 } } }, async ({ panel, site, model }) => {
      await panel.say(`Open ${site.url}/awkward/never`);
      await panel.find("tool-card").first().waitFor();
      await panel.find("lent-toggle").click();
      await until(async () => (await held(panel)).length === 8, "what the chat holds is shown");
      is(await held(panel), [["model", false], ["browser", false], ["shelf", false], ["code", false], ["linux", false], ["actors", false], ["works", false], ["tab", false]], "held");
      await shots(panel.page, "lent");
      const began = performance.now();
      await takeBack(panel, "tab");
      is(await panel.ended(), "done", "the run goes on and ends");
      holds(performance.now() - began < 5_000, "the step did not wait for its page");
      const cards = await panel.cards();
      holds(["unknown", "denied", "stopped"].includes(cards[0].verdict), `the step that was under way: ${cards[0].verdict}`);
      is(cards[1].verdict, "failed", "the next one");
      holds(/taken back|took it back/.test(model.views[1].last), `the model is told: ${model.views[1].last}`);
      holds(/no tab to act on/.test(model.views[2].last), `it has none now: ${model.views[2].last}`);
      is((await held(panel)).at(-1), ["tab", true], "the tab");
      await shots(panel.page, "taken-back");
      // A new chat is lent what it needs.
      await panel.find("new-chat").click();
      await panel.say(`Open ${site.url}/shop/`);
      is(await panel.ended(), "done", "another chat's run");
      is((await panel.cards()).map((card) => card.verdict), ["verified", "done"], "its steps");
    });
  },

  async "a-chat-whose-model-was-taken-back-says-so"() {
    let go;
    const policy = inTurn(async () => {
      await new Promise((done) => (go = done));
      return { text: "Too late." };
    });
    await world({ policy }, async ({ panel }) => {
      await panel.say("What is this?");
      await until(() => go, "the model is asked");
      await panel.find("lent-toggle").click();
      await takeBack(panel, "model");
      is(await panel.ended(), "failed", "the run's phase");
      go();
      holds((await panel.texts("note")).some((note) => /the owner has taken it back/.test(note)), "the chat says why");
      is((await held(panel)).find(([power]) => power === "model"), ["model", true], "the model");
      await panel.find("tree-toggle").click();
      await panel.find("tree-toggle").click();
      await panel.say("And now?");
      is(await panel.ended(), "failed", "asked again");
    });
  },
};
