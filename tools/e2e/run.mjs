//! `./x e2e`: the real extension in a real Chromium, one exact outcome per case.
import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { Rows, options } from "../lib/rows.mjs";

// Node 20 has a WebSocket only when asked for it.
if (!globalThis.WebSocket) {
  const { status } = spawnSync(process.execPath, ["--experimental-websocket", "--no-warnings", ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(status ?? 1);
}

const words = options(process.argv.slice(2), { flags: ["headed", "list"], values: ["case", "json"], rest: "names" });
if (words.headed) process.env.PEERD_HEADED = "1";

const folder = new URL("./cases/", import.meta.url);
const cases = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs")).sort()) {
  const { default: group, lacking } = await import(new URL(file, folder));
  for (const [name, work] of Object.entries(group)) cases.push({ name: `${file.replace(/\.mjs$/, "")}/${name}`, work, lacking });
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
for (const one of chosen) {
  const why = one.lacking?.();
  if (why) rows.add(one.name, "skipped", why);
  else await rows.run(one.name, one.work);
}
process.exit(rows.end(words.json));
