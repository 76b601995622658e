//! Apps: written by the agent and tried, shown to a person, what they keep is there again, and one goes out as a file that runs anywhere.
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../../lib/chromium.mjs";
import { inTurn } from "../../lib/model.mjs";
import { REACHING, origin } from "../../lib/origin.mjs";
import { call, holds, is, pause, shots, until, world } from "../world.mjs";

const INDEX = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Counter</title>
  <link rel="stylesheet" href="css/style.css">
</head>
<body>
  <main>
    <img src="mark.svg" alt="" width="40" height="40">
    <h1>Counter</h1>
    <p>Pressed <output id="count">0</output> times</p>
    <button id="more" onclick="more()">Once more</button>
    <form id="names"><input name="who" placeholder="A name" required><button>Add</button></form>
    <ul id="list"></ul>
  </main>
  <script src="js/main.js"></script>
  <script type="module" src="js/names.mjs"></script>
</body>
</html>`;
const STYLE = `:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
main { max-width: 24rem; margin: 3rem auto; display: grid; gap: 1rem; justify-items: start; }
button { padding: .5rem 1rem; border: 0; border-radius: .5rem; background: #0b6a6b; color: #fff; font: inherit; }
input { padding: .5rem; font: inherit; } output { font-weight: 700; }`;
const MAIN = `const count = document.getElementById('count');
let n = Number(localStorage.getItem('n') ?? 0);
const draw = () => { count.textContent = n; };
function more() {
  n += 1;
  localStorage.setItem('n', n);
  draw();
}
draw();
console.log('begins at', n);
`;
const BROKEN = MAIN.replace("draw();\nconsole", "drw();\nconsole");
const NAMES = `import { load, keep as put } from './store.mjs';
const list = document.getElementById('list');
const names = await load();
const show = () => list.replaceChildren(...names.map((name) => Object.assign(document.createElement('li'), { textContent: name })));
document.getElementById('names').addEventListener('submit', async (event) => {
  event.preventDefault();
  names.push(new FormData(event.target).get('who'));
  event.target.reset();
  await put(names);
  show();
});
show();
`;
const STORE = `const KEY = 'names';
export async function load() { return JSON.parse((await peerd.storage.get(KEY)) ?? '[]'); }
export const keep = (names) => peerd.storage.set(KEY, JSON.stringify(names));
`;
const MARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="16" fill="#0b6a6b"/></svg>`;

const write = (path, content) => call("app_write", { app: "Counter", path, content });
const files = [write("index.html", INDEX), write("css/style.css", STYLE), write("js/main.js", BROKEN), write("js/names.mjs", NAMES), write("js/store.mjs", STORE), write("mark.svg", MARK)];
const preview = (more = {}) => call("app_preview", { app: "Counter", ...more });
const writes = inTurn(
  { calls: files },
  { calls: [preview()] },
  { calls: [write("js/main.js", MAIN), preview({ script: "document.getElementById('more').click(); return document.getElementById('count').textContent" })] },
  { calls: [call("app_keep", { app: "Counter", action: "save" }), call("app_read", { app: "Counter" }), call("app_keep", { app: "Counter", action: "export" })] },
  { text: "It is there." },
);

/** The page of apps, as a person has it. */
async function page(browser, story) {
  const it = await browser.context.newPage();
  const broke = [];
  let frames = 0;
  it.on("frameattached", () => frames++);
  it.on("pageerror", (error) => broke.push(error.message));
  await it.goto(browser.url("apps.html"));
  await it.bringToFront();
  const find = (name) => it.locator(`[data-testid=${name}]`);
  const app = it.frameLocator("[data-testid=view] iframe");
  const runs = () => until(async () => (await find("view").getAttribute("data-state")) === "runs", "it runs", 30_000);
  // A click waits until the frame draws, which it does when its page is in front: another page may have got there meanwhile.
  const press = async (button) => {
    try {
      await button.click({ timeout: 8_000 });
    } catch {
      await it.bringToFront();
      await button.click();
    }
  };
  const result = await story({ it, find, app, runs, press, frames: () => frames });
  is(broke, [], "errors of the page");
  return result;
}

export default {
  async "the-agent-writes-tries-mends-and-saves-an-app-and-its-owner-uses-it"() {
    await world({ policy: writes, start: null, launched: { size: { width: 1100, height: 800 } } }, async ({ panel, model, browser }) => {
      await panel.say("Make me a counter.");
      is(await panel.ended(90_000), "done", "the run's phase");
      const told = model.views.at(-1).results;
      is((await panel.cards()).map((card) => card.verdict), told.map(() => "done"), `cards: ${told.join("\n---\n")}`);
      const [broken, mended, exported] = [told[6], told[8], told.at(-1)];
      holds(/it ran, with 1 error\n/.test(broken) && /\[error\] js\/main\.js:9:1: (Uncaught )?ReferenceError: drw is not defined/.test(broken), `the error has its place: ${broken}`);
      holds(/it ran without an error/.test(mended) && /--- the script returned\n1/.test(mended) && /begins at 0/.test(mended), `mended: ${mended}`);
      holds(/one file of \d+ bytes/.test(exported), exported);
      await page(browser, async ({ it, find, app, runs, press }) => {
        await runs();
        // What it kept while it was tried is the same app's.
        is(await app.locator("#count").innerText(), "1", "what it keeps");
        await press(app.locator("#more"));
        await press(app.locator("#more"));
        await app.locator("[name=who]").fill("Ada");
        await press(app.locator("#names button"));
        await until(async () => (await app.locator("#list li").allInnerTexts()).join() === "Ada", "a form is heard");
        is(await app.locator("#count").innerText(), "3", "it is used");
        is(await app.locator("img").evaluate((it) => it.naturalWidth > 0), true, "its picture");
        await shots(it, "app");
        await find("files").click();
        await shots(it, "app-files");
        await find("reload").click();
        await runs();
        await until(async () => (await app.locator("#count").innerText()) === "3", "after a reload it is there again");
        await it.reload();
        await runs();
        await until(async () => (await app.locator("#list li").allInnerTexts()).join() === "Ada", "and after the page was closed");
        const [download] = await Promise.all([it.waitForEvent("download"), find("export").click()]);
        is(download.suggestedFilename(), "Counter.html", "its name");
        const text = readFileSync(await download.path(), "utf8");
        const file = join(tmpdir(), `peerd-exported-${process.pid}.html`);
        writeFileSync(file, text);
        const outside = await browser.context.newPage();
        const broke = [];
        outside.on("pageerror", (error) => broke.push(error.message));
        await outside.goto(`file://${file}`);
        await outside.locator("#more").click();
        await outside.locator("[name=who]").fill("Grace");
        await outside.locator("#names button").click();
        await until(async () => (await outside.locator("#list li").allInnerTexts()).join() === "Grace", "outside its form works");
        is(await outside.locator("#count").innerText(), "1", "and its button");
        await outside.reload();
        is(await outside.locator("#count").innerText(), "1", "and it keeps what it had");
        is(broke, [], "errors outside");
      });
    });
  },

  async "a-person-writes-an-app-renames-saves-and-deletes-it"() {
    const browser = await launch({ size: { width: 1100, height: 800 } });
    try {
      await page(browser, async ({ it, find, app, runs }) => {
        await it.locator(".nothing .main-button").click();
        await runs();
        await until(async () => (await app.locator("h1").innerText()) === "Hello", "a first page");
        await it.locator("[data-testid=tab]", { hasText: "main.js" }).click();
        await find("editor").locator(".cm-content").click();
        await it.keyboard.press("ControlOrMeta+a");
        await it.keyboard.insertText("document.querySelector('h1').textContent = 'Mine';\nconst x = ;\n");
        await until(async () => (await find("console").innerText()).includes("main.js:2:11"), "an error has its place");
        await shots(it, "app-error");
        await find("editor").locator(".cm-content").click();
        await it.keyboard.press("ControlOrMeta+a");
        await it.keyboard.insertText("document.querySelector('h1').textContent = 'Mine';\n");
        await until(async () => (await app.locator("h1").innerText().catch(() => "")) === "Mine", "it is shown as it is written");
        await find("save").click();
        await until(async () => (await find("state").innerText()).startsWith("Version 1"), "it is saved");
        await find("title").fill("Greeting");
        await find("title").press("Enter");
        await until(async () => (await find("works").innerText()).includes("Greeting"), "it has a new name");
        // One that never ends takes nobody with it.
        await find("editor").locator(".cm-content").click();
        await it.keyboard.press("ControlOrMeta+a");
        await it.keyboard.insertText("for (;;);");
        await until(async () => (await find("view").innerText()).includes("The app has ended"), "it is given up", 40_000);
        await shots(it, "app-ended");
        await find("works").locator("[data-testid=delete]").click({ force: true });
        await find("sure").click();
        await until(async () => (await it.locator(".nothing").count()) === 1, "it is deleted");
      });
    } finally {
      await browser.close();
    }
  },

  async "an-app-fetches-from-what-its-owner-allows-until-it-is-taken-back"() {
    const [one, two] = await Promise.all([origin(), origin()]);
    const index = `<!doctype html><title>News</title><button id="go">Go</button> <output id="said"></output>
<script>
  const say = (text) => { document.getElementById('said').textContent = text; };
  document.getElementById('go').onclick = () => fetch('${one.url}/news').then((it) => it.text()).then(say, (error) => say(String(error)));
</script>`;
    const news = (path, content) => call("app_write", { app: "News", path, content });
    const tries = (url, origins) => call("app_preview", { app: "News", origins, script: `return fetch('${url}').then((it) => it.text(), String)` });
    const policy = inTurn(
      { calls: [news("index.html", index), tries(`${one.url}/a`, [one.url])] },
      { calls: [tries(`${one.url}/b`)] },
      { calls: [tries(`${two.url}/c`, [two.url])] },
      { text: "It is there." },
    );
    try {
      await world({ policy, start: null, launched: { args: REACHING, size: { width: 1100, height: 800 } } }, async ({ panel, model, browser }) => {
        await panel.say(`Make me an app of ${one.url}/news`);
        holds((await panel.approve("deny", 60_000)).includes(two.url), "what was not named is asked for");
        is(await panel.ended(90_000), "done", "the run's phase");
        const told = model.views.at(-1).results;
        holds(/hello from \/a/.test(told[1]), told[1]);
        holds(told[2].includes(`${one.url} was not granted`), `a trial keeps nothing: ${told[2]}`);
        holds(/^Not executed/.test(told[3]), told[3]);
        await page(browser, async ({ it, find, app, runs, press, frames }) => {
          await runs();
          await pause(500);
          is(frames(), 1, "how often it was started");
          const goes = async (what, expect) => {
            await press(app.locator("#go"));
            await until(async () => (await app.locator("#said").innerText()).includes(expect), what);
          };
          await goes("it says what has to be granted", `${one.url} was not granted: its owner allows it in the page of apps`);
          await until(async () => (await find("network").innerText()).includes("asked for"), "it is offered");
          await shots(it, "app-network");
          await find("network").getByRole("button", { name: `Allow ${one.url}` }).press("Enter");
          await until(async () => (await find("network").locator(".granted").count()) === 1, "it is granted");
          await goes("it reaches that while it runs", "hello from /news");
          await find("reload").click();
          await runs();
          await goes("and after a reload", "hello from /news");
          await find("network").getByRole("button", { name: `Take back ${one.url}` }).click();
          await until(async () => (await find("network").locator(".granted").count()) === 0, "it is taken back");
          await goes("and reaches it no more", "was not granted");
        });
        is(one.asked.map((ask) => [ask.url, ask.cookie]), [["/a", undefined], ["/news", undefined], ["/news", undefined]], "what was asked");
        is(two.asked, [], "what the other one was asked");
      });
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  },
};
