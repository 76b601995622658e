//! Notebooks: the agent runs cells, a person runs cells in the page, one that hangs is killed and the notebook goes on, files go in and out.
import { readFileSync } from "node:fs";
import { launch } from "../../lib/chromium.mjs";
import { inTurn } from "../../lib/model.mjs";
import { call, holds, is, shots, until, world } from "../world.mjs";

const cellRun = (code, more = {}) => call("notebook_run", { notebook: "Sums", code, ...more });
const runs = (...calls) => inTurn(...calls.map((one) => ({ calls: [one].flat() })), { text: "That is all." });

/** The page of notebooks, as a person has it. */
async function page(browser, story, at = "notebook.html") {
  const it = await browser.context.newPage();
  const broke = [];
  it.on("pageerror", (error) => broke.push(error.message));
  it.on("console", (message) => message.type() === "error" && broke.push(message.text()));
  await it.goto(browser.url(at));
  const find = (name) => it.locator(`[data-testid=${name}]`);
  const cell = (at) => find("cell").nth(at);
  const outputs = (at) => cell(at).locator("[data-testid=outputs]").innerText();
  const type = async (at, text) => {
    await cell(at).locator(".cm-content").click();
    await it.keyboard.press("ControlOrMeta+a");
    await it.keyboard.insertText(text);
  };
  const state = (at, wanted, ms = 15_000) => until(async () => (await cell(at).getAttribute("data-state")) === wanted, `cell ${at} is ${wanted}`, ms);
  const result = await story({ it, find, cell, outputs, type, state });
  is(broke, [], "errors of the page");
  return result;
}

/** Whatever the order of its keys is. */
const sorted = (value) => (Array.isArray(value) ? value.map(sorted) : value && typeof value === "object" ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value);

export default {
  async "the-agent-runs-cells-that-share-their-state"() {
    const policy = runs(
      cellRun("const all = [3, 1, 2];\nfunction sum(list) { return list.reduce((a, b) => a + b, 0); }\nconsole.log('there are', all.length);\nsum(all)"),
      cellRun("table(all.map((n) => ({ n, square: n * n })));\nchart({ type: 'bar', title: 'Squares', x: all, series: [{ name: 'square', y: all.map((n) => n * n) }] });\nsum(all.map((n) => n * n))"),
      cellRun("const broken = 1;\nall.missing.name"),
      [call("notebook_edit", { notebook: "Sums", kind: "markdown", source: `# Sums\nAll of **them**.\n\n    ${"one and two and ".repeat(20)}`, after: "c1" }), call("notebook_read", { notebook: "Sums" })],
    );
    await world({ policy, start: null, launched: { size: { width: 1100, height: 900 } } }, async ({ panel, model, browser }) => {
      await panel.say("Add up three, one and two.");
      is(await panel.ended(), "done", "the run's phase");
      is((await panel.cards()).map((card) => [card.tool, card.verdict]), [
        ["notebook_run", "done"], ["notebook_run", "done"], ["notebook_run", "failed"], ["notebook_edit", "done"], ["notebook_read", "done"],
      ], "cards");
      const [first, second, third, , read] = model.views.at(-1).results;
      holds(/<page origin="notebook">\nthere are 3\n=> 6\n<\/page>/.test(first), first);
      holds(/n\tsquare\n3\t9\n1\t1\n2\t4\n\[bar chart "Squares": square: 3 points\]\n=> 14/.test(second), second);
      holds(/TypeError: Cannot read properties of undefined.*\nat c3, line 2/.test(third), third);
      holds(/\[c4\] markdown\n# Sums/.test(read) && /\[c1\] code, done/.test(read), read);
      await page(browser, async ({ it, find, cell, outputs }) => {
        await until(async () => (await find("cell").count()) === 4, "its cells are shown");
        is(await find("title").inputValue(), "Sums", "its name");
        is(await outputs(0), "there are 3\n6", "the first cell's outputs");
        holds((await cell(1).locator(".prose h2").innerText()) === "Sums", "text is text");
        is(await it.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "a long line stays within its page");
        is(await cell(1).locator(".prose pre").evaluate((it) => it.scrollWidth <= it.clientWidth), true, "and within its cell");
        await until(async () => (await it.locator("canvas").evaluate((it) => it.getContext("2d").getImageData(0, 0, it.width, it.height).data.some((byte) => byte > 0)).catch(() => false)), "the chart is drawn");
        is(await find("table").locator("tbody tr").count(), 3, "rows of the table");
        await shots(it, "notebook");
      });
    });
  },

  async "a-person-runs-cells-and-one-that-hangs-is-killed"() {
    const browser = await launch({ size: { width: 1100, height: 800 } });
    try {
      await page(browser, async ({ it, find, cell, outputs, type, state }) => {
        await it.locator(".nothing .main-button").click();
        await until(async () => (await find("cell").count()) === 1, "a first cell");
        await it.keyboard.insertText("let n = 20;\nn + 1");
        await it.keyboard.press("Shift+Enter");
        await until(async () => (await find("cell").count()) === 2, "Shift+Enter goes on");
        await state(0, "done", 30_000);
        is(await outputs(0), "21", "the result");
        await it.keyboard.insertText("n += 2;\nawait files.write('a/n.txt', String(n));\nfor (let at = 0; at < 3; at++) { console.log('line', at); await new Promise((done) => setTimeout(done, 700)); }\nn * 2");
        await it.keyboard.press("ControlOrMeta+Enter");
        await until(async () => (await outputs(1)).includes("line 0") && (await cell(1).getAttribute("data-state")) === "running", "what it says is shown while it runs");
        await state(1, "done");
        is(await outputs(1), "line 0\nline 1\nline 2\n44", "what it said, and the result");
        await until(async () => (await find("files").innerText()).includes("a/n.txt"), "its file");
        // One that never ends.
        await it.keyboard.press("Escape");
        await it.keyboard.press("b");
        await until(async () => (await find("cell").count()) === 3, "b adds a cell");
        await it.keyboard.insertText("console.log('begun'); for (;;);");
        await it.keyboard.press("ControlOrMeta+Enter");
        await until(async () => (await outputs(2)).includes("begun"), "it runs");
        await shots(it, "notebook-running");
        await find("stop").click();
        await state(2, "killed");
        holds((await cell(2).locator("[data-testid=note]").innerText()).startsWith("Killed: it was stopped. What the notebook had in its variables is lost"), "it says what is lost");
        is(await outputs(0), "21", "other cells' results stay");
        await shots(it, "notebook-killed");
        await type(2, "[typeof n, await files.readText('a/n.txt')].join()");
        await it.keyboard.press("ControlOrMeta+Enter");
        await state(2, "done", 30_000);
        is(await outputs(2), "undefined,22", "the notebook goes on: its variables are lost, its files are not");
        // And after the page and the vat were closed and opened again.
        await it.reload();
        await until(async () => (await find("cell").count()) === 3, "its cells are there again");
        is(await outputs(1), "line 0\nline 1\nline 2\n44", "with their outputs");
      });
    } finally {
      await browser.close();
    }
  },

  async "the-agents-hanging-cell-is-killed-in-time-and-said-so"() {
    const policy = runs(cellRun("const kept = 7; kept"), cellRun("console.log('begun'); for (;;);", { time_s: 2 }), cellRun("typeof kept"), cellRun("const flood = []; for (;;) console.log('x'.repeat(5000));"), cellRun("1 + 1"));
    await world({ policy, start: null }, async ({ panel, model }) => {
      await panel.say("Try these.");
      is(await panel.ended(90_000), "done", "the run's phase");
      const [, hung, after, flood, last] = model.views.at(-1).results;
      holds(/^failed: cell c2 was killed: a cell had not ended after 2 s\. What the notebook had in its variables is lost/.test(hung) && /begun/.test(hung), hung);
      holds(/=> undefined/.test(after), after);
      holds(/^failed: cell c4 was killed: (a cell said more than|its frame ended\.[^]*it sent too much)/.test(flood), flood.slice(0, 300));
      holds(/=> 2/.test(last), last);
    });
  },

  async "a-notebook-goes-out-as-a-file-and-in-again"() {
    const policy = runs(cellRun("console.log('hi'); 6 * 7"), call("notebook_edit", { notebook: "Sums", kind: "markdown", source: "Words" }));
    await world({ policy, start: null, launched: { size: { width: 1100, height: 800 } } }, async ({ panel, browser }) => {
      await panel.say("Multiply.");
      is(await panel.ended(), "done", "the run's phase");
      await page(browser, async ({ it, find, outputs }) => {
        await until(async () => (await find("cell").count()) === 2, "its cells");
        const exported = async () => {
          const [download] = await Promise.all([it.waitForEvent("download"), find("export").click()]);
          return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
        };
        const first = await exported(), file = JSON.parse(first.text);
        is([first.name, file.nbformat, file.nbformat_minor, file.metadata.kernelspec.name], ["Sums.ipynb", 4, 5, "javascript"], "what it is");
        is(file.cells.map((cell) => [cell.cell_type, cell.source]), [["code", ["console.log('hi'); 6 * 7"]], ["markdown", ["Words"]]], "its cells");
        is(file.cells[0].outputs.map((it) => it.output_type), ["stream", "execute_result"], "its outputs");
        // What we do not understand goes through.
        file.metadata.theirs = { deep: [1, null] };
        file.cells[0].metadata.tags = ["kept"];
        file.cells[0].outputs.push({ output_type: "display_data", metadata: {}, data: { "application/x-theirs": { a: 1 }, "text/html": ["<img src=x onerror=\"document.title='owned'\">", "<b>bold</b>"] } });
        const [chooser] = await Promise.all([it.waitForEvent("filechooser"), find("import").click()]);
        await chooser.setFiles({ name: "Theirs.ipynb", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(file)) });
        await until(async () => (await find("title").inputValue()) === "Theirs", "it is opened");
        await until(async () => (await find("cell").count()) === 2, "with its cells");
        const shown = await outputs(0);
        holds(shown.startsWith("hi\n42") && shown.includes("<b>bold</b>"), `markup is text: ${shown}`);
        is(await it.locator("[data-testid=outputs] b, [data-testid=outputs] img").count(), 0, "elements of the guest's");
        const second = JSON.parse((await exported()).text);
        is(sorted(second), sorted(file), "the same file comes out again");
      });
    });
  },
};
