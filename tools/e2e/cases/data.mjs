//! All that is kept: carried away as one file, lost, begun anew, and put back; its past, read and gone back to; and no room for it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeHost } from "../../lib/cdp.mjs";
import { inTurn } from "../../lib/model.mjs";
import { holds, is, shots, until, world } from "../world.mjs";

const WAIT = { timeout: 20_000 };

/** The options page, and what its section says. */
async function settings(browser) {
  const page = await browser.context.newPage();
  await page.goto(browser.url("options.html"));
  const find = (name) => page.locator(`[data-testid="${name}"]`);
  const looks = async (name) => {
    await find("data").scrollIntoViewIfNeeded();
    await shots(page, name);
  };
  const said = (words) => find("data-said").filter({ hasText: words }).waitFor(WAIT);
  return { page, find, looks, said };
}

/** A copy in this folder. */
async function copied({ page, find, said }, folder) {
  const coming = page.waitForEvent("download", WAIT);
  await find("copy-save").click();
  const download = await coming;
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  await said("The copy is saved.");
  return path;
}

/** What a browser that is short of room does: the site's private files are gone, and nobody was asked. */
async function lose(browser, page) {
  const gone = page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    for (;;) {
      const removed = await root.removeEntry("peerd", { recursive: true }).then(() => true, () => false);
      if (removed) return;
      await new Promise((done) => setTimeout(done, 1));
    }
  });
  await closeHost(browser);
  await gone;
}

async function titles(panel) {
  if (!(await panel.find("chat-item").first().isVisible())) await panel.find("chats-toggle").click();
  return panel.find("chat-item").evaluateAll((items) => items.map((item) => item.innerText.split("\n")[0]));
}

export default {
  "copied-lost-begun-anew-and-restored": () => world({ policy: inTurn({ text: "I shall." }) }, async ({ browser, panel }) => {
    await panel.say("Remember the tea.");
    is(await panel.ended(), "done", "the run's phase");
    const options = await settings(browser);
    const copy = await copied(options, browser.folder);
    await options.looks("data");

    await lose(browser, options.page);
    await panel.find("problem").filter({ hasText: /lost/ }).waitFor(WAIT);
    await shots(panel.page, "unopened-panel");
    await options.find("unopened").filter({ hasText: /lost/ }).waitFor(WAIT);
    await options.looks("unopened");
    await options.find("data-again").click();
    await options.find("unopened").waitFor(WAIT);
    is(await options.find("provider-row").count(), 1, "what was shown before stays to be read");

    await options.find("data-anew").click();
    await options.find("data-anew").click();
    await options.said("Begun anew.");
    await until(async () => (await options.find("provider-row").count()) === 0, "settings without a model", 20_000);
    await options.find("unopened").waitFor({ state: "hidden", ...WAIT });

    const junk = join(browser.folder, "junk.peerd");
    writeFileSync(junk, "no copy at all");
    await options.find("copy-file").setInputFiles(junk);
    await options.find("copy-replace").click();
    await options.find("data-failed").filter({ hasText: "no copy that peerd made" }).waitFor(WAIT);
    is(await options.find("provider-row").count(), 0, "models after a file that is no copy");

    await options.find("copy-file").setInputFiles(copy);
    await options.find("copy-replace").waitFor(WAIT);
    await options.looks("replace");
    await options.find("copy-replace").click();
    await options.said("Restored.");
    await options.find("provider-row").first().waitFor(WAIT);
    await until(async () => (await titles(panel)).some((title) => title.includes("Remember the tea")), "the chat in the list", 20_000);
    await panel.find("chat-item").first().click();
    await panel.find("assistant").filter({ hasText: "I shall." }).waitFor(WAIT);
    holds(!(await panel.find("problem").isVisible()), "no problem is left");
  }),

  "its-past-is-read-and-a-chat-goes-back": () => world({ policy: async ({ task }) => ({ text: task.includes("sugar") ? "Two lumps." : "Earl Grey." }) }, async ({ browser, panel }) => {
    await panel.say("Which tea?");
    is(await panel.ended(), "done", "the first run's phase");
    await panel.say("How much sugar?");
    await panel.find("assistant").filter({ hasText: "Two lumps." }).waitFor(WAIT);
    is(await panel.ended(), "done", "the second run's phase");

    const { page, find, looks, said } = await settings(browser);
    await find("history-open").click();
    await find("history").waitFor(WAIT);
    await find("history-of").selectOption({ label: "Which tea?" });
    const kept = () => find("history-state").locator("summary code").allTextContents();
    await until(async () => (await kept()).includes("item/00000003"), "both questions with their answers", 20_000);
    await find("room").waitFor(WAIT);
    await looks("history");

    // Back to where the first run was over.
    const earlier = find("history-earlier");
    const back = find("history-back");
    await until(async () => {
      if ((await kept()).includes("item/00000002") || (await back.isDisabled())) await earlier.click();
      return !(await kept()).includes("item/00000002") && !(await back.isDisabled());
    }, "a turn between the runs", 20_000);
    is(await find("history-talk").locator("li").allInnerTexts().then((lines) => lines.map((line) => line.replace(/\s+/g, " ")).join("; ")),
      "You Which tea?; peerd Earl Grey.", "the chat as it was then");
    await find("history-state").locator("summary").first().click();
    holds((await find("history-message").textContent()).includes("Write"), "what it handled");
    await back.click();
    await find("history-sure").waitFor(WAIT);
    await looks("history-asks");
    await find("history-sure").click();
    await said("Gone back.");
    await find("history-line").filter({ hasText: "Gone back" }).waitFor(WAIT);
    await looks("history-back");

    const shown = async () => {
      await panel.page.reload();
      await panel.find("assistant").filter({ hasText: "Earl Grey." }).waitFor(WAIT);
      return panel.find("assistant").count();
    };
    is(await shown(), 1, "answers in the chat as it was");
    await find("history-undo").click();
    await until(async () => (await shown()) === 2, "the second answer again", 20_000);
    holds(!(await panel.find("problem").isVisible()), "no problem is left");
  }),

  "little-room-is-told-and-less-is-kept": () => world({ policy: inTurn({ text: "I shall." }) }, async ({ browser, panel }) => {
    await panel.say("Remember the tea.");
    is(await panel.ended(), "done", "the run's phase");
    const { page, find, looks } = await settings(browser);
    await find("room").waitFor(WAIT);
    const { usage } = await page.evaluate(() => navigator.storage.estimate());
    const cdp = await browser.context.newCDPSession(page);
    await cdp.send("Storage.overrideQuotaForOrigin", { origin: browser.url(""), quotaSize: usage + (8 << 20) });
    // It is looked at when the vat is opened.
    await closeHost(browser);
    await find("room-short").filter({ hasText: "hardly any room" }).waitFor(WAIT);
    await panel.find("room-short").waitFor(WAIT);
    await looks("room");
  }),
};
