//! What programs in the Linux machine try: all at once, in the small image, as the user that every command is. With the walls down it is the same machine with another first script,
//! which has the same text run by a root shell outside of any job: without namespaces, without limits, with all capabilities. What would end the machine it only gets ready to do.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { booted } from "../e2e/linux.mjs";
import { call, world } from "../e2e/world.mjs";
import { launch } from "../lib/chromium.mjs";
import { inTurn } from "../lib/model.mjs";
import { archive } from "./linux/cpio.mjs";
import { REACHES, TRIES } from "./linux/tries.mjs";
import { listeners, lookedUp } from "./listeners.mjs";
import { ASSAULTS } from "./linux/assaults.mjs";

const INIT = new URL("../linux/init", import.meta.url);
/** Where the walls are left out: before the first script becomes process 1 it leaves a root behind that runs what it finds. */
const ROOT = `
(while :; do
    if [ -e /tmp/go ]; then
        busybox rm /tmp/go
        busybox sh /tmp/tries >/tmp/said 2>&1 </dev/null
        busybox touch /tmp/done
    fi
    busybox sleep 0.2
done) &
`;
const TRY_S = 15;
const BOOT_MS = 180_000;

export const NAMES = [...TRIES, ...REACHES, ...ASSAULTS].map(({ name }) => name);
export const lacking = () => (existsSync(join(process.env.PEERD_EXTENSION, "linux", "small", "image.json")) ? undefined : "this extension was built without the machine's image: the build says why");

export async function linux({ rows, wanted }) {
  const chosen = (list) => list.filter(({ name }) => !wanted || wanted.includes(name));
  const tries = chosen(TRIES), reaches = chosen(REACHES), assaults = chosen(ASSAULTS);
  if (tries.length + reaches.length + assaults.length === 0) return;
  const why = lacking();
  if (why) return rows.add("linux/all", "skipped", why);
  const browser = await launch();
  try {
    const page = await browser.context.newPage();
    await page.goto(browser.url("options.html"));
    await prepared(page);
    // First, because after what root does the machine is not what it was.
    const open = reaches.length > 0 && (await heard(reaches, async (script) => (await run(page, "bare", script, { timeMs: 140_000, who: "canary:secret" })).out));
    if (tries.length > 0) {
      const bare = await said(page, "bare", tries);
      const shipped = await said(page, "shipped", tries);
      for (const { name } of tries) {
        const wrong = [!bare.get(name)?.includes("GOT") && `with its wall taken down it did nothing either: ${bare.get(name)?.slice(0, 200)}`, shipped.get(name) === undefined || (shipped.get(name).includes("vfork") && name !== tries.at(-1).name) ? "it was not played" : shipped.get(name).includes("GOT") && `it gets through: ${shipped.get(name).slice(0, 200)}`].filter(Boolean).join("; ");
        rows.add(`linux/${name}`, wrong ? "failed" : "passed", wrong || (shipped.get(name) || "nothing").split("\n").at(-1).slice(0, 100));
      }
    }
    await page.evaluate(() => machines.bare?.end("it was needed no more"));
    const ticks = await ticking(page);
    for (const one of assaults) await rows.run(`linux/${one.name}`, () => one.play({ page, browser, machine: (name) => machine(page, name), run: (what, more) => run(page, "shipped", what, more) }));
    if (assaults.length > 0) {
      const [p99, most] = await ticks();
      rows.add("linux/the-page-answers-meanwhile", most > 4_000 ? "failed" : "passed", `p99 ${Math.round(p99)} ms, at most ${Math.round(most)} ms`);
    }
    if (open) await judged(rows, reaches, open);
  } finally {
    await browser.close();
  }
}

/** Each with a listener of its own: of each, what it said and whether its listener was reached, while `work` had the script played. */
async function heard(list, work) {
  const open = await listeners(list);
  try {
    const told = (await work(list.map(({ name, sh }, nth) => `echo "== ${name}"; timeout 10 sh -c ${quoted(sh(open[nth]?.port))} 2>&1`).join("\n"))) ?? "";
    if (process.env.PEERD_TRACE) console.error(told);
    const words = parts(told);
    return list.map(({ name }, nth) => ({ said: words.get(name) ?? "", reached: (open[nth]?.count() ?? 0) > 0 }));
  } finally {
    for (const one of open) await one?.stop();
  }
}

/** As it is shipped: a command that a chat runs, and that was granted nothing. */
async function judged(rows, reaches, open) {
  // A name, too, which nobody must have looked up.
  const looked = lookedUp(), canary = { name: "a-name", by: "facts", sh: () => "wget -q -O - http://canary-linux.example/" };
  const shipped = await heard([...reaches, canary], (command) => {
    const policy = inTurn({ calls: [call("run_command", { command, time_s: 120 })] }, { text: "That is all." });
    return world({ policy, start: null, launched: { extension: small(), args: looked.args } }, async ({ browser, panel, model }) => {
      await booted(browser);
      await panel.say("Run this.");
      await panel.ended(180_000);
      await looked.control(browser);
      return model.views.at(-1)?.results[0];
    });
  });
  reaches.forEach(({ name }, nth) => {
    const { said, reached } = shipped[nth];
    const why = [!open[nth].reached && `with its wall taken down it did nothing either: ${open[nth].said.slice(0, 200)}`, reached && "it reached its listener", !/HTTP\/1.1 403/.test(said) && `it was not refused: ${said.slice(0, 200)}`].filter(Boolean).join("; ");
    rows.add(`linux/${name}`, why ? "failed" : "passed", why || "nobody has granted it");
  });
  const why = [looked.why("canary-linux"), !/HTTP\/1.1 403/.test(shipped.at(-1).said) && `it was not refused: ${shipped.at(-1).said.slice(0, 200)}`].filter(Boolean).join("; ");
  rows.add("linux/no-name-is-resolved", why ? "failed" : "passed", why);
}

/** The extension with the small image alone, whose programs are what is tried with. */
function small() {
  const whole = process.env.PEERD_EXTENSION, large = join(whole, "linux", "large");
  if (!existsSync(join(large, "image.json"))) return whole;
  const folder = mkdtempSync(join(tmpdir(), "peerd-escape-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(whole, folder, { recursive: true, filter: (path) => !path.startsWith(large) });
  return folder;
}

const quoted = (code) => `'${code.replaceAll("'", `'\\''`)}'`;

const prepared = (page) => page.evaluate(async () => {
  const [{ about, load }, { Box }] = await Promise.all([import("/linux/images.js"), import("/linux/box.js")]);
  const files = await load(await about("small"));
  globalThis.machines = {};
  globalThis.begun = async (name, more) => {
    // Where nobody is asked, whatever a program asks for is fetched.
    const asked = ({ method, url }, answer) => void fetch(url, { method, mode: "no-cors" }).then(() => answer.fail(502, "nothing is told of it"), () => answer.fail(502, "it did not answer"));
    const box = new Box({ ...files, initrd: joined(new Uint8Array(files.initrd), more) }, more ? { asked } : {});
    machines[name] = box;
    await box.ready();
  };
  // An archive may follow another one, at a word's boundary; what it has is in place of what the other has.
  const joined = (first, more) => {
    if (!more) return first.buffer;
    const bytes = Uint8Array.from(atob(more), (c) => c.charCodeAt(0)), at = Math.ceil(first.length / 4) * 4, all = new Uint8Array(at + bytes.length);
    all.set(first);
    all.set(bytes, at);
    return all.buffer;
  };
});

/** A machine of this name, if there is none that lives. */
async function machine(page, name) {
  const init = readFileSync(INIT, "utf8").replace("echo 0 >/proc/sys/kernel/printk", `echo 0 >/proc/sys/kernel/printk\n${ROOT}`).replace("echo 0 >/proc/sys/user/max_user_namespaces", "");
  const more = name === "bare" ? archive([["init", 0o100_755, Buffer.from(init)]]).toString("base64") : "";
  await page.evaluate(async ([name, more, ms]) => {
    if (machines[name] && !machines[name].ended) return;
    await Promise.race([begun(name, more), new Promise((_, fail) => setTimeout(fail, ms, new Error("it did not start")))]);
  }, [name, more, BOOT_MS]);
}

async function run(page, name, what, { stdin, who, ...more } = {}) {
  await machine(page, name);
  return page.evaluate(async ([name, what, who, stdin, more]) => {
    const text = (bytes) => new TextDecoder().decode(bytes);
    const { exit, why, out, err } = await machines[name].run({ what, who }, { timeMs: 60_000, stdin: stdin === undefined ? undefined : new TextEncoder().encode(stdin), ...more });
    return { exit, why, out: text(out), err: text(err) };
  }, [name, what, who, stdin, more]);
}

/** All of them, one after the other: what each said. */
async function said(page, name, tries) {
  const script = tries.map(({ name, sh, time_s = TRY_S }) => `echo "== ${name}"; timeout ${time_s} sh -c ${quoted(sh)} 2>&1`).join("\n");
  const command = name === "bare" ? "cat >/tmp/tries; touch /tmp/go; while [ ! -e /tmp/said ]; do sleep 0.1; done; tail -n +1 -f /tmp/said & while [ ! -e /tmp/done ]; do sleep 0.2; done; sleep 1; kill $!" : "cat >/tmp/tries; sh /tmp/tries </dev/null";
  const { out, err, why } = await run(page, name, command, { stdin: `export PATH=/bin:/sbin:/usr/bin:/usr/sbin\n${script}\n`, timeMs: 140_000 });
  if (process.env.PEERD_TRACE) console.error(name, why, out, err);
  return parts(out);
}

/** What stands under each name. */
const parts = (out) => new Map(out.split(/^== /m).slice(1).map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1).trim()]));

/** How late a task of the page's is. */
async function ticking(page) {
  await page.evaluate(() => {
    globalThis.late = [];
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      globalThis.late.push(Math.max(0, now - last - 20));
      last = now;
    }, 20);
  });
  return async () => {
    const late = (await page.evaluate("late")).sort((a, b) => a - b);
    return [late[Math.floor(late.length * 0.99)] ?? 0, late.at(-1) ?? 0];
  };
}
