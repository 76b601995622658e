//! Code that the model writes runs in a sandbox: its result and what it says come back, it is killed when it does not end, and the network is what
//! was lent to it.
import { createServer } from "node:http";
import { inTurn } from "../../lib/model.mjs";
import { call, holds, is, shots, until, world } from "../world.mjs";

const run = (code, more = {}) => call("run_javascript", { code, ...more });
const runs = (...calls) => inTurn(...calls.map((one) => (view) => ({ calls: [typeof one === "function" ? one(view) : one] })), { text: "That is all." });
const boxes = (panel) => panel.find("actor-row").evaluateAll((rows) => rows.filter((row) => row.dataset.name.startsWith("compute")).map((row) => row.dataset.state));

/** A server that says who asked, and leads elsewhere when asked to. */
async function server() {
  const asked = [];
  let open = 0;
  const it = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, cookie: request.headers.cookie, origin: request.headers.origin });
    const to = new URL(request.url, "http://x").searchParams.get("to");
    if (to) return response.writeHead(302, { location: to }).end();
    if (request.url === "/large") return response.end("x".repeat(2 << 20));
    if (request.url === "/open") return response.end(String(open));
    if (request.url === "/never") {
      open += 1;
      return void request.socket.on("close", () => (open -= 1));
    }
    response.setHeader("set-cookie", "seen=1; Path=/");
    return response.end(`hello from ${request.url}`);
  });
  await new Promise((done) => it.listen(0, "127.0.0.1", done));
  const stop = () => new Promise((done) => {
    it.closeAllConnections();
    it.close(done);
  });
  return { asked, url: `http://127.0.0.1:${it.address().port}`, stop };
}

export default {
  async "code-runs-and-its-result-comes-back-as-data"() {
    const policy = runs(
      run("console.log('half way', {at: [1, 2]}); const primes = []; for (let n = 2; primes.length < 10; n++) if (primes.every((p) => n % p)) primes.push(n); return primes;"),
      run("return typeof primes"),
      run("const x = 1;\nthrow new TypeError('no such thing');"),
    );
    await world({ policy, start: null, launched: { size: { width: 420, height: 820 } } }, async ({ panel, model }) => {
      await panel.say("What are the first ten primes?");
      is(await panel.ended(), "done", "the run's phase");
      is((await panel.cards()).map((card) => [card.tool, card.verdict]), [["run_javascript", "done"], ["run_javascript", "done"], ["run_javascript", "failed"]], "cards");
      const [first, second, third] = model.views.at(-1).results;
      holds(/<page origin="sandbox">\nhalf way \{at: \[1, 2\]\}\n=> \[2, 3, 5, 7, 11, 13, 17, 19, 23, 29\]\n<\/page>/.test(first), first);
      holds(second.includes("=> undefined"), `nothing of an earlier run is left: ${second}`);
      holds(/TypeError: no such thing \(line 2, column 7\)/.test(third), third);
      await shots(panel.page, "code");
    });
  },

  async "what-it-says-is-shown-while-it-runs-and-stop-ends-it"() {
    const policy = runs(run("console.log('begun'); for (;;);", { time_s: 60 }));
    await world({ policy, start: null }, async ({ panel }) => {
      await panel.say("Count for ever.");
      await until(async () => (await panel.cards())[0]?.text.includes("begun"), "what it said is on its card");
      await panel.find("tree-toggle").click();
      await until(async () => (await boxes(panel)).length === 1, "it is in the tree");
      const began = performance.now();
      await panel.find("stop").click();
      is(await panel.ended(), "stopped", "the run's phase");
      await until(async () => (await boxes(panel)).length === 0, "it is gone");
      holds(performance.now() - began < 5_000, "at once");
    });
  },

  async "code-that-hangs-is-killed-and-the-next-one-runs"() {
    const policy = runs(run("console.log('begun'); for (;;);", { time_s: 2 }), run("const all = []; for (;;) console.log('x'.repeat(10000));"), run("return 6 * 7"));
    await world({ policy, start: null }, async ({ panel, model }) => {
      await panel.say("Try this.");
      is(await panel.ended(), "done", "the run's phase");
      const [hung, flood, fine] = model.views.at(-1).results;
      holds(/^failed: it had not ended after 2 s and was killed\n<page origin="sandbox">\nbegun/.test(hung), hung);
      holds(/^failed: it s(aid more than 256 KiB|ent too much at a time)/.test(flood), flood.slice(0, 200));
      holds(fine.includes("=> 42"), fine);
    });
  },

  async "the-network-is-what-was-named-and-nothing-else"() {
    const [one, two] = [await server(), await server()];
    const get = (url) => `try { const r = await fetch(${JSON.stringify(url)}); return r.status + ' ' + r.url + ' ' + await r.text(); } catch (error) { return String(error); }`;
    const policy = runs(
      run(get(`${one.url}/a`), { origins: [one.url] }),
      run(get(`${one.url}/b`)),
      run(get(`${one.url}/c?to=/d`), { origins: [one.url] }),
      run(get(`${one.url}/e?to=${encodeURIComponent(two.url)}/f`), { origins: [one.url] }),
      run(get(`${one.url}/large`), { origins: [one.url] }),
      run(get(`${two.url}/g`), { origins: [two.url] }),
      run(get(`${one.url}/never`), { origins: [one.url], time_s: 2 }),
    );
    try {
      await world({ policy, start: null }, async ({ panel, model }) => {
        await panel.say(`Look at ${one.url}/a`);
        holds((await panel.approve("deny")).includes(two.url), "the other origin is asked for");
        is(await panel.ended(), "done", "the run's phase");
        const told = model.views.at(-1).results;
        holds(told[0].includes(`200 ${one.url}/a hello from /a`), told[0]);
        holds(told[1].includes("was not granted"), told[1]);
        holds(told[2].includes(`200 ${one.url}/d hello from /d`), `a redirect is followed: ${told[2]}`);
        holds(told[3].includes("it leads to this computer, which was not granted"), `and judged: ${told[3]}`);
        holds(told[4].includes("the answer is larger than 786432 bytes"), told[4]);
        holds(/^Not executed/.test(told[5]), told[5]);
        holds(/^failed: it had not ended after 2 s/.test(told[6]), told[6]);
        // What is redirected is asked once more, to see where it leads.
        is(one.asked.map((ask) => ask.url.split("?")[0]), ["/a", "/c", "/c", "/d", "/e", "/e", "/large", "/never"], "what the one server was asked");
        is(two.asked, [], "what the other one was asked");
        is(one.asked.filter((ask) => ask.cookie), [], "no cookie ever came back");
      });
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  },

  async "what-was-asked-of-the-network-is-shown-with-who-and-why-not"() {
    const [one, two] = [await server(), await server()];
    const get = (url) => `return fetch(${JSON.stringify(url)}).then((it) => it.text(), String)`;
    const policy = runs(
      run(get(`${one.url}/a`), { origins: [one.url] }),
      run(get(`${one.url}/b?to=${encodeURIComponent(two.url)}/c`), { origins: [one.url] }),
      run(get(`${one.url}/large`), { origins: [one.url] }),
    );
    try {
      await world({ policy, start: null, launched: { size: { width: 420, height: 820 } } }, async ({ panel }) => {
        await panel.say(`Look at ${one.url}/a`);
        is(await panel.ended(), "done", "the run's phase");
        await panel.find("lent-toggle").focus();
        await panel.page.keyboard.press("Enter");
        await panel.find("requests-toggle").focus();
        await panel.page.keyboard.press("Enter");
        const rows = panel.find("request-row");
        await until(async () => (await rows.count()) === 4, "all that was asked");
        const told = await rows.evaluateAll((all) => all.map((one) => [one.dataset.outcome, one.innerText.replace(/\s+/g, " ")]));
        is(told.map(([outcome]) => outcome), ["cut", "refused", "redirected", "answered"], "the newest first");
        holds(told[0][1].includes("the answer is larger than 786432 bytes"), told[0][1]);
        holds(told[1][1].includes(`GET ${two.url}/c`) && told[1][1].includes("it leads to this computer, which was not granted"), told[1][1]);
        holds(/^GET http:\S+\/a \d\d:\d\d:\d\d compute \d+ \d+ bytes answered 200$/.test(told[3][1]), told[3][1]);
        await shots(panel.page, "requests");
        const who = await rows.last().getAttribute("data-who");
        await panel.find("requests-filter").selectOption(who);
        await until(async () => (await rows.count()) === 1, "those of one actor");
        is(await rows.first().getAttribute("data-who"), who, "it is that one's");
      });
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  },

  async "what-its-code-no-longer-waits-for-is-fetched-no-further"() {
    const one = await server();
    const open = `() => fetch("${one.url}/open").then((it) => it.text()).then(Number)`;
    const code = `const open = ${open};
      const asked = fetch("${one.url}/never", { signal: AbortSignal.timeout(1_000) }).catch((error) => error.name);
      let before = 0;
      while ((before = await open()) === 0) await new Promise((done) => setTimeout(done, 50));
      const name = await asked;
      for (let tries = 0; tries < 40 && (await open()) > 0; tries++) await new Promise((done) => setTimeout(done, 50));
      return { name, before, after: await open() };`;
    const head = `return (await fetch(new Request("${one.url}/a", { method: "head" }))).status`;
    try {
      await world({ policy: runs(run(code, { origins: [one.url], time_s: 20 }), run(head, { origins: [one.url] })), start: null }, async ({ panel, model }) => {
        await panel.say(`Look at ${one.url}/a`);
        is(await panel.ended(), "done", "the run's phase");
        const [aborted, whole] = model.views.at(-1).results;
        holds(aborted.includes("{name: \"TimeoutError\", before: 1, after: 0}"), aborted);
        holds(whole.includes("=> 200"), whole);
        is(one.asked.at(-1).method, "HEAD", "a request is taken as it was made");
      });
    } finally {
      await one.stop();
    }
  },

  async "code-is-taken-back-while-it-runs"() {
    const policy = runs(run("console.log('begun'); for (;;);", { time_s: 60 }), run("return 1"));
    await world({ policy, start: null }, async ({ panel, model }) => {
      await panel.say("Count for ever.");
      await until(async () => (await panel.cards())[0]?.text.includes("begun"), "it runs");
      await panel.find("lent-toggle").click();
      await panel.page.locator("[data-testid=holding][data-power=code] [data-testid=take-back]").click();
      is(await panel.ended(), "done", "the run goes on and ends");
      const told = model.views.at(-1).results;
      is(told.map((one) => one.startsWith("Not executed")), [true, true], `told: ${told}`);
      await panel.find("tree-toggle").click();
      await until(async () => (await boxes(panel)).length === 0, "it is gone");
    });
  },
};
