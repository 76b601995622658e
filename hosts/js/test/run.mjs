//! `./x js`, the tests: the cases in this node, on a page of a real Chromium, and through a Worker there; then the examples.
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as modulepage from "../../../tools/lib/modulepage.mjs";
import { options } from "../../../tools/lib/rows.mjs";

const words = options(process.argv.slice(2), { values: ["module", "json"], flags: ["no-browser"] });
const module = resolve(words.module);
const here = new URL(".", import.meta.url).pathname;
const CASE_MS = 20_000;
const rows = [];

function note(check, name, why = "") {
  rows.push({ check, case: name, result: why ? "failed" : "passed", why });
  console.log(why ? `FAIL  ${check}  ${name}: ${why}` : `ok    ${check}  ${name}`);
}

async function inNode() {
  modulepage.inNode("peerd", module);
  const { start, Ref } = await import("peerd");
  const { behaviours, cases, timed } = await import("./cases.js");
  for (const [name, run] of [...Object.entries(cases), ...Object.entries(timed)]) {
    const reports = [];
    const system = await start(behaviours, { manual: name in timed, reported: (report) => reports.push(report) });
    const why = await Promise.race([run({ system, reports, Ref }).then(() => "", (error) => error.stack), later()]);
    note("js-node", name, why);
    system.stop();
  }
}

const later = () => new Promise((done) => setTimeout(done, CASE_MS, "no end").unref());

const PAGE = `<!doctype html><meta charset="utf-8"><title>peerd</title>
<script type="importmap">{"imports": {"peerd": "/module/peerd.js"}}</script>
<script type="module">
import { open, start, Ref } from "peerd";
import { behaviours, cases, timed } from "/test/cases.js";
window.names = { page: [...Object.keys(cases), ...Object.keys(timed)], worker: Object.keys(cases) };
window.play = async (where, name) => {
  const reports = [], reported = (report) => reports.push(report);
  const system = where === "worker" ? await open("/test/behaviours.js", { reported }) : await start(behaviours, { manual: name in timed, reported });
  try {
    await (cases[name] ?? timed[name])({ system, reports, Ref });
    return "";
  } catch (error) {
    return error.stack;
  } finally {
    system.stop();
  }
};
</script>`;

const inChromium = () => modulepage.inChromium("peerd", { module, test: here, page: PAGE }, async (where, name, play) => {
  note(`js-${where}`, name, await Promise.race([play(), later()]));
});

/** Each says at its end what it should: the last line of its output. */
function examples() {
  const folder = join(here, "../../../examples/js");
  const last = { "1-counter.mjs": "42", "2-supervised.mjs": "7", "3-watch-and-time.mjs": "[ 'killed at 100 ms' ]" };
  // The one of captp.js is played by its own tests.
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".mjs") && name !== "4-captp.mjs")) {
    const out = execFileSync(process.execPath, [join(folder, name)], { encoding: "utf8", timeout: CASE_MS });
    const said = out.trim().split("\n").at(-1);
    note("js-examples", name, said === last[name] ? "" : `it said ${said}`);
  }
}

await inNode();
examples();
if (!words["no-browser"]) await inChromium();
if (words.json) writeFileSync(words.json, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
const failed = rows.filter((row) => row.result !== "passed").length;
console.log(`${rows.length - failed} passed, ${failed} failed, 0 skipped`);
process.exit(failed || !rows.length ? 1 : 0);
