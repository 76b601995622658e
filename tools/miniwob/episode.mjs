//! One episode: the harness starts it and reads its reward; everything in between is the extension's own doing.

const EPISODE_MS = 60_000;
/** An episode that is over keeps its run this long at most. */
const LATE_MS = 20_000;

/** Plays the task with this seed to its end: what was asked, how the run ended, the page's raw reward and its reason. */
export async function episode({ panel, tab, url, task, seed }) {
  let instruction = "";
  try {
    await tab.bringToFront();
    instruction = await begin(tab, url, task, seed);
    const ended = await play({ panel, tab, instruction });
    return { instruction, ended, ...(await reward(tab)) };
  } catch (error) {
    return { instruction, ended: error.message.split("\n")[0], raw: 0, why: "" };
  }
}

/** Opens the task with a seed and answers its instruction. Only here, and in `reward`, are the page's own globals touched. */
async function begin(tab, url, task, seed) {
  await tab.goto(`${url}/miniwob/${task}.html`);
  return tab.evaluate(async (seed) => {
    core.EPISODE_MAX_TIME = 1e6;
    if (typeof WOB_EPISODE_ID === "number" && WOB_EPISODE_ID > 0) core.endEpisode(0);
    Math.seedrandom(seed);
    core.startEpisodeReal();
    for (let i = 0; i < 100 && !WOB_TASK_READY; i++) await new Promise((done) => setTimeout(done, 20));
    const said = core.getUtterance();
    return typeof said === "string" ? said : said.utterance;
  }, seed);
}

const reward = (tab) => tab.evaluate(() => ({ done: WOB_DONE_GLOBAL, raw: WOB_RAW_REWARD_GLOBAL, why: WOB_REWARD_REASON ?? "" }));

/**
 * Gives the instruction to peerd as its owner would, answers its questions with yes, and waits until it ends. The panel's tab lies behind
 * the page's and is drawn once a second: presses are dispatched, a pointer would wait for the next drawing.
 */
async function play({ panel, tab, instruction }) {
  await press(panel.find("new-chat"));
  await panel.page.waitForFunction(fresh, null, { polling: 20 });
  await panel.find("composer").fill(instruction);
  await press(panel.find("send"));
  const begun = performance.now();
  for (;;) {
    const state = await panel.page.evaluate(() => ({
      phase: document.querySelector("[data-testid=run]")?.dataset.phase,
      asks: document.querySelectorAll("[data-testid=approval]").length,
    }));
    if (["done", "failed", "stopped", "interrupted"].includes(state.phase)) return state.phase;
    if (state.asks) await press(panel.page.locator("[data-testid=approve-task], [data-testid=approve-once]").first()).catch(() => {});
    const spent = performance.now() - begun;
    if (spent > EPISODE_MS) return "too long";
    if (spent > LATE_MS && (await reward(tab)).done) return "late";
    await new Promise((done) => setTimeout(done, 20));
  }
}

const press = (locator) => locator.dispatchEvent("click", null, { timeout: 2_000 });

/** In the panel: a chat in which nothing was said yet. */
const fresh = () => {
  const phase = document.querySelector("[data-testid=run]")?.dataset.phase ?? "idle";
  return phase === "idle" && !document.querySelector("[data-testid=user]");
};
