//! What the cases of the Linux machine share: a machine in a page of its own, and the terminal.
import { launch } from "../lib/chromium.mjs";
import { until } from "./world.mjs";

/** A page of the extension with a machine of its own in it, told from the extension's modules. */
export async function machine(profile, image, story) {
  const browser = await launch({ profile });
  try {
    const page = await browser.context.newPage();
    if (process.env.PEERD_TRACE) page.on("console", (message) => console.error(message.text()));
    await page.goto(browser.url("options.html"));
    await page.evaluate(async (image) => {
      const { start } = await import("/linux/start.js");
      const text = (bytes) => new TextDecoder().decode(bytes);
      globalThis.begin = async () => Object.assign(globalThis, await start(image, { onend: (why) => (globalThis.ended = why) }));
      globalThis.sh = async (what, { stdin, ...more } = {}) => {
        const { exit, why, out, err } = await box.run({ what }, { timeMs: 60_000, stdin: stdin && new TextEncoder().encode(stdin), ...more });
        return { exit, why, out: text(out), err: text(err) };
      };
    }, image);
    const begin = () => page.evaluate(async () => {
      await begin();
      return { how, ms: Math.round(ms), bytes, memory: box.memory };
    });
    const sh = (what, more) => page.evaluate(([what, more]) => sh(what, more), [what, more]);
    return await story({ page, begin, sh });
  } finally {
    await browser.close();
  }
}

export const told = ({ how, ms, bytes, memory }) => `${how} in ${ms} ms, ${Math.round(memory / 1e6)} MB of memory, ${Math.round(bytes / 1e6)} MB kept`;

export const terminal = (page) => page.evaluate(() => {
  const { active } = globalThis.terminal.buffer;
  return Array.from({ length: active.length }, (_, y) => active.getLine(y).translateToString(true)).join("\n").trim();
});

export const prompt = (page) => until(async () => /\$ ?$/.test(await terminal(page)), "a prompt", 200_000);

/** With whatever the image has. */
export const get = (url) => `if command -v curl >/dev/null; then curl -sSL '${url}'; else wget -q -O - '${url}'; fi 2>&1`;

/** Booting may take longer than a chat waits for. */
export async function booted(browser) {
  const page = await browser.context.newPage();
  await page.goto(browser.url("linux.html"));
  await prompt(page);
  await page.close();
}
