//! `./x bench opfs`: what a group costs in a Chromium Worker, as journal records and as the same bytes without a journal.
import { cpus, loadavg } from "node:os";
import { writeFileSync } from "node:fs";
import { options } from "../lib/rows.mjs";
import { forget, launch, profile, serve } from "./site.mjs";

const { module, json, rounds = "3" } = options(process.argv.slice(2), { values: ["module", "json", "rounds"] });

/** Messages in a group, and groups in a round: each round writes some tens of MB. */
const SIZES = [[1, 200], [100, 200], [500, 200], [2_000, 50]];

const at = (list, part) => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * part)];
const sum = (list) => list.reduce((all, one) => all + one, 0);
const figure = (number) => number.toLocaleString("en", { maximumSignificantDigits: 3 });

/** Of one kind of group: rates over all the time spent, quantiles of what is waited for. */
function summary(subject, size, bytes, groups, messages, waits, totals) {
  const seconds = sum(totals) / 1_000;
  return {
    subject, size, "MB/s": bytes / 1e6 / seconds, "groups/s": groups / seconds, "messages/s": messages / seconds,
    "p50 ms": at(waits, 0.5), "p99 ms": at(waits, 0.99),
  };
}

const site = await serve(module);
const folder = profile();
const browser = await launch(folder);
const found = [];
try {
  const tab = await browser.page(site.url);
  for (const [messages, groups] of SIZES) {
    const journal = { bytes: 0, waits: [], totals: [] }, raw = { bytes: 0, waits: [], totals: [] };
    for (let round = 0; round < Number(rounds); round++) {
      await tab.renew();
      await tab.ask("open", { folder: `measured-${messages}-${round}` });
      const { bytes, fills, flies } = await tab.ask("groups", { groups, messages });
      journal.bytes += bytes;
      journal.waits.push(...flies);
      journal.totals.push(...flies.map((ms, n) => ms + fills[n]));
      const plain = await tab.ask("raw", { groups, size: Math.round(bytes / groups) });
      raw.bytes += plain.bytes;
      raw.waits.push(...plain.flushes);
      raw.totals.push(...plain.flushes.map((ms, n) => ms + plain.writes[n]));
    }
    const [size, all] = [journal.bytes / groups / Number(rounds), groups * Number(rounds)];
    found.push(summary("peerd-chromium", size, journal.bytes, all, all * messages, journal.waits, journal.totals));
    found.push(summary("opfs-raw", size, raw.bytes, all, all * messages, raw.waits, raw.totals));
  }
} finally {
  await browser.kill();
  site.close();
  forget(folder);
}

console.log(`One write, one flush and one look at the lock per group; ${rounds} rounds; ${cpus().length} cores at load ${loadavg()[0].toFixed(1)}.
peerd-chromium: from full to durable, its rate with the filling; opfs-raw: the flush, its rate with the write.\n`);
const columns = Object.keys(found[0]);
console.log([columns, ...found.map((row) => columns.map((key) => (typeof row[key] === "number" ? figure(row[key]) : row[key])))]
  .map((line) => line.map((word, n) => (n ? word.padStart(12) : word.padEnd(16))).join("")).join("\n"));
if (json) {
  const row = ({ subject, size, ...rest }) => Object.entries(rest).map(([what, value]) => ({
    bench: "opfs", program: `group-of-${Math.round(size)}-bytes ${what}`, subject, value, unit: what.split(/[ ]/).at(-1),
    better: what.includes("ms") ? "lower" : "higher", rounds: Number(rounds),
  }));
  writeFileSync(json, found.flatMap(row).map((one) => JSON.stringify(one) + "\n").join(""));
}
