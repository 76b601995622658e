//! Who takes part in `./x bench durable`. Each plays one round and says what it came to, by program.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forget, launch, profile, serve } from "../../opfs/site.mjs";
import { cpu, start } from "./processes.mjs";

/** One message in so many is timed. */
const EVERY = 64;
/** Calls of a Durable Object under way. */
const UNDER_WAY = 256;

const at = (list, part) => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * part)];
const latencies = (waits) => ({ "commit-latency-p50": at(waits, 0.5), "commit-latency-p99": at(waits, 0.99) });
/** A whole number of timed messages: the last one is heard of. */
const whole = (messages) => Math.max(1, Math.round(messages / EVERY)) * EVERY;

/** Durable actors in a Worker, the same groups of bytes without a kernel, and IndexedDB: all in one Chromium. */
export async function chromium(module) {
  const site = await serve(module, new URL("worker.js", import.meta.url));
  const folder = profile();
  const browser = await launch(folder);
  const tab = await browser.page(site.url);
  let last, plays = 0;

  async function durable(scale) {
    const messages = whole(100_000 * scale), warm = whole(messages / 2), all = warm + messages, place = `play-${++plays}`;
    await tab.renew();
    await tab.ask("warm", { folder: place, messages: warm, every: EVERY });
    const used = cpu(browser.pid);
    const played = await tab.ask("durable", { messages, every: EVERY });
    const seconds = cpu(browser.pid) - used;
    await tab.renew();
    const again = await tab.ask("reopened", { folder: place, expected: played.identity, every: EVERY });
    if (again.count !== all || again.print !== played.print) throw new Error(`replayed ${JSON.stringify(again)}, not ${all} of ${played.print}`);
    const bytes = Object.entries(await tab.files()).filter(([name]) => name.startsWith(`${place}/`)).reduce((sum, [, size]) => sum + size, 0);
    await tab.renew();
    await tab.page.evaluate(async (name) => (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true }), place);
    last = { messages, groups: played.groups, bytes: Math.round((bytes / all) * (messages / played.groups)) };
    return {
      "durable-messages": messages / played.seconds, "durable-messages-per-cpu-second": messages / seconds, ...latencies(played.waits),
      recovery: all / again.seconds, "journal-bytes": bytes / all, "group-bytes": last.bytes,
    };
  }
  async function sleepers(scale) {
    const actors = Math.ceil(200_000 * scale), asked = Math.ceil(50_000 * scale), place = `play-${++plays}`;
    await tab.renew();
    const { bytes, seconds, back } = await tab.ask("sleepers", { folder: place, actors, asked });
    if (back !== asked) throw new Error(`${back} actors are back, not ${asked}`);
    await tab.renew();
    await tab.page.evaluate(async (name) => (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true }), place);
    return { activation: asked / seconds, "bytes-passivated": bytes };
  }
  /** As many groups of as many bytes as were just written. */
  async function raw() {
    const { seconds } = await tab.ask("raw", last);
    return { "durable-messages": last.messages / seconds };
  }
  const indexeddb = (messages, together, durability) => async (scale) => {
    const count = Math.ceil((messages * scale) / together) * together;
    const { seconds, waits } = await tab.ask("indexeddb", { messages: count, together, durability });
    return { "durable-messages": count / seconds, ...latencies(waits) };
  };
  return {
    play: {
      "peerd-chromium": async (scale) => ({ ...(await durable(scale)), ...(await sleepers(scale)) }), "opfs-raw": raw, "indexeddb-strict": indexeddb(500, 1, "strict"),
      "indexeddb-strict-100": indexeddb(20_000, 100, "strict"), "indexeddb-relaxed": indexeddb(2_000, 1, "relaxed"),
    },
    async end() {
      await browser.kill();
      site.close();
      forget(folder);
    },
  };
}

/** The same actors on a thread of their own and files, and the same groups without them. */
export async function native(program) {
  const folder = mkdtempSync(join(tmpdir(), "peerd-durable-"));
  let heard, last;
  const child = start(program, [folder], (line) => heard(JSON.parse(line)));
  const asked = (line) => new Promise((done, failed) => {
    heard = done;
    child.ended.then(() => failed(new Error(`${line}: it ended`)));
    child.say(line);
  });
  async function durable(scale) {
    const messages = whole(100_000 * scale);
    const before = cpu(child.pid);
    const played = await asked(`durable ${messages} ${EVERY}`);
    const used = cpu(child.pid) - before;
    const again = await asked(`reopened ${EVERY}`);
    if (again.print !== played.print) throw new Error("another state was replayed than there was");
    last = { messages, groups: again.groups, bytes: Math.round(again.bytes / again.groups) };
    return {
      "durable-messages": messages / played.seconds, "durable-messages-per-cpu-second": messages / used,
      ...latencies(played.waits), recovery: messages / again.seconds, "journal-bytes": again.bytes / messages,
    };
  }
  async function raw() {
    const { seconds } = await asked(`raw ${last.bytes} ${last.groups}`);
    return { "durable-messages": last.messages / seconds };
  }
  return {
    play: { "peerd-native": durable, "fsync-raw": raw },
    async end() {
      await child.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A Durable Object on disk, and one in memory. */
export async function workerd(program) {
  const folder = mkdtempSync(join(tmpdir(), "peerd-workerd-"));
  const ports = {};
  let ready;
  const listening = new Promise((done) => (ready = done));
  const child = start(program, ["serve", "--control-fd=1", `--directory-path=disk=${folder}`, new URL("workerd.capnp", import.meta.url).pathname], (line) => {
    const { event, socket, port } = JSON.parse(line);
    if (event === "listen") ports[socket] = port;
    if (ports.sqlite && ports.memory) ready();
  });
  await Promise.race([listening, child.ended.then(() => Promise.reject(new Error("workerd ended before it listened")))]);
  const calls = (socket) => async (scale) => {
    const messages = Math.ceil(20_000 * scale);
    const before = cpu(child.pid), begun = performance.now();
    const answer = await fetch(`http://127.0.0.1:${ports[socket]}/${messages}/${UNDER_WAY}`);
    const { waits } = await answer.json();
    const seconds = (performance.now() - begun) / 1_000;
    return { "durable-messages": messages / seconds, "durable-messages-per-cpu-second": messages / (cpu(child.pid) - before), ...latencies(waits) };
  };
  return {
    play: { "workerd-sqlite": calls("sqlite"), "workerd-memory": calls("memory") },
    async end() {
      await child.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
