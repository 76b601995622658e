//! The Linux machine in the extension: it boots once and is resumed, does real work, and is bounded in all it does.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../../lib/chromium.mjs";
import { inTurn } from "../../lib/model.mjs";
import { REACHING, origin } from "../../lib/origin.mjs";
import { booted, get, machine as on, prompt, terminal, told } from "../linux.mjs";
import { SHOTS, altered, call, holds, is, pause, shots, until, world } from "../world.mjs";

// One for all cases: the first one boots the machine, the others resume it.
const profile = mkdtempSync(join(tmpdir(), "peerd-linux-"));
process.on("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));

const machine = (story) => on(profile, "small", story);

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
    const crossed = await page.evaluate(async () => {
      const stopping = new AbortController();
      const start = box.start.bind(box);
      box.start = (what, { exit, ...more }) => start(what, { ...more, exit: (...told) => (stopping.abort(), exit(...told)) });
      const { exit, why, out } = await box.run({ what: "echo all; exit 3" }, { stopped: stopping.signal });
      delete box.start;
      return { exit, why, out: new TextDecoder().decode(out) };
    });
    is(crossed, { exit: 3, why: null, out: "all\n" }, "one that had ended as it was to be stopped");
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
    const known = /^wget: server returned error: HTTP\/1.1 407 who asks is not known[^\n]*\n {4}lo\n0\n$/;
    holds(known.test(proxied.out), `what there is of a network: ${proxied.out}`);
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
      await booted(browser);
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

  async "where-the-larger-ones-disk-can-not-be-read-the-smaller-one-is-there-and-says-why"() {
    const image = (copy, name) => join(copy, "linux", name, "image.json");
    const larger = (copy) => {
      // Its own disk, where it was built, would be read.
      rmSync(join(copy, "linux", "large"), { recursive: true, force: true });
      cpSync(join(copy, "linux", "small"), join(copy, "linux", "large"), { recursive: true });
      const about = JSON.parse(readFileSync(image(copy, "large"), "utf8"));
      writeFileSync(image(copy, "large"), JSON.stringify({ ...about, image: "large", files: { ...about.files, disk: about.files.kernel } }));
    };
    await altered(larger, async (extension) => {
      const browser = await launch({ profile, extension });
      try {
        const page = await browser.context.newPage();
        await page.goto(browser.url("linux.html"));
        await prompt(page);
        const said = await page.locator("[data-testid=machine-state]").innerText();
        holds(said.startsWith("small, ") && said.includes("the large machine did not start: its disk could not be read"), said);
        await shots(page, "linux-smaller");
      } finally {
        await browser.close();
      }
    });
  },

  async "a-command-reaches-the-origins-that-it-names-and-no-other"() {
    const [plain, secure, other] = await Promise.all([origin(), origin({ secure: true }), origin()]);
    const run = (url, origins) => call("run_command", { command: get(url), origins, time_s: 60 });
    const policy = inTurn(
      { calls: [run(`${plain.url}/a?b=c`, [plain.url])] },
      { calls: [run(`${secure.url}/d`, [secure.url])] },
      { calls: [run(`${plain.url}/e`)] },
      { calls: [run(`${plain.url}/f?to=${other.url}/g`, [plain.url])] },
      { calls: [run(`${other.url}/h`, [other.url])] },
      { text: "That is all." },
    );
    // Not the others' profile: there is a chat in it, and a model that has gone.
    const launched = { args: REACHING, size: { width: 420, height: 820 } };
    try {
      await world({ policy, start: null, launched }, async ({ panel, model, browser }) => {
        await booted(browser);
        await panel.say(`Look at ${plain.url}/a and ${secure.url}/d`);
        holds((await panel.approve("deny", 60_000)).includes(other.url), "the other origin is asked for");
        is(await panel.ended(120_000), "done", "the run's phase");
        const told = model.views.at(-1).results;
        holds(/exit code 0/.test(told[0]) && told[0].includes("hello from /a?b=c"), told[0]);
        holds(/exit code 0/.test(told[1]) && told[1].includes("hello from /d"), told[1]);
        const refused = (origin) => `It asked for what was not granted: ${origin}. Name it in "origins" to run it with that.`;
        holds(told[2].includes(`${plain.url} was not granted: name it in "origins"`) && told[2].includes(refused(plain.url)), told[2]);
        holds(told[3].includes(refused(other.url)), `a redirect is a request like any other: ${told[3]}`);
        holds(/^Not executed/.test(told[4]), told[4]);
        is(secure.asked.map(({ method, url, cookie }) => [method, url, cookie]), [["GET", "/d", undefined]], "what the secure one was asked");
        is([...new Set(plain.asked.map((ask) => ask.url.split("?")[0]))], ["/a", "/f"], "what the plain one was asked");
        is(other.asked, [], "what the other one was asked");
      });
    } finally {
      await Promise.all([plain.stop(), secure.stop(), other.stop()]);
    }
  },

  async "the-terminal-reaches-what-its-owner-allows-until-it-is-taken-back"() {
    const secure = await origin({ secure: true });
    const browser = await launch({ profile, args: REACHING, size: { width: 980, height: 620 } });
    try {
      const page = await browser.context.newPage();
      await page.goto(browser.url("linux.html"));
      await prompt(page);
      const origins = page.locator("[data-testid=network-origins]");
      let typed = 0;
      const types = async (text) => {
        typed += 1;
        await page.locator("[data-testid=terminal]").click();
        await page.keyboard.type(`clear; ${text}; echo the end $((${typed} * 111))\n`);
        await until(async () => (await terminal(page)).includes(`the end ${typed * 111}\n`), text, 60_000);
        return terminal(page);
      };
      const refusal = `${secure.url} was not granted: its owner allows it below the terminal`;
      const flat = (text) => text.replaceAll("\n", "");
      holds(flat(await types(get(`${secure.url}/x`))).includes(refusal), "it says what has to be granted");
      await until(async () => (await origins.innerText()).includes(`asked for ${secure.url}`), "it is offered");
      await shots(page, "linux-network-asked");
      await origins.getByRole("button", { name: `Allow ${secure.url}` }).press("Enter");
      await until(async () => (await origins.locator(".granted").count()) === 1, "it is granted");
      holds(/hello from \/x/.test(await types(get(`${secure.url}/x`))), "the program reaches it");
      await shots(page, "linux-network");
      await origins.getByRole("button", { name: `Take back ${secure.url}` }).click();
      await until(async () => (await origins.locator(".granted").count()) === 0, "it is taken back");
      holds(flat(await types(get(`${secure.url}/x`))).includes(refusal), "and reached no more");
      await page.locator("[data-testid=network-origin]").fill("example.com");
      await page.keyboard.press("Enter");
      await until(async () => (await origins.locator(".granted").innerText()).includes("https://example.com"), "a host's name is enough");
      is(secure.asked.map((ask) => ask.url), ["/x"], "what it was asked");
    } finally {
      await browser.close();
      await secure.stop();
    }
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
      await shots(page, "linux");
      await page.keyboard.type("cat\n");
      // A key that comes before the program does is the shell's, not the program's.
      await until(async () => /\$ cat\n*$/.test(await terminal(page)), "cat", 20_000);
      await pause(1_000);
      await page.keyboard.press("Control+c");
      await page.keyboard.type("echo $((40 + 2))\n");
      await until(async () => /\n42\n/.test(await terminal(page)), "the shell after Ctrl+C", 20_000);
      await page.locator("[data-testid=machine-end]").click();
      await until(async () => /has ended: its owner ended it/.test(await state.innerText()), "the machine's end", 20_000);
      await shots(page, "linux-ended");
      await page.locator("[data-testid=machine-again]").click();
      await until(async () => /resumed/.test(await state.innerText()) && /\$ ?$/.test(await terminal(page)), "a new machine", 60_000);
    } finally {
      await browser.close();
    }
  },
};
