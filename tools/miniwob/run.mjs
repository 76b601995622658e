//! `./x miniwob`: the MiniWoB task pages through the extension's own tools, a policy in the model's place on the wire.
import { launch } from "../lib/chromium.mjs";
import { scripted } from "../lib/model.mjs";
import { Panel } from "../lib/panel.mjs";
import { Rows, options } from "../lib/rows.mjs";
import { addProvider } from "../e2e/world.mjs";
import { episode } from "./episode.mjs";
import { ensure, has, serve } from "./package.mjs";
import { TASKS, policy } from "./policy.mjs";

const NEEDED = 40;
const words = options(process.argv.slice(2), { flags: ["headed"], values: ["tasks", "seeds", "json"] });
const seeds = (words.seeds ?? "11,22,33,44,55").split(",").map(Number);
const tasks = words.tasks ? words.tasks.split(",") : TASKS;

try {
  ensure();
} catch (lacking) {
  console.error(lacking.message);
  process.exit(2);
}
const unknown = tasks.find((task) => !has(task));
if (unknown) {
  console.error(`the package has no task ${unknown}`);
  process.exit(2);
}
const rows = new Rows("miniwob");
const pages = await serve();
const errors = [];
const model = await scripted(async (view) => {
  try {
    return await policy(view);
  } catch (error) {
    errors.push(error.message);
    return { text: `The policy failed: ${error.message}` };
  }
});
const browser = await launch({ headless: !words.headed });
await (await addProvider(browser, { kind: "openai", base: model.base("openai") })).close();
const tab = browser.context.pages()[0];
const table = [];
await tab.goto(`${pages.url}/miniwob/${tasks[0]}.html`);
const panel = await Panel.open(browser);

for (const task of tasks) {
  const line = { task, solved: 0, actions: 0, tokens: 0 };
  for (const seed of seeds) {
    const before = model.views.length;
    errors.length = 0;
    const got = await episode({ panel, tab, url: pages.url, task, seed });
    const views = model.views.slice(before);
    // As they were when they came: older page states are shortened later.
    const results = views.flatMap((view, at) => view.results.slice(views[at - 1]?.results.length ?? 0));
    line.actions += results.length;
    line.tokens += results.reduce((sum, result) => sum + Buffer.byteLength(result), 0) / 4;
    const solved = got.raw === 1 && errors.length === 0;
    if (solved) line.solved++;
    const wrong = [errors[0] && `policy error: ${errors[0]}`, `reward ${got.raw}`, got.ended, got.why, got.instruction].filter(Boolean);
    const why = solved ? "" : wrong.join("; ");
    if (process.env.PEERD_TRACE && !solved) console.error(`\n== ${task}#${seed}: ${got.instruction}\n${transcript(views)}`);
    rows.add(`${task}#${seed}`, solved ? "passed" : "failed", why.slice(0, 400));
  }
  table.push(line);
}
await browser.close();
await model.stop();
await pages.stop();

console.log("\ntask                            solved  actions  bytes/4");
for (const { task, solved, actions, tokens } of table) {
  const [each, bytes] = [(actions / seeds.length).toFixed(1), Math.round(tokens / seeds.length)];
  console.log(`${task.padEnd(30)} ${String(solved).padStart(4)}/${seeds.length} ${each.padStart(8)} ${String(bytes).padStart(8)}`);
}
const whole = table.filter((line) => line.solved === seeds.length).length;
const wanted = words.tasks ? tasks.length : NEEDED;
console.log(`\n${whole} task types at reward 1 on every seed (${wanted} are needed)`);
const code = rows.end(words.json);
const broken = rows.rows.some((row) => row.why.includes("policy error"));
process.exit(whole >= wanted && !broken ? 0 : code || 1);

/** What was called and what came back, for a person who looks for a policy's mistake. */
function transcript(views) {
  return views.map((view, at) => {
    const calls = view.messages.findLast((message) => message.role === "assistant")?.tool_calls ?? [];
    const said = at ? calls.map((call) => `>>> ${call.function.name} ${call.function.arguments}`) : [];
    return [...said, ...view.results.slice(views[at - 1]?.results.length ?? 0)].join("\n");
  }).join("\n");
}
