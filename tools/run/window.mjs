//! `./x run` with a window: a plain Chromium with a fresh profile, the practice shop, and peerd's panel as a tab beside it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { practice } from "../../apps/practice/server.mjs";
import { CHROMIUM, extensionFlags, extensionId } from "../lib/chromium.mjs";
import { options } from "../lib/rows.mjs";
import { DRIFT, START } from "./story.mjs";

const words = options(process.argv.slice(2), { flags: ["drift", "until-loaded"], values: ["seed"] });
const extension = process.env.PEERD_EXTENSION;
const profile = mkdtempSync(join(tmpdir(), "peerd-profile-"));
const site = await practice({ ...(words.seed ? { seed: Number(words.seed) } : {}), look: words.drift ? DRIFT : {} });

// As root, as in a container, Chromium starts only without its own sandbox.
const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const chromium = spawn(CHROMIUM, [
  `--user-data-dir=${profile}`, "--no-first-run", "--no-default-browser-check", "--disable-features=DisableLoadExtensionCommandLineSwitch",
  ...asRoot, ...extensionFlags(extension), site.url + START, `chrome-extension://${extensionId(extension)}/panel.html`,
], { stdio: ["ignore", "ignore", "ignore"] });

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
}, 50);
process.once("SIGINT", () => chromium.kill());
await ended;
clearInterval(loaded);
await site.stop();
rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
for (const order of site.orders) console.log(`order ${order.number}: ${order.lines.map((line) => `${line.count} × ${line.id}`).join(", ")} for ${order.name}`);
