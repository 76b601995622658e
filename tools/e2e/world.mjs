//! One case's world: a practice site, a scripted model, a Chromium with peerd in it, and the owner's first settings.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../lib/chromium.mjs";
import { scripted } from "../lib/model.mjs";
import { Panel } from "../lib/panel.mjs";
import { practice } from "../../apps/practice/server.mjs";

export const KEY = "sk-peerd-e2e-7f3a9c51d2";
export const PASSPHRASE = "four plain words here";
export const SHOTS = new URL("../../target/e2e/", import.meta.url).pathname;
mkdirSync(SHOTS, { recursive: true });

/** A page as it is in the light and in the dark. */
export async function shots(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    // Colours pass over.
    await pause(400);
    await page.screenshot({ path: `${SHOTS}${name}-${colorScheme}.png` });
  }
}

const id = (name) => `[data-testid="${name}"]`;

/** Enters a provider and its key through the options page, as a person does. */
export async function addProvider(browser, { kind, base, model = "scripted-1", key = KEY, passphrase = PASSPHRASE, priceIn, priceOut }) {
  const page = await browser.context.newPage();
  await page.goto(browser.url("options.html"));
  await page.locator(id("provider-kind")).selectOption(kind);
  await page.locator(id("provider-base")).fill(base);
  await page.locator(id("provider-model")).fill(model);
  if (priceIn) await page.locator(".prices summary").click();
  if (priceIn) await page.locator(id("price-in")).fill(priceIn);
  if (priceOut) await page.locator(id("price-out")).fill(priceOut);
  if (key) {
    await page.locator(id("provider-key")).fill(key);
    // Asked for only while the vault is empty or locked, and twice only the first time.
    const asked = await page.locator(id("passphrase")).waitFor({ timeout: 1_500 }).then(() => true, () => false);
    if (asked) await page.locator(id("passphrase")).fill(passphrase);
    if (asked && (await page.locator(id("passphrase-again")).count())) await page.locator(id("passphrase-again")).fill(passphrase);
  }
  await page.locator(id("provider-save")).click();
  await page.locator(id("provider-row")).first().waitFor({ timeout: 15_000 });
  if (key) await page.locator(id("provider-row")).filter({ hasText: "key sealed" }).first().waitFor({ timeout: 30_000 });
  return page;
}

/** Starts everything, runs `story(world)`, and stops everything whatever happened. */
export async function world(wants, story) {
  const { policy, dialect = "anthropic", spoil, start = "/shop/", site: wanted = {}, launched = {} } = wants;
  const stops = [];
  try {
    const site = await practice({ seed: 11, ...wanted });
    stops.push(() => site.stop());
    const model = policy && (await scripted(policy, { spoil }));
    if (model) stops.push(() => model.stop());
    const browser = await launch(launched);
    stops.push(() => browser.close());
    if (model) {
      const options = await addProvider(browser, { kind: dialect, base: model.base(dialect) });
      await options.close();
    }
    const tab = browser.context.pages().find((page) => page.url() === "about:blank") ?? (await browser.context.newPage());
    if (start) await tab.goto(new URL(start, site.url).href);
    const panel = await Panel.open(browser);
    return await story({ site, model, browser, tab, panel, stops });
  } finally {
    for (const stop of stops.reverse()) await stop().catch(() => {});
  }
}

export function is(got, want, what) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** Polls until it holds. */
export async function until(test, what, ms = 10_000) {
  const end = performance.now() + ms;
  for (;;) {
    const value = await test();
    if (value) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Calls of the model, short to write. */
export const call = (name, input = {}) => ({ name, input });
export const click = (ref) => call("left_click", { ref });
export const put = (ref, value) => call("form_input", { ref, value });

/** Ends the process of the extension's service worker, as the browser may at any moment. */
export async function killServiceWorker(browser) {
  // Through the panel's own target: a page that is loading answers no session.
  const page = browser.context.pages().find((one) => one.url().startsWith("chrome-extension:"));
  const session = await browser.context.newCDPSession(page);
  const { targetInfos } = await session.send("Target.getTargets");
  const worker = targetInfos.find((target) => target.type === "service_worker" && target.url.includes(browser.id));
  if (worker) await session.send("Target.closeTarget", { targetId: worker.targetId });
  await session.detach();
  return Boolean(worker);
}

/** A copy of the extension in which `change` has done something, for as long as the story plays. */
export async function altered(change, story) {
  const copy = mkdtempSync(join(tmpdir(), "peerd-altered-"));
  try {
    cpSync(process.env.PEERD_EXTENSION, copy, { recursive: true });
    change(copy);
    return await story(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
  }
}
