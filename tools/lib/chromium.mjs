//! A real Chromium with the built extension in it, over nothing but loopback.
import { chromium } from "playwright-core";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-features=DisableLoadExtensionCommandLineSwitch,Translate,OptimizationHints,MediaRouter"];
// Names that are not loopback do not resolve: a test can't reach the world even by mistake.
const LOOPBACK = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"];

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export function extensionFlags(folder) {
  return [`--disable-extensions-except=${folder}`, `--load-extension=${folder}`];
}

/** The id follows from the manifest's key: its SHA-256, sixteen bytes, written in the letters a to p. */
export function extensionId(folder) {
  const { key } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const hash = createHash("sha256").update(Buffer.from(key, "base64")).digest("hex").slice(0, 32);
  return [...hash].map((digit) => String.fromCharCode(97 + parseInt(digit, 16))).join("");
}

export const flags = () => [...FLAGS, ...LOOPBACK];

/** Starts it. Give `profile` to keep one over a restart; otherwise it is thrown away at `close`. */
export async function launch({ extension = process.env.PEERD_EXTENSION, headless = true, profile, scheme = "light", size = { width: 1100, height: 860 }, args = [] } = {}) {
  const folder = profile ?? mkdtempSync(join(tmpdir(), "peerd-profile-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM, headless, chromiumSandbox: false, viewport: size, colorScheme: scheme,
    ignoreDefaultArgs: ["--disable-extensions"], args: [...flags(), "--remote-debugging-port=0", ...extensionFlags(extension), ...args],
  });
  const id = extensionId(extension);
  return {
    context, id, folder,
    url: (page) => `chrome-extension://${id}/${page}`,
    async worker() {
      return context.serviceWorkers().find((worker) => worker.url().includes(id)) ?? context.waitForEvent("serviceworker", { timeout: 15_000 });
    },
    async close() {
      await context.close();
      if (!profile) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
