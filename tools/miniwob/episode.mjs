//! One episode: the harness starts it and reads its reward; everything in between is the extension's own doing.

const EPISODE_MS = 60_000;

/** Opens the task with a seed and answers its instruction. Only here, and in `reward`, are the page's own globals touched. */
export async function begin(tab, url, task, seed) {
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

export const reward = (tab) => tab.evaluate(() => ({ done: WOB_DONE_GLOBAL, raw: WOB_RAW_REWARD_GLOBAL, why: WOB_REWARD_REASON ?? "" }));

/** Gives the instruction to peerd as its owner would, answers its questions with yes, and waits until it ends. */
export async function play({ panel, tab, instruction }) {
  await panel.find("new-chat").click();
  await panel.page.waitForFunction(() => (document.querySelector("[data-testid=run]")?.dataset.phase ?? "idle") === "idle" && !document.querySelector("[data-testid=user]"));
  await panel.say(instruction);
  const end = performance.now() + EPISODE_MS;
  for (;;) {
    const state = await panel.page.evaluate(() => ({
      phase: document.querySelector("[data-testid=run]")?.dataset.phase,
      asks: document.querySelectorAll("[data-testid=approval]").length,
    }));
    if (["done", "failed", "stopped", "interrupted"].includes(state.phase)) return state.phase;
    if (state.asks) await panel.page.locator("[data-testid=approve-task], [data-testid=approve-once]").first().click({ timeout: 2_000 }).catch(() => {});
    else if ((await reward(tab)).done && performance.now() > end - EPISODE_MS + 20_000) return "late";
    if (performance.now() > end) return "too long";
    await new Promise((done) => setTimeout(done, 40));
  }
}
