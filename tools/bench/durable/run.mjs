//! `./x bench durable`: everybody plays every round, one after the other, each round begun by another one; then the table.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { options } from "../../lib/rows.mjs";
import { chromium, native, workerd } from "./contestants.mjs";

const asked = options(process.argv.slice(2), { values: ["module", "native", "workerd", "json", "rounds", "scale", "subjects"] });
const rounds = Number(asked.rounds ?? 5), scale = Number(asked.scale ?? 1);

/** What is counted, in which unit, and which way is good. */
const PROGRAMS = {
  "durable-messages": ["1/s", "higher"], "durable-messages-per-cpu-second": ["1/s", "higher"], "commit-latency-p50": ["ms", "lower"],
  "commit-latency-p99": ["ms", "lower"], recovery: ["1/s", "higher"], activation: ["1/s", "higher"], "bytes-passivated": ["B", "lower"], "journal-bytes": ["B", "lower"], "group-bytes": ["B", "higher"],
};
/** What peerd in Chromium is to reach: in the program's unit, or so many times as much as somebody else. */
const AIMS = [
  ["durable-messages", 300_000], ["commit-latency-p50", 5], ["commit-latency-p99", 10], ["recovery", 500_000],
  ["activation", 100_000], ["bytes-passivated", 64],
  ["durable-messages", 50, "indexeddb-strict"], ["durable-messages", 20, "indexeddb-strict-100"], ["durable-messages", 0.5, "opfs-raw"],
  ["durable-messages-per-cpu-second", 10, "workerd-sqlite"],
];

const samples = new Map();
const key = (program, subject) => `${program} ${subject}`;
const add = (subject, values) => Object.entries(values).forEach(([program, value]) => {
  samples.set(key(program, subject), [...(samples.get(key(program, subject)) ?? []), value]);
});
const score = (program, subject) => {
  const sorted = samples.get(key(program, subject))?.toSorted((a, b) => a - b);
  return sorted && { median: sorted[Math.floor(sorted.length / 2)], min: sorted[0], max: sorted.at(-1) };
};
const figure = (number) => number.toLocaleString("en", { maximumSignificantDigits: 3 });

const groups = [];
if (asked.module) groups.push(await chromium(asked.module));
if (asked.native) groups.push(await native(asked.native));
if (asked.workerd) groups.push(await workerd(asked.workerd));
const wanted = asked.subjects?.split(",");
const everybody = groups.flatMap(({ play }) => Object.entries(play)).filter(([subject]) => !wanted || wanted.includes(subject));

const before = loadavg()[0];
try {
  for (let round = 0; round < rounds; round++) {
    // In turn, from another one each time. Who writes the same groups without a kernel comes after the kernel: it is told which.
    for (const { play } of groups.map((_, n) => groups[(n + round) % groups.length])) {
      for (const [subject, once] of Object.entries(play).filter(([subject]) => everybody.some(([known]) => known === subject))) {
        console.error(`x: round ${round + 1} of ${rounds}: ${subject}`);
        add(subject, await once(scale));
      }
    }
  }
} finally {
  for (const group of groups) await group.end();
}

const subjects = everybody.map(([subject]) => subject);
const lines = [["program", "unit", ...subjects]];
for (const [program, [unit]] of Object.entries(PROGRAMS)) {
  const scores = subjects.map((subject) => score(program, subject));
  if (scores.some(Boolean)) lines.push([program, unit, ...scores.map((one) => (one ? figure(one.median) : ""))]);
}
const wide = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
console.log(lines.map((line) => line.map((cell, n) => (n < 2 ? cell.padEnd(wide[n]) : cell.padStart(wide[n]))).join("  ")).join("\n"));
const note = `${rounds} rounds, scale ${scale}; a group 2 ms or 256 KiB; ${cpus().length} cores, ${cpus()[0].model}; load before ${before.toFixed(1)}, after ${loadavg()[0].toFixed(1)}`;
console.log(`\nMedians. ${note}\n`);

let met = 0, missed = 0;
for (const [program, aim, other] of AIMS) {
  const [ours, theirs] = [score(program, "peerd-chromium"), other ? score(program, other) : { median: 1 }];
  if (!ours || !theirs) continue;
  const is = ours.median / theirs.median;
  const holds = PROGRAMS[program][1] === "higher" ? is >= aim : is <= aim;
  holds ? met++ : missed++;
  console.log(`${holds ? "met   " : "missed"}  ${program}${other ? ` beside ${other}` : ""}: ${figure(is)} of ${figure(aim)}${other ? "x" : ` ${PROGRAMS[program][0]}`}`);
}
console.log(`${met} aims met, ${missed} missed`);
if (asked.json) {
  const row = ([program, [unit, better]]) => subjects.map((subject) => [subject, score(program, subject)]).filter(([, one]) => one)
    .map(([subject, { median, min, max }]) => ({ bench: "durable", program, subject, value: median, unit, better, rounds, min, max, note }));
  writeFileSync(asked.json, Object.entries(PROGRAMS).flatMap(row).map((one) => JSON.stringify(one) + "\n").join(""));
}
