//! What programs do to their machine and to its host: it is bounded, and the next command works.
import { holds, is, pause, until } from "../../e2e/world.mjs";

const after = async (run) => is((await run("echo still here")).out, "still here\n", "the next command");
const bounded = (name, what, limits, check) => ({ name, async play({ run }) {
  const result = await run(what, limits);
  check(result);
  await after(run);
} });

/** What an emulator says that was taken over, and of what its host then says that it ended. */
const LONG = "'x'.repeat(1e6)", REQUEST = "{ ask: 1, credentials: 'x', method: 'GET', url: 'https://example.com/', headers: [], body: new Uint8Array() }";
const TAKEN_OVER = [
  ["post({ broken: " + LONG + " })", /^x{200}$/],
  ["throw new Error(" + LONG + ")", /^the emulator broke: .{1,180}$/],
  ["post({ ready: true, more: new Uint8Array(9) })", /^it sent what is no message$/],
  ["post({ asked: { ...REQUEST, body: " + LONG + " } })", /^it sent what is no message$/],
  ["post({ asked: { ...REQUEST, body: new Uint8Array(64 << 20) } })", /^it sent what is no message$/],
  ["post({ asked: { ...REQUEST, headers: Array(1e5).fill(['a', 'b']) } })", /^it sent what is no message$/],
  ["for (let ask = 1; ; ask++) post({ asked: { ...REQUEST, ask } })", /^it (asked for|sent) too much at a time$/],
  ["for (;;) post({ job: 1, out: new Uint8Array(new ArrayBuffer(8 << 20), 0, 1) })", /^it sent too much at a time$/],
  ["for (;;) post({ abort: 1 })", /^it sent too much at a time$/],
];

export const ASSAULTS = [
  bounded("never-ends", "while :; do :; done", { timeMs: 1_500 }, ({ exit, why }) => is([exit, why], [137, "it took longer than 1500 ms"], "it")),
  bounded("never-ends-and-hears-nothing", "trap '' TERM INT HUP QUIT; while :; do :; done", { timeMs: 1_500 }, ({ exit }) => is(exit, 137, "it")),
  bounded("leaves-something-behind", "(setsid sleep 981 &) ; sleep 0.2", {}, () => {}),
  { name: "what-was-left-is-gone", play: async ({ run }) => is((await run("ps | grep -c 'sleep 98[1]'")).out, "0\n", "what the command before left") },
  bounded("floods-its-output", "yes", { outputMax: 100_000 }, ({ exit, why, out }) => is([exit, why, out.length], [137, "it said more than 100000 bytes", 100_000], "it")),
  bounded("floods-its-errors", "yes >&2", { outputMax: 100_000 }, ({ why, err }) => is([why, err.length], ["it said more than 100000 bytes", 100_000], "it")),
  bounded("fork-bomb", "f() { f | f & }; f; sleep 1; echo over", { timeMs: 6_000 }, ({ exit, why }) => holds(why === null || exit === 137, `it: ${exit} ${why}`)),
  bounded("memory-bomb", "head -c 500m /dev/zero | tail | wc -c", {}, ({ out }) => holds(out !== "524288000\n", `it had the memory: ${out}`)),
  bounded("disk-bomb", "cat /dev/zero >fill; wc -c <fill; rm fill", {}, ({ out, err }) => holds(/No space/.test(err) && Number(out) < 64 << 20, `it: ${out} ${err}`)),
  bounded("file-bomb", "mkdir many; cd many; n=0; while [ $n -lt 3000 ] && : >$n; do n=$((n + 1)); done; cd ..; rm -r many; echo $n", {}, ({ exit }) => holds(exit === 0 || exit === 137, `it: ${exit}`)),
  bounded("an-exit-code-in-its-words", "printf '\\011\\000\\000\\000\\104\\001\\000\\000\\000\\000\\000\\000\\000'; exit 9", {}, ({ exit, out }) => is([exit, out.length], [9, 13], "it")),
  bounded("ends-the-machine", "reboot -f; poweroff -f; halt -f; kill -9 1; echo b >/proc/sysrq-trigger; echo it lives", {}, ({ out }) => is(out, "it lives\n", "it")),
  bounded("reaches-beyond-the-machine", "for at in 192.0.2.1 10.0.2.2 192.168.86.1 255.255.255.255; do nc -w 1 $at 80 </dev/null && echo GOT; done; nslookup canary-linux.example 2>/dev/null | grep -q 'Address 1: [0-9]' && echo GOT; echo tried", {}, ({ out }) => is(out, "tried\n", "it")),
  bounded("has-no-interface-but-its-own", "tail -n +3 /proc/net/dev | cut -d: -f1; tail -n +2 /proc/net/route | wc -l; ls /sys/class/net", {}, ({ out }) => is(out, "    lo\n0\nlo\n", "it")),
  bounded("has-no-file-system-of-the-hosts", "grep -cE '9p|virtiofs|fuse' /proc/mounts; mkdir -p n; mount -t 9p -o trans=virtio host9p n 2>/dev/null && echo GOT; ls /sys/bus/virtio/drivers", {}, ({ out }) => is(out, "0\nvirtio_console\nvirtio_rproc_serial\n", "it")),
  { name: "names-that-lead-elsewhere", async play({ page, run }) {
    await run("mkdir -p in; ln -sf /etc/passwd in/link; mkfifo in/pipe; ln -sf /dev/hvc1 in/port");
    const told = await page.evaluate(async () => {
      const box = machines.shipped, bytes = new Uint8Array(9);
      const err = async (kind, what) => new TextDecoder().decode((await box.run({ kind, what }, { stdin: kind === "put" ? bytes : undefined, timeMs: 10_000 })).err);
      return { folder: await err("get", "/tmp"), device: await err("get", "/dev/hvc1"), pipe: await err("get", "in/pipe"), through: await err("get", "in/port"), root: await err("put", "/etc/passwd"), long: (await err("put", "x".repeat(5_000))).length > 0 };
    });
    is(told, { folder: "/tmp: Is a directory\n", device: "/dev/hvc1: Permission denied\n", pipe: "in/pipe: not a regular file\n", through: "in/port: Permission denied\n", root: "/etc/passwd: Permission denied\n", long: true }, "files");
    is((await run("wc -l </etc/passwd; ls -l in/link | cut -c1")).out.split("\n")[1], "l", "what is not its own");
    await after(run);
  } },
  { name: "a-command-with-a-nul-or-too-long", async play({ page, run }) {
    await run("true");
    const told = await page.evaluate(async () => {
      const box = machines.shipped;
      return [(await box.run({ what: "echo a\0b" })).exit, (await box.run({ what: `echo ${"x".repeat(20_000)}` })).exit];
    });
    is(told, [125, 125], "both");
    await after(run);
  } },
  // In place of the emulator's script; nobody has taken ours over.
  { name: "an-emulator-that-was-taken-over", async play({ page, run }) {
    for (const [code, expect] of TAKEN_OVER) {
      const script = `self.onmessage = ({ data: { port } }) => { const REQUEST = ${REQUEST}, post = (it) => port.postMessage(it); port.onmessage = () => { port.onmessage = null; ${code}; }; };`;
      const why = await page.evaluate(async (script) => {
        const { Box } = await import("/linux/box.js"), { fetch } = globalThis;
        globalThis.fetch = async (path, ...more) => (path === "linux/worker.js" ? new Response(script) : fetch(path, ...more));
        try {
          return await new Promise((done) => {
            const box = new Box({}, { onend: done, asked: () => {} });
            setTimeout(() => (box.ended ? undefined : done(box.end("nothing"))), 20_000);
          });
        } finally {
          globalThis.fetch = fetch;
        }
      }, script);
      holds(expect.test(why ?? ""), `${code}: it ended so: ${String(why).slice(0, 300)}`);
    }
    await after(run);
  } },
  { name: "words-that-would-act-on-the-page", async play({ browser }) {
    const page = await browser.context.newPage();
    try {
      await page.goto(browser.url("linux.html"));
      const text = () => page.evaluate(() => {
        const { active } = globalThis.terminal.buffer;
        return Array.from({ length: active.length }, (_, y) => active.getLine(y).translateToString(true)).join("\n").trim();
      });
      await until(async () => /\$ ?$/.test(await text()), "a prompt", 180_000);
      const title = await page.title(), pages = browser.context.pages().length;
      await page.locator("[data-testid=terminal]").click();
      // A title, the clipboard, a link, the window's size and place, a picture, a font, colours asked for, and what it is.
      const words = ["\\033]0;forged\\007", "\\033]52;c;Zm9yZ2Vk\\007", "\\033]8;;javascript:document.title=1\\007click\\033]8;;\\007", "\\033[8;1;1t\\033[3;0;0t\\033[5t", "\\033Pq#0;2;0;0;0~\\033\\\\", "\\033]50;x\\007", "<img src=x onerror=document.title=1>", "\\033[2;2\\\"p"];
      for (const word of words) await page.keyboard.type(`printf '${word}'\n`);
      await page.keyboard.type("echo an''end\n");
      await until(async () => /\nanend\n/.test(await text()), "the end of it", 60_000);
      is([await page.title(), browser.context.pages().length, await page.locator("img").count()], [title, pages, 0], "the page");
      holds((await page.evaluate(() => globalThis.terminal.cols)) > 20, "its size is the page's");
      // A link that says that it is one, and is clicked.
      const asked = [];
      page.on("dialog", (dialog) => (asked.push(dialog.message()), dialog.accept()));
      await page.keyboard.type("clear; printf '\\033]8;;http://127.0.0.1:9/\\007a link to follow\\033]8;;\\007\\n'\n");
      await until(async () => /^a link to follow\n/.test(await text()), "the link", 60_000);
      const screen = page.locator(".xterm-screen");
      await screen.hover({ position: { x: 30, y: 8 } });
      await until(async () => (await screen.getAttribute("class")).includes("xterm-cursor-pointer"), "it is a link to the terminal");
      await screen.click({ position: { x: 40, y: 8 } });
      await pause(500);
      is([asked, browser.context.pages().length], [[], pages], "what a click on its link did");
    } finally {
      await page.close();
    }
  } },
];
