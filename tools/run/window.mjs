//! `./x run` with a window: a plain Chromium with a fresh profile, the practice shop, and peerd's panel as a tab beside it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { practice } from "../../apps/practice/server.mjs";
import { CHROMIUM, extensionFlags, extensionId } from "../lib/chromium.mjs";
import { options } from "../lib/rows.mjs";
import { DRIFT, START } from "./story.mjs";

/** How long Chromium may take to load an extension after its first page; an address of it opened earlier is an error page. */
const EXTENSION_MS = 1_500;

const words = options(process.argv.slice(2), { flags: ["drift", "until-loaded"], values: ["seed"] });
const extension = process.env.PEERD_EXTENSION;
const profile = mkdtempSync(join(tmpdir(), "peerd-profile-"));
const site = await practice({ ...(words.seed ? { seed: Number(words.seed) } : {}), look: words.drift ? DRIFT : {} });

// As root, as in a container, Chromium starts only without its own sandbox.
const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const start = (...words) => spawn(CHROMIUM, [`--user-data-dir=${profile}`, ...asRoot, ...words], { stdio: "ignore" });
const chromium = start("--no-first-run", "--no-default-browser-check", "--disable-features=DisableLoadExtensionCommandLineSwitch", ...extensionFlags(extension), site.url + START);

const ended = new Promise((done) => chromium.once("exit", done));
chromium.once("error", (error) => {
  console.error(`Chromium did not start: ${error.message}`);
  process.exitCode = 2;
});
console.log(`The practice shop is at ${site.url}${START} (seed ${site.seed}); peerd's panel is the tab beside it: press its big button.`);
console.log("Close the window, or press Ctrl+C here, to end. The profile is thrown away.");

const loaded = setInterval(() => {
  if (site.counters.loads === 0) return;
  clearInterval(loaded);
  console.log("practice page loaded");
  if (words["until-loaded"]) chromium.kill();
  else setTimeout(openPanel, EXTENSION_MS);
}, 50);

/** A second start with the same profile hands its address to the first one, which by now knows the extension. */
function openPanel() {
  if (chromium.exitCode === null) start(`chrome-extension://${extensionId(extension)}/panel.html`);
}

process.once("SIGINT", () => chromium.kill());
await ended;
clearInterval(loaded);
await site.stop();
rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
for (const order of site.orders) console.log(`order ${order.number}: ${order.lines.map((line) => `${line.count} × ${line.id}`).join(", ")} for ${order.name}`);
