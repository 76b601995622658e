//! `./x run --headless`: presses the panel's big button, prints what the agent did, takes pictures, judges the order.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { practice } from "../../apps/practice/server.mjs";
import { launch } from "../lib/chromium.mjs";
import { Panel } from "../lib/panel.mjs";
import { Rows, options } from "../lib/rows.mjs";
import { DRIFT, expected, judge, START } from "./story.mjs";

const words = options(process.argv.slice(2), { flags: ["drift", "until-loaded"], values: ["json", "seed"] });
const SHOTS = new URL("../../target/run/", import.meta.url).pathname;
mkdirSync(SHOTS, { recursive: true });

const site = await practice({ ...(words.seed ? { seed: Number(words.seed) } : {}), look: words.drift ? DRIFT : {} });
const browser = await launch();
let code = 1;
try {
  const tab = browser.context.pages()[0] ?? (await browser.context.newPage());
  await tab.goto(site.url + START);
  console.log(`practice page loaded: ${site.url}${START} (seed ${site.seed})`);
  code = words["until-loaded"] ? 0 : await show(tab);
} finally {
  await browser.close();
  await site.stop();
}
process.exit(code);

async function show(tab) {
  const rows = new Rows("run");
  const recipe = JSON.parse(readFileSync(join(process.env.PEERD_EXTENSION, "recipes/order-tea.json"), "utf8"));
  const panel = await Panel.open(browser);
  await panel.find("hero-run").waitFor({ timeout: 20_000 });
  await panel.shot(join(SHOTS, "1-start.png"));
  await panel.find("hero-run").click();
  const phase = await panel.ended(90_000);
  await panel.shot(join(SHOTS, "2-panel.png"));
  await tab.screenshot({ path: join(SHOTS, "3-page.png") });
  await panel.page.emulateMedia({ colorScheme: "dark" });
  await panel.shot(join(SHOTS, "4-panel-dark.png"));
  for (const [i, card] of (await panel.cards()).entries()) {
    rows.add(`step ${i + 1}: ${card.tool}`, card.verdict === "verified" || card.verdict === "done" ? "passed" : "failed", card.text);
  }
  for (const note of await panel.texts("note")) console.log(`      ${note.replace(/\s+/g, " ")}`);
  if (phase !== "done") rows.add("recipe-ended", "failed", `the run is ${phase}`);
  const wrong = judge(site.orders, expected(recipe));
  rows.add("order-received", wrong ? "failed" : "passed", wrong || `order ${site.orders[0].number} for ${site.orders[0].name}`);
  console.log(`pictures are in target/run/`);
  return rows.end(words.json);
}
