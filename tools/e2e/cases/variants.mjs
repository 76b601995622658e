//! The three variants differ in their manifest, and so in what the browser lets them do; each says what it may not.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { inTurn, refOf } from "../../lib/model.mjs";
import { SHOTS, call, click, holds, is, world } from "../world.mjs";

/** Where a variant was built: all three stand beside each other. */
function of(variant) {
  if (variant === "e2e") return process.env.PEERD_EXTENSION;
  const folder = join(dirname(process.env.PEERD_EXTENSION), variant);
  holds(existsSync(folder), `the ${variant} variant is not built beside the e2e one`);
  return folder;
}

/** Keeps what each event on the page was, and whether the browser itself made it. */
const WATCHED = `<script>window.seen = [];
for (const type of ["mousedown", "mouseup", "click", "change"]) addEventListener(type, (event) => seen.push(type + " " + event.isTrusted), true)</script>`;
const pages = [
  ["GET", /^\/watched$/, () => `<!doctype html><title>Watched</title>${WATCHED}<button type="button" onclick="n.textContent = +n.textContent + 1">Count up</button>
<p id="n">0</p><label><input type="checkbox" id="c"> Agree</label>`],
  ["GET", /^\/alerts$/, () => `<!doctype html><title>Alerts</title><button type="button" onclick="alert('Are you there?'); n.textContent = 'told'">Tell me</button><p id="n">not yet</p>`],
];

/** The panel's button, pressed where the browser need not ask: nobody can answer its own dialog here. */
async function grant(browser, panel) {
  const extensions = await browser.context.newPage();
  await extensions.goto("chrome://extensions/");
  await extensions.evaluate((id) => chrome.developerPrivate.addHostPermission(id, "<all_urls>"), browser.id);
  await extensions.close();
  await panel.find("grant-sites").click();
  await panel.find("grant-sites").waitFor({ state: "detached" });
}

/** Says these things in turn, in this variant, and waits for the end. A step may use the world: `steps(world)`. */
async function runs(variant, { steps, start = "/watched", granted = false }, judge) {
  let there;
  const policy = (view) => inTurn(...steps(there))(view);
  await world({ policy, start, site: { pages }, launched: { extension: of(variant) } }, async (w) => {
    there = w;
    // Heard and left alone: otherwise Playwright answers what peerd has to answer.
    w.tab.on("dialog", () => {});
    if (granted) await grant(w.browser, w.panel);
    await w.panel.say("Go on.");
    is(await w.panel.ended(), "done", "the run's phase");
    const cards = await w.panel.cards();
    await judge({ ...w, cards, told: w.model.views.at(-1).results });
  });
}

/** The pictures in a request, anywhere among its messages. */
function pictures(entry) {
  const found = [];
  JSON.parse(entry.body, (_key, part) => {
    if (part?.type === "image") found.push(part.source);
    return part;
  });
  return found.map(({ type, media_type: mime, data }) => [type, mime, data.slice(0, 4)]);
}
// A JPEG's first three bytes.
const JPEG = ["base64", "image/jpeg", "/9j/"];

const shot = { calls: [call("screenshot")] };

/** A picture while the driven tab is in front, or while another one is. */
const inFront = ({ tab }) => async () => {
  await tab.bringToFront();
  return shot;
};
const behind = ({ panel }) => async () => {
  await panel.page.bringToFront();
  return shot;
};

const read = { calls: [call("read_page")] };
const press = (name) => (v) => ({ calls: [click(refOf(v, name))] });

export default {
  "store-without-permission-refuses-and-lives": () => runs("store", {
    steps: () => [read, { calls: [click("ref_1")] }, { text: "I may not act here." }],
  }, async ({ panel, tab, cards, told }) => {
    is(cards.map((card) => card.verdict), ["failed", "failed"], "verdicts");
    holds(told[0].includes("may not act on this site; its owner can allow it"), `the model is told: ${told[0]}`);
    is(await tab.evaluate(() => window.seen), [], "what the page saw");
    is(await panel.find("grant-sites").isVisible(), true, "the panel offers to ask");
    await panel.shot(`${SHOTS}store-refused.png`);
  }),

  "store-acts-once-it-is-granted": () => runs("store", { granted: true, steps: () => [read, press("Count up"), { text: "Counted." }] }, async ({ tab, cards }) => {
    is([await tab.innerText("#n"), cards.at(-1).verdict], ["1", "verified"], "the counter, the verdict");
    is(await tab.evaluate(() => window.seen), ["mousedown false", "mouseup false", "click false"], "events");
  }),

  async "store-request-that-never-settles-hangs-no-run"() {
    const policy = inTurn({ calls: [call("list_tabs")] }, { text: "Looked." });
    await world({ policy, start: "/watched", launched: { extension: of("store") }, site: { pages } }, async ({ panel }) => {
      await panel.page.evaluate(() => {
        const request = chrome.permissions.request.bind(chrome.permissions);
        window.asked = [];
        chrome.permissions.request = (what, done) => {
          const one = { what, settled: false };
          window.asked.push(one);
          const settle = (granted) => ((one.settled = true), granted);
          return done ? request(what, (granted) => done(settle(granted))) : request(what).then(settle);
        };
      });
      await panel.find("grant-sites").click();
      await panel.say("What is open?");
      is(await panel.ended(), "done", "the run's phase");
      is(await panel.page.evaluate(() => window.asked), [{ what: { origins: ["<all_urls>"] }, settled: false }], "what the browser was asked");
    });
  },

  "store-screenshot-is-refused-with-the-reason": () => runs("store", { steps: (w) => [inFront(w), { text: "No picture." }] }, async ({ cards, told, model }) => {
    is(cards.map((card) => card.verdict), ["failed"], "the verdict");
    holds(told[0].includes("may not take pictures of this site; its owner can allow it"), `the model is told: ${told[0]}`);
    is(model.entries.flatMap(pictures), [], "pictures");
  }),

  "dev-click-is-trusted-and-one": () => runs("dev", { granted: true, steps: () => [read, press("Count up"), press("Agree"), { text: "Clicked." }] }, async ({ tab, cards }) => {
    const pressed = ["mousedown true", "mouseup true", "click true"];
    is(await tab.evaluate(() => window.seen), [...pressed, ...pressed, "change true"], "events");
    is([await tab.innerText("#n"), await tab.isChecked("#c")], ["1", true], "the counter and the box");
    is(cards.map((card) => card.verdict), ["done", "verified", "verified"], "verdicts");
  }),

  "dev-screenshot-of-a-tab-behind": () => runs("dev", { granted: true, steps: (w) => [read, behind(w), { text: "Seen." }] }, async ({ cards, model }) => {
    is(cards.map((card) => card.verdict), ["done", "done"], "verdicts");
    is(pictures(model.entries.at(-1)), [JPEG], "the pictures the model was given");
  }),

  "dev-alert-does-not-hang-the-run": () => runs("dev", { granted: true, start: "/alerts", steps: () => [read, press("Tell me"), { text: "Told." }] }, async ({ tab, cards, told }) => {
    is([await tab.innerText("#n"), cards.at(-1).verdict], ["told", "verified"], `the page, the verdict (${cards.at(-1).text})`);
    holds(told.at(-1).includes("Are you there?"), `the model is told what it said: ${told.at(-1)}`);
  }),

  "e2e-screenshot-is-an-image-in-front-and-a-refusal-behind": () => runs("e2e", { steps: (w) => [read, inFront(w), behind(w), { text: "Seen." }] }, async ({ cards, model, told, panel }) => {
    is(cards.map((card) => card.verdict), ["done", "done", "failed"], "verdicts");
    is(pictures(model.entries[2]), [JPEG], "the pictures the model was given");
    holds(told.at(-1).includes("The tab is in the background"), `the model is told why not: ${told.at(-1)}`);
    await panel.shot(`${SHOTS}screenshots.png`);
  }),
};
