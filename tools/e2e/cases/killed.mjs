//! The service worker dies at the worst moments; what the site counts is as if it had not.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { random } from "../../../apps/practice/data.mjs";
import { inTurn, refOf } from "../../lib/model.mjs";
import { SHOTS, altered, call, click, holds, is, killServiceWorker, pause, put, until, world } from "../world.mjs";
import { buy } from "./tasks.mjs";

/** A button whose press the server hears of at once, a field that tells of its input, and slow pages to go to. */
function pages(heard) {
  const tell = (name) => ["POST", new RegExp(`^/tell/${name}$`), async (request) => {
    await heard(name);
    request.outgoing.writeHead(204).end();
  }];
  return [
    ["GET", /^\/slow$/, async () => {
      await heard("slow");
      await pause(400);
      return "<!doctype html><title>Slow page</title><h1>Here at last</h1>";
    }],
    // It waits for the server's answer, so that the kill surely comes before its own.
    ["GET", /^\/one$/, () => `<!doctype html><title>One</title><script>const tell = (what) => { const ask = new XMLHttpRequest(); ask.open("POST", "/tell/" + what, false); ask.send(); }</script>
<button type="button" onclick="n.textContent=+n.textContent+1;tell('press')">Press me</button><p id="n">0</p>
<label>Word <input id="w" oninput="tell('input')"></label>`],
    tell("press"), tell("input"),
  ];
}

/** One call, killed as soon as the server hears of its effect; the counts must be those of an unkilled run. */
async function killedDuring(name, calls, judge, launched) {
  const counts = {};
  let browser;
  let killed = 0;
  const heard = async (what) => {
    counts[what] = (counts[what] ?? 0) + 1;
    if (killed++ === 0) await killServiceWorker(browser);
  };
  const policy = inTurn({ calls: [call("read_page")] }, (v) => ({ calls: calls(v, new URL(/origin="([^"]+)"/.exec(v.last)[1])) }), (v) => ({ text: v.last }));
  await world({ policy, start: "/one", site: { pages: pages(heard) }, launched }, async (w) => {
    browser = w.browser;
    await w.panel.say("Go on.");
    is(await w.panel.ended(), "done", "the run's phase");
    holds(killed > 0, "the service worker was killed");
    const card = (await w.panel.cards()).at(-1);
    await judge({ ...w, counts, card });
    await w.panel.shot(`${SHOTS}killed-${name}.png`);
  });
}

/** A copy of the extension whose vat repeats what it lost without looking first. */
const unprobed = (story) => altered((copy) => {
  const path = join(copy, "offscreen.js");
  const [text, boot] = [readFileSync(path, "utf8"), "wall: Date.now(),"];
  is(text.split(boot).length, 2, "places where the vat's first message is made");
  writeFileSync(path, text.replace(boot, `${boot} unprobed: true,`));
}, (extension) => story({ extension }));

/** The shop bought from while the service worker dies at seeded moments. */
async function seeded(seed) {
  const r = random(seed);
  await world({ policy: buy }, async ({ panel, site, browser }) => {
    let [over, kills] = [false, 0];
    const killer = (async () => {
      while (kills < 4 && !over) {
        await pause(100 + r.below(900));
        if (!over && (await killServiceWorker(browser))) kills++;
      }
    })();
    await panel.say("Buy two large tins of breakfast tea for me.");
    await panel.approve("approve-task", 45_000);
    const phase = await panel.ended(120_000);
    over = true;
    await killer;
    // How many fit into a run depends on how fast the machine is.
    is([phase, site.counters.orders, site.counters.submits, kills >= 2], ["done", 1, 2, true], `phase, orders, forms sent, and whether ${kills} kills are some`);
  });
}

export default {
  click: () => killedDuring("click", (v) => [click(refOf(v, "Press me"))], async ({ tab, counts, card }) => {
    is([await tab.innerText("#n"), counts.press, card.verdict], ["1", 1, "verified"], "presses seen, heard, verdict");
  }),
  // The control: the case above can fail, and this is what looking first prevents.
  "click-without-probing-happens-twice": () => unprobed((launched) => killedDuring("unprobed", (v) => [click(refOf(v, "Press me"))], async ({ tab, counts }) => {
    is([await tab.innerText("#n"), counts.press], ["2", 2], "presses seen, heard");
  }, launched)),
  form_input: () => killedDuring("form_input", (v) => [put(refOf(v, "Word"), "once")], async ({ tab, counts, card }) => {
    is([await tab.inputValue("#w"), counts.input, card.verdict], ["once", 1, "verified"], "value, inputs heard, verdict");
  }),
  navigate: () => killedDuring("navigate", (_v, at) => [call("navigate", { url: new URL("/slow", at).href })], async ({ tab, counts, card }) => {
    is([new URL(tab.url()).pathname, counts.slow, card.verdict], ["/slow", 1, "verified"], `place, loads, verdict (${card.text})`);
  }),
  new_tab: () => killedDuring("new_tab", (_v, at) => [call("new_tab", { url: new URL("/slow", at).href })], async ({ browser, counts }) => {
    await until(() => browser.context.pages().some((page) => page.url().endsWith("/slow")), "the new tab");
    is([browser.context.pages().filter((page) => page.url().endsWith("/slow")).length, counts.slow], [1, 1], "tabs and loads");
  }),
  ...Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`seeded-${i + 1}`, () => seeded(100 + i)])),
};
