//! Servers that are busy, wrong, slow or broken: what is asked again, what never, and what the owner reads.
import { createServer } from "node:http";
import { inTurn, refOf } from "../../lib/model.mjs";
import { SHOTS, call, click, holds, is, until, world } from "../world.mjs";

const fine = inTurn({ text: "All is well." });
const error = (type, message) => JSON.stringify({ type: "error", error: { type, message } });

async function asks({ spoil, policy = fine, dialect, phase, ms = 60_000 }, judge) {
  await world({ policy, spoil, dialect, start: "/shop/" }, async (w) => {
    await w.panel.say("Say whether all is well.");
    is(await w.panel.ended(ms), phase, "the run's phase");
    await judge(w);
  });
}

/** A model server as it stands on a person's computer; `says(request)` may turn a request away. */
async function local(says = () => null) {
  const seen = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = "";
    for await (const part of incoming) body += part;
    const request = { line: `${incoming.method} ${incoming.url}`, origin: incoming.headers.origin, body };
    seen.push(request);
    const answers = {
      "GET /v1/models": { data: [{ id: "nomic-embed-text" }, { id: "qwen3:8b" }] },
      "POST /v1/chat/completions": { choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "length" }] },
    };
    const status = says(request) ?? (answers[request.line] ? 200 : 404);
    outgoing.writeHead(status, { "content-type": "application/json" }).end(status === 200 ? JSON.stringify(answers[request.line]) : "");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const stop = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  return { seen, stop, base: `http://127.0.0.1:${server.address().port}/v1` };
}

/** Has the doctor of the options page visit it, and gives what it reports. */
async function visited(says, judge) {
  const server = await local(says);
  try {
    await world({ start: null }, async ({ browser }) => {
      const page = await browser.context.newPage();
      await page.goto(browser.url("options.html"));
      const find = (name) => page.locator(`[data-testid="${name}"]`);
      await find("doctor-base").fill(server.base);
      await find("doctor-run").click();
      await find("doctor-report").waitFor({ timeout: 20_000 });
      await judge({ page, find, server, found: await find("doctor-report").getAttribute("data-found"), text: await find("doctor-report").innerText() });
    });
  } finally {
    await server.stop();
  }
}

const busy = (status, retryAfter) => (_entry, n) => (n < 2 ? { status, headers: retryAfter ? { "retry-after": String(retryAfter) } : {}, body: error("rate_limit_error", "slow down") } : null);

function sameBodies(entries, want) {
  is(entries.length, want, "tries");
  is(new Set(entries.map((entry) => entry.body)).size, 1, "different bodies");
}

export default {
  "429-waits-as-told-and-sends-the-same": () => asks({ spoil: busy(429, 2), phase: "done" }, async ({ model, panel }) => {
    sameBodies(model.entries, 3);
    const gaps = model.entries.slice(1).map((entry, i) => entry.at - model.entries[i].at);
    holds(gaps.every((gap) => gap >= 2_000), `spacing ${gaps.map(Math.round)}`);
    await panel.shot(`${SHOTS}retry.png`);
  }),
  "529-is-tried-three-times-at-most": () => asks({ spoil: () => ({ status: 529, headers: { "retry-after": "1" }, body: error("overloaded_error", "overloaded") }), phase: "failed" }, async ({ model, panel }) => {
    sameBodies(model.entries, 3);
    const note = (await panel.texts("note")).at(-1);
    holds(/busy|overload/i.test(note), `plain words: ${note}`);
  }),
  "400-is-tried-once": () => asks({ spoil: () => ({ status: 400, body: error("invalid_request_error", "no such thing") }), phase: "failed" }, async ({ model, panel }) => {
    is(model.entries.length, 1, "tries");
    holds((await panel.texts("note")).at(-1).includes("no such thing"), "the server's words are shown");
  }),
  "401-is-tried-once-and-names-the-key": () => asks({ spoil: () => ({ status: 401, body: error("authentication_error", "invalid x-api-key") }), phase: "failed" }, async ({ model, panel }) => {
    is(model.entries.length, 1, "tries");
    holds(/key/i.test((await panel.texts("note")).at(-1)), "the key is named");
    await panel.shot(`${SHOTS}wrong-key.png`);
  }),
  "truncated-stream-executes-nothing": () => asks({
    policy: inTurn({ calls: [call("navigate", { url: "http://127.0.0.1:1/never" })] }),
    spoil: (_entry, n) => (n === 0 ? { after: 700, then: "cut" } : null), phase: "failed",
  }, async ({ panel, site }) => {
    is((await panel.cards()).length, 0, "tool cards");
    is(site.counters.loads, 1, "loads of the site");
    holds((await panel.texts("note")).length > 0, "it says so");
  }),
  "stalled-stream-ends-at-the-idle-limit": () => asks({ policy: inTurn({ text: "Half a sentence and then nothing ".repeat(20) }), spoil: () => ({ after: 900, then: "stall" }), phase: "failed", ms: 90_000 }, async ({ panel, model }) => {
    holds(/no (further|more)|stall|silent|idle|stopped sending/i.test((await panel.texts("note")).at(-1)), `plain words: ${(await panel.texts("note")).at(-1)}`);
    is(model.entries.length, 1, "tries after content began");
    await until(() => model.entries[0].closed, "the connection was closed");
  }),
  "garbage-is-an-error-not-silence": () => asks({ spoil: () => ({ status: 200, headers: { "content-type": "text/event-stream" }, body: "<html><body>Welcome to the hotel's network</body></html>" }), phase: "failed" }, async ({ panel }) => {
    holds((await panel.texts("note")).length > 0, "it says so");
    is((await panel.cards()).length, 0, "tool cards");
  }),
  "usage-and-the-owners-price-are-shown": () => asks({
    policy: async () => ({ content: "Counted.", usage: { prompt_tokens: 1_000, completion_tokens: 500, input_tokens: 1_000, output_tokens: 500 } }), dialect: "openai", phase: "done",
  }, async ({ panel }) => {
    const usage = (await panel.texts("usage")).join(" ");
    holds(/1[,.\u202f ]?000|1\.0\s?k|1k/i.test(usage), `tokens are shown: ${usage}`);
    holds(!usage.includes("$"), `no money without a price: ${usage}`);
  }),
  async "extension-origin-is-taken-off-for-local-servers"() {
    const spoil = (entry) => ((entry.headers.origin ?? "").startsWith("chrome-extension:") ? { status: 403, body: "" } : null);
    await asks({ spoil, phase: "done", dialect: "openai" }, ({ model }) => is(model.entries.at(-1).headers.origin, undefined, "the Origin header"));
  },
  "doctor-finds-a-local-server": () => visited(undefined, async ({ page, find, server, found, text }) => {
    is([found, text.includes("qwen3:8b")], ["true", true], `found, its model is named (${text})`);
    is(server.seen.map(({ line }) => line), ["GET /v1/models", "POST /v1/chat/completions"], "what was asked");
    const { model, max_tokens } = JSON.parse(server.seen[1].body);
    is([model, max_tokens], ["qwen3:8b", 1], "one word, of a model that talks");
    is(server.seen.map(({ origin }) => origin ?? null), [null, null], "Origin headers");
    await find("doctor-use").click();
    is([await find("provider-base").inputValue(), await find("provider-model").inputValue()], [server.base, "nomic-embed-text, qwen3:8b"], "the form");
    await find("doctor-report").scrollIntoViewIfNeeded();
    await page.screenshot({ path: `${SHOTS}doctor-found.png` });
  }),
  "doctor-says-what-to-set-on-403": () => visited(() => 403, async ({ page, find, server, found, text }) => {
    is([found, await find("doctor-use").count()], ["false", 0], "found, offers to use it");
    holds(text.includes("403") && text.includes("chrome-extension://*"), `what to set: ${text}`);
    is(server.seen.length, 1, "requests");
    await find("doctor-report").scrollIntoViewIfNeeded();
    await page.screenshot({ path: `${SHOTS}doctor-403.png` });
  }),
  async "keys-and-passwords-are-nowhere-in-the-profile"() {
    const { execFileSync } = await import("node:child_process");
    const { KEY, PASSPHRASE } = await import("../world.mjs");
    await world({ policy: inTurn({ calls: [call("read_page")] }, { text: "Read." }), start: "/wizard/" }, async ({ panel, tab, browser, model }) => {
      await tab.fill("input[type=password]", "hunter2-very-secret");
      await panel.say("Read this.");
      is(await panel.ended(), "done", "the run's phase");
      is(model.entries.some((entry) => entry.body.includes("hunter2-very-secret")), false, "the password reached the model");
      is(model.entries.every((entry) => JSON.stringify(entry.headers).includes(KEY)), true, "the key reached the provider");
      await new Promise((done) => setTimeout(done, 1_000));
      for (const secret of [KEY, PASSPHRASE, "hunter2-very-secret"]) {
        let found = "";
        try {
          found = execFileSync("grep", ["-rla", "--", secret, browser.folder]).toString();
        } catch (nothing) {
          if (nothing.status !== 1) throw nothing;
        }
        is(found, "", `files that hold ${secret.slice(0, 4)}…`);
      }
    });
  },
};
