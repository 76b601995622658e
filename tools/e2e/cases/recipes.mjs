//! Recipes: recorded by a person or from a run, replayed without any model, stopped on drift with nothing sent.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { practice } from "../../../apps/practice/server.mjs";
import { launch } from "../../lib/chromium.mjs";
import { Panel } from "../../lib/panel.mjs";
import { SHOTS, holds, is, pause, until, world } from "../world.mjs";
import { buy } from "./tasks.mjs";

const id = (name) => `[data-testid="${name}"]`;

/** By keys, as a person may: what a script sets is no person's doing and is not recorded. */
async function choose(tab, name, option) {
  await tab.focus(`select[name=${name}]`);
  await tab.keyboard.type(option);
}

/** A person looks at a page before they press anything in it: the recorder comes a moment after the page. */
async function looksAt(tab, path) {
  await tab.waitForURL(`**${path}`);
  await pause(1_000);
}

/** A person buys tea. */
async function demonstrates(tab, site) {
  await tab.goto(`${site.url}/shop/`);
  await looksAt(tab, "/shop/");
  await tab.click("text=Breakfast tea");
  await looksAt(tab, "/shop/item/*");
  await choose(tab, "size", "Medium");
  await tab.check("input[name=wrap]");
  await tab.click("text=Add to basket");
  await looksAt(tab, "/shop/basket");
  await tab.click("text=Go to check-out");
  await looksAt(tab, "/shop/checkout");
  for (const [name, value] of [["name", "Rosa Person"], ["email", "rosa@example.org"], ["street", "Mill Lane 2"], ["city", "Bruges"]]) {
    await tab.click(`input[name=${name}]`);
    await tab.keyboard.type(value);
  }
  await choose(tab, "country", "France");
  await tab.check("input[name=terms]");
  await tab.click("text=Place the order");
  await tab.waitForSelector("text=Order received");
}

/** The recipe of that name, once the list shows it; beside a chat the list is opened first. */
async function named(panel, name) {
  const recipe = panel.page.locator(`[data-testid="recipe"][data-name="${name}"]`);
  if (!(await recipe.waitFor({ timeout: 4_000 }).then(() => true, () => false))) {
    await panel.find("recipes-toggle").click();
    await recipe.waitFor({ timeout: 10_000 });
  }
  return recipe;
}

/** Records into a profile that is kept, without any model. */
async function recorded(profile) {
  const site = await practice({ seed: 21 });
  const browser = await launch({ profile });
  try {
    const tab = await browser.context.newPage();
    await tab.goto(`${site.url}/shop/`);
    const panel = await Panel.open(browser);
    await panel.find("record-start").click();
    await until(async () => (await panel.find("record-stop").count()) === 1, "recording is on");
    await tab.bringToFront();
    await demonstrates(tab, site);
    await panel.page.bringToFront();
    await panel.find("record-name").fill("Rosa's tea");
    await panel.find("record-stop").click();
    await named(panel, "Rosa's tea");
    await panel.shot(`${SHOTS}recorded.png`);
  } finally {
    await browser.close();
    await site.stop();
  }
}

let kept;
/** One recording serves all replays. */
async function recording() {
  if (!kept) {
    kept = mkdtempSync(join(tmpdir(), "peerd-recorded-"));
    process.once("exit", () => rmSync(kept, { recursive: true, force: true }));
    await recorded(kept);
  }
  return kept;
}

async function replays({ name = "Rosa's tea", seed = 99, look, profile }, judge) {
  const site = await practice({ seed, look });
  const browser = await launch({ profile: profile ?? (await recording()) });
  try {
    const tab = await browser.context.newPage();
    await tab.goto(`${site.url}/shop/`);
    const panel = await Panel.open(browser);
    // The profile may still show the last replay's chat.
    await panel.find("new-chat").click();
    await panel.find("user").first().waitFor({ state: "detached" });
    const recipe = await named(panel, name);
    await recipe.locator(id("recipe-run")).click();
    await until(() => site.requests.some((line) => line.includes("/shop/item/")), "the first step is taken", 20_000);
    const phase = await panel.ended(60_000);
    await judge({ phase, site, panel, tab, notes: (await panel.texts("note")).join("\n"), cards: await panel.cards() });
  } finally {
    await browser.close();
    await site.stop();
  }
}

const ordered = ({ phase, site, cards, notes }) => {
  is(phase, "done", `the phase (${notes}; ${cards.map((card) => card.verdict + " " + card.text).at(-1)})`);
  is(site.orders.map(({ name, email, street, city, country }) => ({ name, email, street, city, country })), [{ name: "Rosa Person", email: "rosa@example.org", street: "Mill Lane 2", city: "Bruges", country: "France" }], "orders");
  is(cards.every((card) => card.verdict === "verified"), true, "every step is verified");
};

const stopped = (words) => ({ phase, site, notes, cards }) => {
  is([phase, site.orders.length], ["failed", 0], "phase and orders");
  const all = `${notes}\n${cards.map((card) => card.text).join("\n")}`;
  for (const word of words) holds(all.includes(word), `it names ${word}: ${all.slice(-500)}`);
};

export default {
  "recorded-by-hand-replays-on-other-data": () => replays({ seed: 4_242 }, ordered),
  "replays-when-ids-classes-and-order-change": () => replays({ look: { restyled: true } }, ordered),
  "stops-when-the-button-is-renamed": () => replays({ look: { rename: { place: "Buy now" } } }, stopped(["Place the order"])),
  "stops-when-the-button-is-gone": () => replays({ look: { without: ["place"] } }, stopped(["Place the order"])),
  "stops-at-two-equal-buttons": () => replays({ look: { twice: ["place"] } }, stopped(["Place the order"])),

  async "kept-from-a-run-replays-with-the-model-gone"() {
    const profile = mkdtempSync(join(tmpdir(), "peerd-run-"));
    try {
      await world({ policy: buy, launched: { profile } }, async ({ panel, site }) => {
        await panel.say("Buy two large tins of breakfast tea for me.");
        await panel.approve("approve-task");
        is(await panel.ended(), "done", "the run's phase");
        is(site.orders.length, 1, "orders of the agent");
        await panel.find("keep-name").fill("Tea by agent");
        await panel.find("keep-run").click();
        await named(panel, "Tea by agent");
        await new Promise((done) => setTimeout(done, 500));
      });
      await replays({ name: "Tea by agent", profile, seed: 77 }, ({ phase, site, notes }) => {
        is(phase, "done", `the phase (${notes})`);
        is(site.orders.map((order) => order.email), ["grace@example.org"], "orders");
      });
    } finally {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  },

  async "a-password-becomes-an-empty-slot"() {
    const profile = mkdtempSync(join(tmpdir(), "peerd-secret-"));
    const site = await practice({ seed: 5 });
    const browser = await launch({ profile });
    try {
      const tab = await browser.context.newPage();
      await tab.goto(`${site.url}/wizard/`);
      const panel = await Panel.open(browser);
      await panel.find("record-start").click();
      await until(async () => (await panel.find("record-stop").count()) === 1, "recording is on");
      await tab.bringToFront();
      await tab.fill("input[name=given]", "Rosa");
      await tab.fill("input[name=family]", "Person");
      await tab.click("input[type=password]");
      await tab.keyboard.type("correct-horse-9");
      await tab.click("text=Next");
      await tab.waitForSelector("text=What do you like?");
      await panel.page.bringToFront();
      await panel.find("record-name").fill("Sign up");
      await panel.find("record-stop").click();
      const recipe = await named(panel, "Sign up");
      const slot = recipe.locator(`${id("recipe-slot")}[type=password]`);
      is([await slot.count(), await slot.inputValue()], [1, ""], "password slots and what is in them");
      await panel.shot(`${SHOTS}recipe-slots.png`);
      await browser.context.close();
      const { execFileSync } = await import("node:child_process");
      let found = "";
      try {
        found = execFileSync("grep", ["-rla", "--", "correct-horse-9", profile]).toString();
      } catch (nothing) {
        if (nothing.status !== 1) throw nothing;
      }
      is(found, "", "files that hold the password");
    } finally {
      await browser.close().catch(() => {});
      await site.stop();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};
