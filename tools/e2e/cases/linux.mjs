//! The Linux machine in the extension: it boots once and is resumed, does real work, and is bounded in all it does.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../../lib/chromium.mjs";
import { inTurn } from "../../lib/model.mjs";
import { SHOTS, call, holds, is, pause, until, world } from "../world.mjs";

// One for all cases: the first one boots the machine, the others resume it.
const profile = mkdtempSync(join(tmpdir(), "peerd-linux-"));
process.on("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));

/** A page of the extension with a machine of its own in it, told from the extension's modules. */
async function machine(story, image = "small") {
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

const told = ({ how, ms, bytes, memory }) => `${how} in ${ms} ms, ${Math.round(memory / 1e6)} MB of memory, ${Math.round(bytes / 1e6)} MB kept`;

const terminal = (page) => page.evaluate(() => {
  const { active } = globalThis.terminal.buffer;
  return Array.from({ length: active.length }, (_, y) => active.getLine(y).translateToString(true)).join("\n").trim();
});

const prompt = (page) => until(async () => /\$ ?$/.test(await terminal(page)), "a prompt", 120_000);

/** Why none of this can be played, if so. */
export const lacking = () => {
  const image = join(process.env.PEERD_EXTENSION, "linux", "small", "image.json");
  return existsSync(image) ? undefined : "this extension was built without the machine's image: the build says why";
};

export default {
  "boots-once-is-resumed-and-does-real-work": () => machine(async ({ page, begin, sh }) => {
    const first = await begin();
    is(await sh("echo out; echo err >&2; exit 7"), { exit: 7, why: null, out: "out\n", err: "err\n" }, "both streams and the code");
    is((await sh("id -u; uname -m; whoami")).out, "1000\ni686\nuser\n", "who it is");
    is((await sh("seq 1 100 | awk '{ s += $1 } END { print s }'")).out, "5050\n", "a pipeline");
    is((await sh("cat >notes && sed -i s/tea/coffee/ notes && sort notes", { stdin: "two tea\none tea\n" })).out, "one coffee\ntwo coffee\n", "a file is edited");
    is(await sh("cat notes"), { exit: 0, why: null, out: "two coffee\none coffee\n", err: "" }, "and is there afterwards");
    await page.evaluate(() => box.end("replaced"));
    const second = await begin();
    is(second.how, "resumed", "the second time");
    is((await sh("ls")).out, "", "a new machine has nothing of the old one");
    const clock = Number((await sh("date +%s")).out);
    holds(Math.abs(clock - Date.now() / 1_000) < 60, `its clock is right: ${clock}`);
    const random = (await sh("head -c 16 /dev/urandom | md5sum")).out;
    await page.evaluate(() => box.end("replaced"));
    await begin();
    holds((await sh("head -c 16 /dev/urandom | md5sum")).out !== random, "two that were resumed from one have random numbers of their own");
    return `${told(first)}; ${told(second)}`;
  }),

  "files-go-in-and-out-byte-for-byte": () => machine(async ({ page, begin, sh }) => {
    await begin();
    const told = await page.evaluate(async () => {
      const bytes = new Uint8Array(200_003);
      for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      const put = await box.run({ kind: "put", what: "in/a file" }, { stdin: bytes, timeMs: 60_000 });
      const got = await box.run({ kind: "get", what: "in/a file" }, { timeMs: 60_000 });
      const same = got.out.length === bytes.length && got.out.every((byte, at) => byte === bytes[at]);
      const small = await box.run({ kind: "get", what: "in/a file" }, { outputMax: 1_000 });
      const err = async (what, kind = "get") => new TextDecoder().decode((await box.run({ kind, what }, { stdin: bytes.subarray(0, 9) })).err);
      return { put: put.exit, got: got.exit, same, bounded: small.why, folder: await err("/tmp"), root: await err("/etc/passwd", "put"), port: await err("/dev/hvc1") };
    });
    is(told, {
      put: 0, got: 0, same: true, bounded: "it said more than 1000 bytes", folder: "/tmp: Is a directory\n",
      root: "/etc/passwd: Permission denied\n", port: "/dev/hvc1: Permission denied\n",
    }, "files");
    is((await sh("ls in; wc -c <'in/a file'")).out, "a file\n200003\n", "nothing else is left beside it");
  }),

  "what-hangs-floods-or-multiplies-is-bounded": () => machine(async ({ page, begin, sh }) => {
    await begin();
    const hung = await sh("(setsid sleep 997 &); trap '' TERM INT HUP; while :; do :; done", { timeMs: 1_500 });
    is([hung.exit, hung.why], [137, "it took longer than 1500 ms"], "a hung command");
    is((await sh("ps | grep -c 'sleep 99[7]'")).out, "0\n", "what it had begun is gone with it");
    const flood = await sh("yes", { outputMax: 100_000 });
    is([flood.exit, flood.why, flood.out.length], [137, "it said more than 100000 bytes", 100_000], "a flood");
    const bomb = await sh("f() { f | f & }; f; sleep 1; echo over", { timeMs: 6_000 });
    holds(bomb.why === null || bomb.exit === 137, `a fork bomb: ${JSON.stringify(bomb).slice(0, 200)}`);
    is((await sh("echo still here")).out, "still here\n", "after it");
    const memory = await sh("head -c 500m /dev/zero | tail | wc -c", { timeMs: 60_000 });
    holds(memory.out !== "524288000\n", `a memory bomb: ${JSON.stringify(memory).slice(0, 200)}`);
    is((await sh("echo still here")).out, "still here\n", "after that");
    const disk = await sh("cat /dev/zero >fill; wc -c <fill; rm fill");
    holds(/No space/.test(disk.err) && Number(disk.out) < 64 << 20, `a full disk: ${JSON.stringify(disk)}`);
    is(await page.evaluate(() => box.ended), null, "the machine");
  }),

  "nothing-inside-can-speak-for-the-machine": () => machine(async ({ begin, sh }) => {
    await begin();
    // A frame that says that some job has ended well: as output it is output.
    const frame = "printf '\\011\\000\\000\\000\\104\\001\\000\\000\\000\\000\\000\\000\\000'";
    const said = await sh(`${frame}; ${frame} >&2; exit 9`);
    is([said.exit, said.out.length, said.err.length], [9, 13, 13], "a forged frame on stdout");
    const tried = await sh(`${frame} >/dev/hvc1; ${frame} >/dev/hvc0; ${frame} >/dev/ttyS0; ${frame} >/proc/1/fd/3; su -c true; mount -t tmpfs x /tmp; insmod x; kill -9 1; ls /proc/1/fd; unshare -U true; mknod c c 229 1; reboot -f; id -u`);
    is(tried.out, "1000\n", "it is nobody");
    is((await sh("echo still here")).out, "still here\n", "the machine");
    const proxied = await sh("wget -q -O - http://192.0.2.1/ 2>&1; tail -n +3 /proc/net/dev | cut -d: -f1; tail -n +2 /proc/net/route | wc -l");
    is(proxied.out, "wget: server returned error: HTTP/1.1 403 No network\n    lo\n0\n", "what there is of a network");
  }),

  "a-machine-that-is-ended-takes-its-jobs-with-it": () => machine(async ({ page, begin, sh }) => {
    await begin();
    const result = await page.evaluate(async () => {
      const running = box.run({ what: "echo begun; sleep 100" });
      await new Promise((done) => setTimeout(done, 1_000));
      const from = performance.now();
      box.end("its owner ended it");
      const { exit, why } = await running;
      return { exit, why, ended, quick: performance.now() - from < 200 };
    });
    is(result, { exit: 137, why: "its owner ended it", ended: "its owner ended it", quick: true }, "what was under way");
    is((await begin()).how, "resumed", "the next machine");
    is((await sh("echo new")).out, "new\n", "it works");
  }),

  async "the-agent-runs-commands-and-its-owner-sees-them"() {
    const policy = inTurn(
      { calls: [call("write_file", { path: "sum.sh", content: "for n in 1 2 3; do s=$((s + n)); done; echo sum $s\necho done >&2\n" }), call("run_command", { command: "sh sum.sh" })] },
      { calls: [call("run_command", { command: "sleep 50", time_s: 1 })] },
      { calls: [call("read_file", { path: "sum.sh" })] },
      { text: "The sum is 6." },
    );
    await world({ policy, launched: { profile, size: { width: 420, height: 820 } } }, async ({ panel, model, browser }) => {
      // Booting may take longer than a chat waits for.
      const page = await browser.context.newPage();
      await page.goto(browser.url("linux.html"));
      await prompt(page);
      await page.close();
      await panel.say("Add one, two and three.");
      is(await panel.ended(120_000), "done", "the run's phase");
      is((await panel.cards()).map((card) => card.verdict), ["done", "done", "failed", "done"], "its steps");
      const results = model.views.map((view) => view.last);
      holds(/exit code 0/.test(results[1]) && /sum 6/.test(results[1]) && /stderr:\ndone/.test(results[1]), `the command: ${results[1]}`);
      holds(/killed: it took longer than 1000 ms/.test(results[2]), `the slow one: ${results[2]}`);
      holds(/echo sum/.test(results[3]), `the file: ${results[3]}`);
      await panel.shot(`${SHOTS}linux-chat.png`);
    });
  },

  async "a-person-works-in-the-terminal-and-ends-the-machine"() {
    const browser = await launch({ profile, size: { width: 900, height: 560 } });
    try {
      const page = await browser.context.newPage();
      await page.goto(browser.url("linux.html"));
      const state = page.locator("[data-testid=machine-state]");
      await prompt(page);
      await page.locator("[data-testid=terminal]").click();
      await page.keyboard.type("stty size; echo \u00e4 | tee a; ls -l --color=always /; ls a && cd / && pwd\n");
      await until(async () => /\n\/\n.*\$ ?$/.test(await terminal(page)), "what it says", 20_000);
      const shown = await terminal(page);
      holds(/\n\u00e4\n/.test(shown) && /\n\d+ \d+\n/.test(shown), `the terminal: ${shown}`);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await pause(300);
        await page.screenshot({ path: `${SHOTS}linux-${colorScheme}.png` });
      }
      await page.keyboard.type("cat\n");
      // A key that comes before the program does is the shell's, not the program's.
      await until(async () => /\$ cat\n*$/.test(await terminal(page)), "cat", 20_000);
      await pause(1_000);
      await page.keyboard.press("Control+c");
      await page.keyboard.type("echo $((40 + 2))\n");
      await until(async () => /\n42\n/.test(await terminal(page)), "the shell after Ctrl+C", 20_000);
      await page.locator("[data-testid=machine-end]").click();
      await until(async () => /has ended: its owner ended it/.test(await state.innerText()), "the machine's end", 20_000);
      await page.screenshot({ path: `${SHOTS}linux-ended.png` });
      await page.locator("[data-testid=machine-again]").click();
      await until(async () => /resumed/.test(await state.innerText()) && /\$ ?$/.test(await terminal(page)), "a new machine", 60_000);
    } finally {
      await browser.close();
    }
  },
};
