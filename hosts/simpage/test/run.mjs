//! The simulator's page in a real Chromium: actors are killed by clicking, and a seed tells the story it tells natively.
import { chromium } from "playwright-core";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { CHROMIUM, flags } from "../../../tools/lib/chromium.mjs";
import { Rows, options } from "../../../tools/lib/rows.mjs";

const { site, json } = options(process.argv.slice(2), { values: ["site", "json"] });
const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
const WAIT_MS = 15_000;

function serve() {
  const server = createServer((request, answer) => {
    const name = new URL(request.url, "http://host").pathname.slice(1) || "index.html";
    try {
      answer.setHeader("content-type", KINDS[extname(name)] ?? "application/octet-stream").end(readFileSync(join(site, name)));
    } catch {
      answer.writeHead(404).end();
    }
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

const server = await serve();
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: flags() });
const faults = [];
const rows = new Rows("simpage");

/** A page of its own, at the top speed. Whatever it complains of, its own policy included, fails the case. */
async function open(fragment, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
  page.setDefaultTimeout(WAIT_MS);
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("request", (request) => request.url().startsWith(address) || request.url().startsWith("data:") || faults.push(`it asked for ${request.url()}`));
  await page.goto(address + fragment);
  await page.waitForSelector("html[data-ready]");
  const fastest = page.locator("#speeds label").last();
  if (await fastest.isVisible()) await fastest.click();
  return page;
}

const lives = (page) => page.$$eval(".node[data-kind=worker]", (nodes) => nodes.map(({ dataset: { name, life, state } }) => `${name} ${life} ${state}`).join(", "));

async function until(page, expected) {
  const at = Date.now();
  let seen;
  while ((seen = await lives(page)) !== expected) {
    if (Date.now() - at > WAIT_MS) throw new Error(`expected ${expected}; there is ${seen}`);
    await page.waitForTimeout(30);
  }
}

async function kill(page, name) {
  await page.click(`.node[data-name=${name}]`);
  await page.click(".inspector [data-act=kill]");
}

function is(seen, expected, what) {
  if (seen !== expected) throw new Error(`${what}: expected ${expected}, seen ${seen}`);
}

async function check(name, work) {
  faults.length = 0;
  await rows.run(name, async () => {
    await work();
    if (faults.length) throw new Error(faults.join(" | "));
  });
  for (const page of browser.contexts().flatMap((context) => context.pages())) await page.close();
}

const STRATEGIES = {
  one_for_one: "w1 1 running, w2 2 running, w3 1 running",
  one_for_all: "w1 2 running, w2 2 running, w3 2 running",
  rest_for_one: "w1 1 running, w2 2 running, w3 2 running",
  simple_one_for_one: "w1 1 running, w2 2 running, w3 1 running",
};
for (const [strategy, expected] of Object.entries(STRATEGIES)) {
  await check(`a_killed_child_lives_again_and_its_siblings_do_as_${strategy}_says`, async () => {
    const page = await open(`#tree&strategy=${strategy}&children=3`);
    await until(page, "w1 1 running, w2 1 running, w3 1 running");
    await kill(page, "w2");
    await until(page, expected);
  });
}

await check("a_full_window_ends_the_supervisor_until_it_is_started_again", async () => {
  const page = await open("#tree&children=2&intensity=1&period=60");
  await kill(page, "w1");
  await until(page, "w1 2 running, w2 1 running");
  is(await page.$$eval(".node[data-name=top] .used", (used) => used.length), 1, "restarts in the window");
  await kill(page, "w1");
  await until(page, "w1 2 gone, w2 1 gone");
  await page.waitForSelector("#log li:has-text('top gives up')");
  await page.click("#notice button");
  await until(page, "w1 3 running, w2 2 running");
});

await check("keys_do_what_clicks_do_on_a_narrow_page", async () => {
  const page = await open("#tree&children=2", { viewport: { width: 375, height: 740 }, reducedMotion: "reduce", colorScheme: "dark" });
  await page.focus(".node[data-name=top]");
  await page.keyboard.press("ArrowDown");
  is(await page.evaluate(() => document.activeElement.dataset.name), "w1", "below the supervisor");
  await page.keyboard.press("Enter");
  await page.keyboard.press("k");
  await until(page, "w1 2 running, w2 1 running");
  is(await page.evaluate(() => document.documentElement.scrollWidth), 375, "its width");
});

for (const [name, seed] of [["few", 7], ["trees", 4], ["vats-lost", 3]]) {
  await check(`a_seed_tells_the_same_story_as_natively_${name}`, async () => {
    const page = await open(`#play&name=${name}&seed=${seed}`);
    const hash = await page.textContent("#hash");
    const native = execFileSync(process.env.SIM, [name, "--seed", String(seed), "--print"], { encoding: "utf8", maxBuffer: 1 << 28 });
    is(hash, native.match(/transcript ([0-9a-f]{16})/)[1], "transcript");
    is(await page.locator(".verdict").getAttribute("data-ok"), "yes", "verdict");
    is(await page.locator(".lines li").first().locator("code").textContent(), native.split("\n")[0], "first line");
  });
}

await browser.close();
server.close();
process.exit(rows.end(json));
