//! The panel as a person uses it: what it shows and the buttons it has, found by the test ids of docs/protocol.md.

const id = (name) => `[data-testid="${name}"]`;

export class Panel {
  constructor(page) {
    this.page = page;
  }

  static async open(browser) {
    const page = await browser.context.newPage();
    await page.goto(browser.url("panel.html"));
    await page.waitForSelector(id("composer"), { timeout: 20_000 });
    return new Panel(page);
  }

  find(name) {
    return this.page.locator(id(name));
  }

  async say(text) {
    await this.find("composer").fill(text);
    await this.find("send").click();
  }

  /** Waits until the run is in one of these phases and answers which. */
  async phase(phases, ms = 30_000) {
    const wanted = [phases].flat();
    const handle = await this.page.waitForFunction(
      ([selector, wanted]) => {
        const phase = document.querySelector(selector)?.dataset.phase;
        return wanted.includes(phase) ? phase : null;
      },
      [id("run"), wanted], { timeout: ms },
    );
    return handle.jsonValue();
  }

  ended(ms = 60_000) {
    return this.phase(["done", "stopped", "failed", "interrupted"], ms);
  }

  /** Presses Stop. When it was pressed, as the browser heard it: what it takes to find the button is the driver's. */
  async stop() {
    const pressed = this.page.evaluate((selector) => new Promise((done) => {
      const heard = (event) => event.target.closest(selector) && done(Date.now() - (performance.now() - event.timeStamp));
      document.addEventListener("click", heard, { capture: true });
    }), id("stop"));
    await this.find("stop").click();
    return pressed;
  }

  /** Every tool card: tool, verdict, and its words. */
  cards() {
    return this.find("tool-card").evaluateAll((cards) => cards.map((card) => ({
      tool: card.dataset.tool, verdict: card.dataset.verdict, text: card.innerText.replace(/\s+/g, " ").trim(),
    })));
  }

  texts(name) {
    return this.find(name).allInnerTexts();
  }

  /** Answers the first question that is shown, and waits until it is gone. What it said. */
  async approve(answer, ms = 20_000) {
    const first = this.find("approval").first();
    await first.waitFor({ timeout: ms });
    const approval = this.page.locator(`[aria-labelledby="${await first.getAttribute("aria-labelledby")}"]`);
    const text = (await approval.innerText()).replace(/\s+/g, " ");
    await approval.locator(id(answer)).click();
    await approval.waitFor({ state: "detached" });
    return text;
  }

  shot(path) {
    return this.page.screenshot({ path });
  }
}
