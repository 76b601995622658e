//! `./x js`, the tests of captp.js: in this node, on a page of a real Chromium, and between that page and a sandbox of an opaque origin or a Worker.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as modulepage from "../../../tools/lib/modulepage.mjs";
import { Rows, options } from "../../../tools/lib/rows.mjs";

const words = options(process.argv.slice(2), { values: ["module", "json"], flags: ["no-browser"] });
const module = resolve(words.module);
const here = new URL(".", import.meta.url).pathname;
const rows = new Rows("captp-js");

const CASE_MS = 20_000;
const late = () => new Promise((_, fail) => setTimeout(fail, CASE_MS, new Error("no end")).unref());

async function inNode() {
  modulepage.inNode("captp", module);
  const { cases } = await import("./cases.js");
  const { join: pair } = await import("./pair.js");
  for (const [name, run] of Object.entries(cases)) {
    await rows.run(`node: ${name}`, async () => {
      const both = await pair();
      await Promise.race([run(both), late()]).finally(both.end);
    });
  }
}

const page = readFileSync(join(here, "page.html"));
const inChromium = () => modulepage.inChromium("captp", { module, test: here, page }, (where, name, play) => rows.run(`${where}: ${name}`, async () => {
  const why = await Promise.race([play(), late()]);
  if (why) throw new Error(why);
}));

/** Each says at its end what it should: the last line of its output. */
async function examples() {
  const folder = join(here, "../../../examples/js");
  const said = execFileSync(process.execPath, [join(folder, "4-captp.mjs")], { encoding: "utf8", timeout: CASE_MS });
  await rows.run("example: 4-captp.mjs", async () => {
    if (said.trim().split("\n").at(-1) !== "70n 30n") throw new Error(`it said ${said}`);
  });
}

await inNode();
await examples();
if (!words["no-browser"]) await inChromium();
process.exit(rows.end(words.json));
