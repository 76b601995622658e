//! The journal in a real Chromium: what a second tab, a frozen one, a full disk, a lost store and a killed browser leave of it.
import { Rows, options } from "../lib/rows.mjs";
import { setTimeout as wait } from "node:timers/promises";
import { Kills } from "./kills.mjs";
import { forget, launch, profile, serve } from "./site.mjs";

const { module, json, case: wanted = "", kills = "3", seed = "1" } = options(process.argv.slice(2), { values: ["module", "json", "case", "kills", "seed"] });

const rows = new Rows("opfs");
const site = await serve(module);
const folder = profile();
let browser;
let used = 0;

const equal = (told, expected, what) => {
  if (JSON.stringify(told) !== JSON.stringify(expected)) throw new Error(`${what}: ${JSON.stringify(told)}, not ${JSON.stringify(expected)}`);
};
const refused = async (work, words, what) => {
  const said = await work.then((value) => `nothing, and ${JSON.stringify(value)} came back`, (error) => error.message);
  if (!said.startsWith(words)) throw new Error(`${what}: said "${said}", not "${words}.."`);
};
/** So many messages, one group each. */
const write = async (tab, groups) => {
  let count;
  for (let n = 0; n < groups; n++) {
    await tab.ask("write", { messages: 10 });
    count = await tab.ask("fly");
  }
  return count;
};

/** Limit: a turn waits so long for a slice of a snapshot. A flush is in it, of whatever disk this is; how long it was is printed. */
const SLICE_MS = 250;
/** Limit: what lies there at once while it is flooded: two snapshots, and the log that grows while one is made. */
const BYTES_MAX = 40 << 20;

/** The file of the first owner. */
const first = (folder) => `${folder}/vat-3/0000000000000001-0000000000000000.log`;

/** Each case has a folder and tabs of its own. */
async function play(name, work) {
  if (!name.includes(wanted)) return;
  browser ??= await launch(folder);
  const place = `case-${++used}`;
  const tabs = [];
  const tab = async () => (tabs.push(await browser.page(site.url)), tabs.at(-1));
  const open = (tab, expected) => tab.ask("open", { folder: place, expected });
  await rows.run(name, () => work({ folder: place, tab, open }));
  await Promise.all(tabs.map(({ page }) => page.close()));
}

await play("a new Worker finds what was appended", async ({ tab, open }) => {
  const one = await tab();
  const first = await open(one);
  equal([first.epoch, first.count], [1, 0], "a new journal");
  equal(await write(one, 20), 200, "durable");
  await one.renew();
  const second = await open(one, first.identity);
  equal([second.identity, second.epoch, second.count, second.found], [first.identity, 2, 200, ""], "the new Worker");
  equal(await write(one, 1), 210, "it goes on");
});

await play("what was not flushed is not there after the Worker's end", async ({ tab, open }) => {
  const one = await tab();
  const { identity } = await open(one);
  await write(one, 2);
  await one.ask("write", { messages: 500 });
  await one.renew();
  equal((await open(one, identity)).count, 20, "found");
});

await play("a second tab takes the vat, the first is fenced", async ({ tab, open }) => {
  const [one, two] = [await tab(), await tab()];
  const { identity } = await open(one);
  await write(one, 3);
  const taken = await open(two, identity);
  equal([taken.epoch, taken.count], [2, 30], "the second tab");
  await one.ask("write", { messages: 5 }).catch(() => {});
  await refused(one.ask("fly"), "fenced:", "the first tab");
  await refused(one.ask("write", { messages: 1 }), "fenced:", "and for good");
  equal(await write(two, 2), 50, "the second goes on");
});

await play("what a stuck tab writes after it lost the vat is in its file and is not history", async ({ folder, tab, open }) => {
  const [one, two] = [await tab(), await tab()];
  const { identity } = await open(one);
  await write(one, 3);
  const old = first(folder);
  const before = (await two.files())[old];
  const stuck = refused(one.ask("hang", { ms: 1_500, messages: 7 }), "fenced:", "the stuck tab");
  equal((await open(two, identity)).count, 30, "the second tab");
  equal(await write(two, 1), 40, "it goes on");
  await stuck;
  const late = (await two.files())[old] - before;
  if (late <= 0) throw new Error("the stuck tab wrote nothing: this shows nothing");
  await two.renew();
  const third = await open(two, identity);
  equal([third.epoch, third.count], [3, 40], "the third owner");
  if (!third.found.includes("Late")) throw new Error(`late bytes were not seen: ${third.found}`);
});

await play("a frozen tab thaws and writes: nothing of it is history", async ({ folder, tab, open }) => {
  const [one, two] = [await tab(), await tab()];
  const { identity } = await open(one);
  await write(one, 3);
  const old = first(folder);
  const cdp = await browser.context.newCDPSession(one.page);
  // Only a tab that nobody sees can be frozen.
  await two.page.bringToFront();
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  // Asked while it is frozen, done when it thaws.
  let thawed = false;
  const late = refused(one.ask("hang", { ms: 1, messages: 7 }).finally(() => (thawed = true)), "fenced:", "the thawed tab");
  equal((await open(two, identity)).count, 30, "the second tab");
  equal(await write(two, 4), 70, "it goes on");
  equal(thawed, false, "the first tab answered, so that it was never frozen");
  const before = (await two.files())[old];
  await cdp.send("Page.setWebLifecycleState", { state: "active" });
  await late;
  if ((await two.files())[old] <= before) throw new Error("the thawed tab wrote nothing: this shows nothing");
  await refused(one.ask("fly"), "fenced:", "and for good");
  await two.renew();
  const third = await open(two, identity);
  equal([third.epoch, third.count], [3, 70], "the third owner");
});

await play("a lost store is never begun anew in silence", async ({ folder, tab, open }) => {
  const one = await tab();
  const { identity } = await open(one);
  await write(one, 2);
  await one.renew();
  await one.page.evaluate(async (name) => (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true }), folder);
  await refused(open(one, identity), "lost:", "an empty store");
  const other = await open(one);
  equal([other.epoch, other.count], [1, 0], "begun anew, knowingly");
  await one.renew();
  await refused(open(one, identity), "foreign:", "another journal");
});

await play("a snapshot replaces the logs before it", async ({ folder, tab, open }) => {
  const one = await tab();
  const { identity } = await open(one);
  for (let count = 100, epoch = 2; epoch <= 5; count += 100, epoch++) {
    equal(await write(one, 10), count, "durable");
    await one.renew();
    equal((await open(one, identity)).count, count, "before the snapshot");
    equal((await one.ask("compact")).count, count, "after it");
  }
  const files = Object.keys(await one.files()).filter((name) => name.startsWith(`${folder}/`));
  const logs = files.filter((name) => name.endsWith(".log")).length;
  equal([files.length - logs, logs < 8], [2, true], `two snapshots, and fewer than eight logs of ${files}`);
  equal(await write(one, 1), 410, "it goes on");
  await one.renew();
  equal((await open(one, identity)).count, 410, "the last owner");
});

await play("durable actors go on in a new Worker, and the old one is fenced", async ({ folder, tab }) => {
  const [one, two] = [await tab(), await tab()];
  const first = await one.ask("openActors", { folder });
  equal([first.epoch, first.count], [1, 0], "new actors");
  const told = await one.ask("floodActors", { messages: 500 });
  const second = await two.ask("openActors", { folder, expected: first.identity });
  equal([second.epoch, second.count, second.print], [2, 500, told.print], "the second Worker");
  await refused(one.ask("floodActors", { messages: 700 }), "fenced:", "the first Worker");
  await two.ask("floodActors", { messages: 600 });
  await two.renew();
  equal((await two.ask("openActors", { folder, expected: first.identity })).count, 600, "the third owner");
});

/** Names and sizes of what a folder's first vat of actors has. */
const kept = async (tab, folder) => Object.entries(await tab.files())
  .filter(([name]) => name.startsWith(`${folder}/vat-4/`)).map(([name, size]) => ({ name: name.split("/").at(-1), size }));
const until = async (what, look) => {
  for (const begun = Date.now(); Date.now() - begun < 30_000; await wait(50)) if (await look()) return;
  throw new Error(`${what}: not within 30 s`);
};

await play("a long log of durable actors is made a snapshot when they are opened, and what is older goes", async ({ folder, tab }) => {
  const one = await tab();
  // Nothing is made while they go on.
  const order = { log: 1 << 30 };
  const { identity } = await one.ask("openActors", { folder, order });
  for (const messages of [8_000, 16_000, 24_000]) {
    await one.ask("floodActors", { messages });
    await one.renew();
    equal((await one.ask("openActors", { folder, expected: identity, order: { log: 1 << 20 } })).count, messages, "found");
    await until("a snapshot", async () => (await one.ask("beside")).snapshots > 0);
    await one.renew();
    await one.ask("openActors", { folder, expected: identity, order });
  }
  const left = await kept(one, folder);
  equal(left.filter(({ name }) => name.endsWith(".snapshot")).length, 2, "snapshots");
  equal(left.some(({ name }) => name === "0000000000000001-0000000000000000.log"), false, "the first log is there");
});

await play("a long workload leaves few bytes, and its snapshots hold up no turn for long", async ({ folder, tab }) => {
  const one = await tab();
  const LOG = 1 << 19, MESSAGES = 60_000;
  const { identity } = await one.ask("openActors", { folder, order: { log: LOG } });
  let most = 0, watching = true;
  const watch = (async () => {
    while (watching) {
      const files = await kept(one, folder);
      most = Math.max(most, files.reduce((sum, { size }) => sum + size, 0));
      await wait(50);
    }
  })();
  const told = await one.ask("floodActors", { messages: MESSAGES });
  watching = false;
  await watch;
  if (told.snapshots < 2) throw new Error(`${told.snapshots} snapshots: this shows nothing`);
  if (most > BYTES_MAX) throw new Error(`${most} bytes lay there at once`);
  if (told.slice > SLICE_MS) throw new Error(`nothing else was done for ${told.slice} ms`);
  await one.renew();
  equal((await one.ask("openActors", { folder, expected: identity, order: { log: LOG } })).count, MESSAGES, "found");
  return `${told.snapshots} snapshots, at most ${(most / (1 << 20)).toFixed(1)} MiB at once; one took ${Math.round(told.took)} ms, longest slice ${told.slice.toFixed(1)} ms`;
});

await play("who has lost the vat while it makes snapshots deletes nothing any more", async ({ folder, tab }) => {
  const [one, two] = [await tab(), await tab()];
  const order = { log: 1 << 15 };
  let { identity } = await one.ask("openActors", { folder, order });
  for (let owner = 0; owner < 6; owner++) {
    const [from, to] = owner % 2 ? [two, one] : [one, two];
    const flood = from.ask("floodActors", {}).catch((error) => error.message);
    await wait(150 + 50 * owner);
    await to.renew();
    await to.ask("openActors", { folder, expected: identity, order });
    equal((await flood).split(":")[0], "fenced", "the owner before");
  }
});

await play("with little room the past goes, and that is told before there is none", async ({ folder, tab }) => {
  const one = await tab();
  const order = { log: 1 << 18, past: 64 << 20 };
  const { identity } = await one.ask("openActors", { folder, order });
  await one.ask("floodActors", { messages: 20_000, rest: 2 });
  const logs = async () => (await kept(one, folder)).filter(({ name }) => name.endsWith(".log")).length;
  const before = await logs();
  if (before < 5 || (await one.ask("beside")).short) throw new Error(`${before} logs of the past: this shows nothing`);
  await one.renew();
  // Chromium tells a page of no room but what every page has: so more is asked for than that.
  const short = { ...order, free: 2 ** 50 };
  equal((await one.ask("openActors", { folder, expected: identity, order: short })).count, 20_000, "found");
  await until("it is told", async () => (await one.ask("beside")).short);
  await until("the past is gone", async () => (await logs()) < 5);
  equal((await one.ask("floodActors", { messages: 21_000 })).count >= 21_000, true, "it goes on");
});

await play("a full disk is said in words, and what was durable is there", async ({ tab, open }) => {
  const one = await tab();
  const { identity } = await open(one);
  const { usage } = await one.page.evaluate(() => navigator.storage.estimate());
  const cdp = await browser.context.newCDPSession(one.page);
  const origin = new URL(site.url).origin;
  await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + (1 << 20) });
  let durable = 0;
  const fill = async () => {
    for (;;) {
      await one.ask("write", { messages: 1_000 });
      durable = await one.ask("fly");
    }
  };
  await refused(fill(), "no room:", "the full disk");
  await refused(one.ask("fly"), "no room:", "and so is every later flush");
  await cdp.send("Storage.overrideQuotaForOrigin", { origin });
  await one.renew();
  const { count } = await open(one, identity);
  if (count < durable || count > durable + 1_000) throw new Error(`${count} found, ${durable} were durable`);
});

await play("two vats in two Workers, whichever is killed when: each message comes once and in order", async ({ folder, tab }) => {
  const one = await tab();
  const parts = ["teller", "book"], identities = [];
  let booked = 0;
  await one.landed((count) => (booked = Math.max(booked, count)));
  const start = async (part) => {
    await one.renew(parts[part]);
    identities[part] = (await one.ask("openPart", { folder, part, expected: identities[part] }, parts[part])).identity;
  };
  const join = async () => {
    await one.join("teller", "book");
    await one.ask("listen", {}, "book");
  };
  await start(0);
  await start(1);
  await join();
  const draw = (limit) => Math.floor(Math.random() * limit);
  for (let n = 0; n < 12; n++) {
    const giving = one.ask("give", { messages: 1_000 }, "teller").catch(() => {});
    await wait(draw(120));
    await start(n % 2);
    await join();
    // A teller that was killed answers nobody.
    if (n % 2) await giving;
  }
  const count = await one.ask("give", { messages: 100 }, "teller");
  for (const begun = Date.now(); booked < count && Date.now() - begun < 30_000;) {
    await wait(20);
    for (const part of parts) await one.ask("pump", {}, part);
  }
  equal(booked, count, "booked");
});

await browser?.kill();
forget(folder);
const NAMES = {
  records: `killed ${kills} times while it opens, compacts and writes, it has lost nothing that was acknowledged`,
  actors: `killed ${kills} times, durable actors have lost nothing that was acknowledged, and heard of each message once`,
};
for (const [who, name] of Object.entries(NAMES).filter(([, name]) => Number(kills) && name.includes(wanted))) {
  const killed = new Kills(site.url, Number(seed), who);
  try {
    for (let n = 1; n <= Number(kills); n++) {
      await killed.once();
      if (n % 50 === 0) console.log(`      ${killed.told()}`);
    }
    await killed.last();
    rows.add(name, "passed", killed.told());
  } catch (error) {
    rows.add(name, "failed", `${error.message} (after ${killed.told()})`);
  }
  killed.end();
}
site.close();
process.exit(rows.end(json));
