//! A page of ours in either browser, which says by itself what came of it.
import { chromium } from "playwright-core";
import { CHROMIUM, flags } from "./chromium.mjs";
import { firefox } from "./firefox.mjs";

/** Opens a page. `failed` is of a browser that did not start. */
export const OPEN = {
  async chromium(url) {
    const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: flags() });
    await (await browser.newPage()).goto(url);
    return { name: `Chromium ${browser.version()}`, close: () => browser.close() };
  },
  firefox: async (url) => firefox(url),
};
