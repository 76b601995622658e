//! The large image of the Linux machine: a shell, git, curl and Python as people know them, with the network that its owner allows.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inTurn } from "../../lib/model.mjs";
import { REACHING, origin, repository } from "../../lib/origin.mjs";
import { call, holds, is, world } from "../world.mjs";
import { booted, machine, told } from "../linux.mjs";

const profile = mkdtempSync(join(tmpdir(), "peerd-large-"));
process.on("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));

export const lacking = () => {
  const image = join(process.env.PEERD_EXTENSION, "linux", "large", "image.json");
  return existsSync(image) ? undefined : "this extension was built without the large image: ./x linux build";
};

export default {
  "the-large-image-boots-once-is-resumed-and-has-its-programs": () => machine(profile, "large", async ({ page, begin, sh }) => {
    const first = await begin();
    is((await sh("echo $BASH_VERSION")).out.slice(0, 2), "5.", "the shell");
    is((await sh("python3 -c 'print(sum(n * n for n in range(1000)))'")).out, "332833500\n", "python");
    is((await sh("git init -q a && cd a && echo b >c && git add c && git -c user.name=u -c user.email=u@h commit -qm d && git log --format=%s && git status --short")).out, "d\n", "git");
    holds(/^curl 7\./.test((await sh("curl --version")).out), "curl");
    const refused = await sh("curl -sS http://192.0.2.1/ 2>&1");
    holds(/who asks is not known/.test(refused.out), `what there is of a network: ${JSON.stringify(refused)}`);
    await page.evaluate(() => box.end("replaced"));
    const second = await begin();
    is(second.how, "resumed", "the second time");
    is((await sh("ls; python3 -c 'print(6 * 7)'")).out, "42\n", "a new machine has nothing of the old one");
    return `${told(first)}; ${told(second)}`;
  }),

  async "git-clones-and-curl-fetches-over-https"() {
    const files = repository({ "README": "all of it\n", "numbers": "1\n2\n3\n" });
    const secure = await origin({ secure: true, repository: files });
    const run = (command) => call("run_command", { command, origins: [secure.url], time_s: 60 });
    const policy = inTurn(
      { calls: [run(`git clone -q ${secure.url}/git/it.git && cat it/README && git -C it log --format=%s`)] },
      { calls: [run(`curl -sSL '${secure.url}/r?to=/p' | python3 -c 'import sys; print(sys.stdin.read().upper())'`)] },
      { calls: [run(`curl -sS -o large ${secure.url}/large; echo curl $?; curl -sS -d x ${secure.url}/post; curl -sS -H 'Authorization: x' ${secure.url}/a`)] },
      { calls: [call("run_command", { command: `git clone ${secure.url}/git/it.git again`, time_s: 60 })] },
      { text: "That is all." },
    );
    try {
      await world({ policy, start: null, launched: { profile, args: REACHING } }, async ({ panel, model, browser }) => {
        await booted(browser);
        await panel.say(`Clone ${secure.url}/git/it.git`);
        is(await panel.ended(240_000), "done", "the run's phase");
        const results = model.views.at(-1).results;
        holds(/exit code 0/.test(results[0]) && /all of it\nAll of it/.test(results[0]), results[0]);
        holds(/HELLO FROM \/P/.test(results[1]), `where it was led: ${results[1]}`);
        holds(/curl (18|56)/.test(results[2]), `too much is cut off, and does not look whole: ${results[2]}`);
        holds(/the method POST was not granted/.test(results[2]) && /the header authorization is never sent/.test(results[2]), results[2]);
        holds(/was not granted: name it in/.test(results[3]), `git says it, too: ${results[3]}`);
        const asked = secure.asked.map(({ method, url }) => `${method} ${url.split("?")[0]}`);
        // What is redirected is asked once more, to see where it leads.
        is(asked, ["GET /git/it.git/info/refs", "POST /git/it.git/git-upload-pack", "POST /git/it.git/git-upload-pack", "GET /r", "GET /r", "GET /p", "GET /large"], "what was asked");
      });
    } finally {
      await secure.stop();
      files.remove();
    }
  },
};
