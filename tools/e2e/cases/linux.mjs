//! The Linux machine in the extension: it boots once and is resumed, does real work, and is bounded in all it does.
import { launch } from "../../lib/chromium.mjs";
import { holds, is } from "../world.mjs";

/** A page of the extension with a machine in it, told from the page's own modules. */
async function machine(story, image = "small") {
  const browser = await launch();
  try {
    const page = await browser.context.newPage();
    page.on("console", (message) => process.env.PEERD_TRACE && console.error(message.text()));
    await page.goto(browser.url("options.html"));
    await page.evaluate(async (image) => {
      const { start } = await import("/linux/start.js");
      globalThis.begin = async () => Object.assign(globalThis, await start(image));
      globalThis.told = ({ exit, why, out, err }) => ({ exit, why, out: new TextDecoder().decode(out), err: new TextDecoder().decode(err) });
      globalThis.sh = async (what, more = {}) => told(await box.run({ what }, { timeMs: 60_000, ...more }));
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

const told = ({ how, ms, bytes, memory }) => `${how} in ${ms} ms, ${Math.round(memory / 1e6)} MB of memory, ${Math.round(bytes / 1e6)} MB kept`;

export default {
  "boots-once-is-resumed-and-does-real-work": () => machine(async ({ page, begin, sh }) => {
    const cold = await begin();
    is(cold.how, "booted", "the first time");
    is(await sh("echo out; echo err >&2; exit 7"), { exit: 7, why: null, out: "out\n", err: "err\n" }, "both streams and the code");
    is((await sh("id -u; uname -m")).out, "1000\ni686\n", "who it is");
    is((await sh("seq 1 100 | awk '{ s += $1 } END { print s }'")).out, "5050\n", "a pipeline");
    is((await sh("cat >notes && sed -i s/tea/coffee/ notes && sort notes", { stdin: [...new TextEncoder().encode("two tea\none tea\n")] })).out, "one coffee\ntwo coffee\n", "a file is edited");
    is(await sh("cat notes"), { exit: 0, why: null, out: "two coffee\none coffee\n", err: "" }, "and is there afterwards");
    await page.evaluate(() => box.end("replaced"));
    const warm = await begin();
    is(warm.how, "resumed", "the second time");
    is((await sh("ls")).out, "", "a new machine has nothing of the old one");
    const clock = Number((await sh("date +%s")).out);
    holds(Math.abs(clock - Date.now() / 1000) < 60, `its clock is right: ${clock}`);
    return `${told(cold)}; ${told(warm)}`;
  }),
};
