//! What the owner is asked, how often, and what the question may not give away.
import { inTurn, refOf } from "../../lib/model.mjs";
import { SHOTS, call, click, holds, is, put, world } from "../world.mjs";

const FIRST = "zebra-crossing-81";
const SECOND = "lantern-harbour-27";

const letter = [
  ["GET", /^\/letter$/, () => `<!doctype html><title>Letter</title><form method="post" action="/letter"><label>Word <input name="word" value="yes"></label> <button>Send the letter</button></form>`],
  ["POST", /^\/letter$/, () => ({ to: "/letter" })],
];

/** One round: to the letter at this address, and its form sent. */
const send = (at) => [
  () => ({ calls: [call("navigate", { url: `${at()}/letter` })] }),
  () => ({ calls: [call("read_page")] }),
  (v) => ({ calls: [click(refOf(v, "Send the letter"))] }),
];

/** Presses a button of the next question as soon as it is there, as who presses the last one twice. */
const pressedAsItComes = (panel) => panel.page.evaluate(() => new Promise((done) => {
  const known = document.querySelector("[data-testid=approval]");
  const press = () => {
    const button = document.querySelector("[data-testid=approve-task]");
    if (!button || known.contains(button)) return void setTimeout(press, 1);
    button.click();
    setTimeout(done, 100);
  };
  press();
}));

export default {
  async "password-field-is-asked-each-time"() {
    const policy = inTurn(
      { calls: [call("read_page")] },
      (v) => ({ calls: [put(refOf(v, "Choose a password"), FIRST)] }),
      (v) => ({ calls: [put(refOf(v, "Choose a password"), SECOND)] }),
      { calls: [call("read_page")] }, { text: "It is filled in." },
    );
    await world({ policy, start: "/wizard/" }, async ({ panel, tab, model }) => {
      await panel.say("Choose a password for me.");
      const asked = [await panel.approve("approve-once")];
      await tab.waitForFunction((value) => document.querySelector("input[type=password]").value === value, FIRST);
      asked.push(await panel.approve("approve-once"));
      is(await panel.ended(), "done", "the run's phase");
      is(await tab.inputValue("input[type=password]"), SECOND, "the field");
      for (const text of asked) holds(text.includes("Choose a password"), `the question names the field: ${text}`);
      const cards = await panel.cards();
      is(cards.map((card) => card.verdict), ["done", "verified", "verified", "done"], "verdicts");
      // What the model itself said stands in its history; nothing that came back from the page or the desk repeats it.
      const told = model.views.flatMap((view) => view.results).join("\n");
      const shown = [...asked, ...cards.map((card) => card.text), ...(await panel.texts("note"))].join("\n");
      for (const secret of [FIRST, SECOND]) is([told.includes(secret), shown.includes(secret)], [false, false], "the model was told it, the panel shows it");
      await panel.shot(`${SHOTS}password-asked.png`);
    });
  },

  async "form-submit-is-asked-once-per-task-and-origin"() {
    const at = {};
    const policy = inTurn(...send(() => at.one), ...send(() => at.one), ...send(() => at.two), ...send(() => at.two), ...send(() => at.one), { text: "All are sent." });
    await world({ policy, start: "/letter", site: { pages: letter } }, async ({ panel, site }) => {
      at.one = site.url;
      at.two = site.url.replace("127.0.0.1", "localhost");
      const task = `Send the letters at ${at.one}/letter and ${at.two}/letter`;
      await panel.say(task);
      await panel.find("approval").waitFor();
      const hasty = pressedAsItComes(panel);
      holds((await panel.approve("approve-task")).includes(at.one), "the first question is about the first site");
      await hasty;
      holds((await panel.approve("approve-task")).includes(at.two), "the second is about the second");
      is(await panel.ended(), "done", "the run's phase");
      is(site.counters.submits, 5, "letters sent");
      // Another task begins with nothing.
      await panel.find("new-chat").click();
      await panel.say(task);
      holds((await panel.approve("deny")).includes(at.one), "the next task asks again");
      await panel.find("stop").click();
      await panel.ended();
      is(site.counters.submits, 5, "letters sent after all");
    });
  },
};
