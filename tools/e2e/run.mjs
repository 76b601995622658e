//! `./x e2e`: the real extension in a real Chromium, one exact outcome per case.
import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { Rows, options } from "../lib/rows.mjs";

// Node 20 has a WebSocket only when asked for it.
if (!globalThis.WebSocket) {
  const { status } = spawnSync(process.execPath, ["--experimental-websocket", "--no-warnings", ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(status ?? 1);
}

const words = options(process.argv.slice(2), { flags: ["headed", "list"], values: ["case", "json", "lanes"], rest: "names" });
if (words.headed) process.env.PEERD_HEADED = "1";

const folder = new URL("./cases/", import.meta.url);
const cases = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs")).sort()) {
  const { default: group, lacking, alone = [] } = await import(new URL(file, folder));
  for (const [name, work] of Object.entries(group)) cases.push({ file, name: `${file.replace(/\.mjs$/, "")}/${name}`, work, lacking, isAlone: alone.includes(name) });
}

if (words.list) {
  for (const one of cases) console.log(one.name);
  process.exit(0);
}

/** Names of several groups. */
const SETS = { sandboxes: ["sandboxes", "notebook", "apps", "linux"] };
const wanted = [...words.names, ...(words.case?.split(",") ?? [])].flatMap((name) => SETS[name] ?? [name]);
const chosen = cases.filter((one) => wanted.length === 0 || wanted.some((part) => one.name === part || one.name.startsWith(`${part}/`) || one.name.endsWith(`/${part}`)));
if (chosen.length === 0) {
  console.error("no case is called that; --list names them");
  process.exit(2);
}
const rows = new Rows("e2e");

/** Files that are played at once: most of a case is waiting. A file's own cases follow each other, as some go on where another ended. */
const lanes = words.headed ? 1 : Number(words.lanes ?? 2);
if (!Number.isInteger(lanes) || lanes < 1) {
  console.error("--lanes is a number from 1");
  process.exit(2);
}
const files = [...new Set(chosen.map((one) => one.file))].map((file) => chosen.filter((one) => one.file === file && !one.isAlone));

async function play({ name, work, lacking }) {
  const why = lacking?.();
  if (why) rows.add(name, "skipped", why);
  else await rows.run(name, work);
}

async function lane() {
  for (let file = files.shift(); file; file = files.shift()) {
    for (const one of file) await play(one);
  }
}
await Promise.all(Array.from({ length: lanes }, lane));
// Last, what is timed: with another browser on the same cores it would be that one's time, too.
for (const one of chosen.filter((one) => one.isAlone)) await play(one);
process.exit(rows.end(words.json));
