//! What runs the agent is killed in the middle of a run: its Worker, the document around it, the whole browser. The run goes on, and
//! the site has heard everything once.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { random } from "../../../apps/practice/data.mjs";
import { closeHost, evaluateInVat, killBrowser } from "../../lib/cdp.mjs";
import { launch } from "../../lib/chromium.mjs";
import { inTurn, refOf } from "../../lib/model.mjs";
import { Panel } from "../../lib/panel.mjs";
import { PASSPHRASE, SHOTS, call, click, holds, is, pause, until, world } from "../world.mjs";
import { buy } from "./tasks.mjs";

/** An error nobody catches in the vat's Worker: what a trap looks like from outside. */
const trap = (browser) => evaluateInVat(browser, "setTimeout(() => { throw new WebAssembly.RuntimeError('unreachable') })");

/** The key to the keys died with the Worker: its owner is asked for it. */
async function unlock(panel) {
  await panel.find("passphrase").fill(PASSPHRASE, { timeout: 20_000 });
  // It may be gone by now: what was sent before has opened them.
  await panel.find("unlock").click({ timeout: 1_000 });
}

/** Its owner at the panel: unlocks, allows, whenever asked, until the run is over. */
function owner(panel) {
  let over = false;
  const work = (async () => {
    while (!over) {
      await panel.find("approve-task").first().click({ timeout: 200 }).catch(() => {});
      // A panel that is gone asks nobody; what became of the run is the case's business.
      if (await panel.find("passphrase").isVisible().catch(() => false)) await unlock(panel).catch(() => {});
      await pause(100);
    }
  })();
  return () => {
    over = true;
    return work;
  };
}

/** A button whose press the server hears of at once. */
function pressing(heard) {
  return [
    ["POST", /^\/tell$/, async (request) => {
      await heard();
      request.outgoing.writeHead(204).end();
    }],
    // It waits for the server's answer, so that the kill surely comes before its own.
    ["GET", /^\/press$/, () => `<!doctype html><title>Press</title>
<button type="button" onclick="n.textContent=+n.textContent+1;const ask=new XMLHttpRequest();ask.open('POST','/tell',false);ask.send()">Press me</button><p id="n">0</p>`],
  ];
}

const press = inTurn({ calls: [call("read_page")] }, (v) => ({ calls: [click(refOf(v, "Press me"))] }), (v) => ({ text: v.last }));

/** One press, whose kill comes between the act and its answer. */
async function cutAtThePress(kill) {
  let [presses, browser] = [0, null];
  const heard = async () => {
    if (presses++ === 0) await kill(browser);
  };
  await world({ policy: press, start: "/press", site: { pages: pressing(heard) } }, async (w) => {
    browser = w.browser;
    await w.panel.say("Press it.");
    await until(() => presses > 0, "the press", 60_000);
    const rest = owner(w.panel);
    is(await w.panel.ended(90_000), "done", "the run's phase");
    await rest();
    const card = (await w.panel.cards()).at(-1);
    is([presses, await w.tab.innerText("#n"), card.verdict], [1, "1", "verified"], `presses heard, seen, verdict (${card.text})`);
    holds((await w.panel.texts("note")).some((note) => note.includes("goes on where it was")), "the panel says that it goes on");
    await w.panel.shot(`${SHOTS}resumed.png`);
  });
}

/** The shop bought from while the vat dies at seeded moments. */
async function seeded(seed) {
  const r = random(seed);
  await world({ policy: buy }, async ({ panel, site, browser }) => {
    let [over, kills] = [false, 0];
    const killer = (async () => {
      while (kills < 4 && !over) {
        await pause(300 + r.below(2_500));
        if (over) return;
        if (r.below(2)) await trap(browser).catch(() => {});
        else await closeHost(browser);
        kills++;
        await pause(2_500);
      }
    })();
    const rest = owner(panel);
    await panel.say("Buy two large tins of breakfast tea for me.");
    const phase = await panel.ended(180_000);
    over = true;
    await Promise.all([killer, rest()]);
    is([phase, site.counters.orders, site.counters.submits], ["done", 1, 2], `phase, orders and forms sent, after ${kills} kills`);
    holds(kills > 0, "it was killed at all");
  });
}

/** The browser is killed by the press; another one goes on with what it left on the disk. */
async function killedBrowser() {
  const profile = mkdtempSync(join(tmpdir(), "peerd-killed-"));
  let [presses, browser, killed] = [0, null, null];
  const heard = async () => {
    if (presses++ === 0) killed = killBrowser(browser);
    await killed;
  };
  try {
    await world({ policy: press, start: "/press", site: { pages: pressing(heard) }, launched: { profile } }, async (w) => {
      browser = w.browser;
      await w.panel.say("Press it.");
      await until(() => presses > 0, "the press", 60_000);
      await killed;
      const again = await launch({ profile });
      w.stops.push(() => again.close());
      const panel = await Panel.open(again);
      // Which chat a panel showed last may not have been on the disk yet.
      await panel.find("chats-toggle").click();
      await panel.find("chat-item").first().click({ timeout: 20_000 });
      const rest = owner(panel);
      is(await panel.ended(90_000), "done", "the run's phase");
      await rest();
      const card = (await panel.cards()).at(-1);
      is([presses, card.verdict], [1, "unknown"], `presses heard, verdict (${card.text})`);
      holds((await panel.texts("note")).some((note) => /Tab \d+ .* is gone/.test(note)), "the panel says that the tab is gone");
      await panel.shot(`${SHOTS}resumed-browser.png`);
    });
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export default {
  "worker-at-the-press": () => cutAtThePress(trap),
  "document-at-the-press": () => cutAtThePress(closeHost),
  "browser-at-the-press": killedBrowser,
  ...Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`seeded-${i + 1}`, () => seeded(200 + i)])),
};
