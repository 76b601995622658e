//! Seeded plays: a scenario and a seed in, and the same story every time; its verdict, and its transcript line by line.
import { fill, find, h, stateOf } from "./dom.js";

/** Lines that are shown at once, the chosen one in the middle. */
const LINES = 60;

/** What each checker looks for, after every fact. */
const PROMISES = {
  I1: "one turn at a time",
  I2: "nothing overtakes",
  I3: "a dropped turn leaves nothing",
  I8: "timers ring in time",
  I9: "every death is told once",
  I10: "no message is lost silently",
  I12: "no hog delays the others",
  C13: "supervisors keep their word",
  C15: "the dead leave nothing behind",
  C16: "the same seed, the same story",
  calls: "each call settles once",
  mailboxes: "no mailbox beyond its bounds",
  upgrade: "an upgrade takes the whole state",
  "far-order": "nothing overtakes between vats",
  "far-deaths": "deaths are told between vats",
  "far-calls": "each call settles once",
  "far-last": "the lost say nothing more",
  "far-loss": "nothing is lost while nothing is cut",
  "shard-epoch": "one owner of a shard at a time",
  "shard-speaks": "who was overtaken says nothing more",
  "shard-once": "each request is handled once",
  "shard-kept": "what was answered is kept",
  "shard-steady": "in the end all is well",
};

export class Play {
  constructor(scenarios, keep) {
    Object.assign(this, { scenarios, keep, at: 0, asked: 0, plays: 0, open: new Map() });
    this.view = find("play-view");
    addEventListener("keydown", (event) => this.key(event));
  }

  show(on, words) {
    this.shown = on;
    if (!on) return;
    if (!this.worker) this.build();
    const link = new URLSearchParams(words);
    const [name, seed, line] = [link.get("name") ?? this.name.value, link.get("seed") ?? this.seed.value, Number(link.get("line") ?? 0)];
    if (this.summary?.name === name && this.summary?.seed === seed) return this.look(link.has("line") ? line : this.at);
    this.play(name, seed, line);
  }

  build() {
    this.worker = this.start();
    this.name = h("select", { name: "name", ariaLabel: "Scenario" }, this.scenarios.map(({ name }) => h("option", {}, name)));
    this.name.value = "trees";
    this.seed = h("input", { name: "seed", type: "text", inputMode: "numeric", pattern: "\\d{1,20}", value: "4", ariaLabel: "Seed", required: true });
    this.line = h("p.strategy");
    const go = (seed) => () => this.play(this.name.value, seed ? seed() : this.seed.value, 0);
    this.name.onchange = go();
    const next = h("button.plain", { type: "button", onclick: go(() => String(BigInt(this.seed.value || 0) + 1n)) }, "Next seed");
    const form = h("form.setup", { ariaLabel: "What is played", onsubmit: (event) => (event.preventDefault(), go()()) },
      h("label", {}, "Scenario ", this.name), h("label", {}, "Seed ", this.seed), h("button.main-button", { type: "submit" }, "Play it"), next);
    this.result = h("div.result", { ariaLive: "polite" });
    this.view.append(form, this.line, this.result);
  }

  start() {
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    worker.onerror = ({ message }) => this.fail(new Error(message || "The worker did not start."), worker);
    worker.onmessage = ({ data: { id, told, broken } }) => {
      const { done, failed } = this.open.get(id);
      this.open.delete(id);
      if (broken) failed(new Error(broken));
      else done(told);
    };
    return worker;
  }

  ask(call, ...words) {
    const id = ++this.asked;
    return new Promise((done, failed) => {
      this.open.set(id, { done, failed });
      this.worker.postMessage({ id, call, words });
    });
  }

  async play(name, seed, at) {
    Object.assign(this.name, { value: name });
    this.seed.value = seed;
    const line = this.scenarios.find((scenario) => scenario.name === name)?.line ?? "there is no such scenario";
    this.line.textContent = `${line[0].toUpperCase()}${line.slice(1)}.`;
    this.view.dataset.busy = "yes";
    const began = performance.now();
    // What the worker has from now on is not what is shown; and of two plays only the newer one counts.
    this.summary = undefined;
    const [worker, play] = [this.worker, ++this.plays];
    try {
      const summary = await this.ask("play", name, seed);
      if (play !== this.plays) return;
      if (!summary) throw new Error(`There is no scenario “${name}”, or “${seed}” is no seed.`);
      this.summary = summary;
      this.drawResult(Math.round(performance.now() - began));
      await this.look(at);
    } catch (error) {
      this.fail(error, worker);
    } finally {
      if (play === this.plays) delete this.view.dataset.busy;
    }
  }

  /** The worker is done for, and with it all it was asked: another one begins. */
  fail(error, worker) {
    if (worker !== this.worker) return;
    worker.terminate();
    this.worker = this.start();
    this.summary = undefined;
    fill(this.result, h("p.verdict", { data: { ok: "no" } }, error.message));
    const open = [...this.open.values()];
    this.open.clear();
    for (const { failed } of open) failed(error);
  }

  drawResult(took) {
    const { ok, verdict, hash, turns, facts, ms, lines, faults, checks, name, seed } = this.summary;
    const figures = [["turns", turns.toLocaleString("en")], ["facts", facts.toLocaleString("en")], ["virtual time", `${Math.round(ms / 1000).toLocaleString("en")} s`], ["played twice in", `${took} ms`]];
    const check = ([name, count]) => h("li", {}, h("code", {}, name), h("span", {}, PROMISES[name] ?? ""), h("b", {}, count.toLocaleString("en")));
    const fault = ([name, count]) => h("li", {}, name, h("b", {}, `${count}`));
    this.scrub = h("input", { type: "range", min: 0, max: Math.max(0, lines - 1), value: 0, ariaLabel: "Line of the transcript", oninput: () => this.look(Number(this.scrub.value)) });
    this.where = h("output.faint");
    const step = (label, title, to) => h("button.plain", { type: "button", title, ariaLabel: title, onclick: to }, label);
    this.people = h("div.people", { ariaLabel: "Who there is at this line" });
    this.text = h("ol.lines", { tabIndex: 0, ariaLabel: "Transcript" });
    fill(
      this.result,
      h("section.panel.summary", { ariaLabel: "Verdict" },
        h("p.verdict", { data: { ok: ok ? "yes" : "no" } }, verdict),
        h("dl.facts", {}, figures.map(([what, value]) => h("div", {}, h("dt", {}, what), h("dd", {}, value)))),
        h("p.hash", {}, "transcript ", h("code", { id: "hash" }, hash), h("span.faint", {}, ` the same as ./x sim ${name} --seed ${seed} prints`)),
        h("h3", {}, "Checks made"), h("ul.checked", {}, checks.map(check)),
        h("h3", {}, "Faults by kind"), faults.length ? h("ul.faults", {}, faults.map(fault)) : h("p.faint", {}, "None: this story needs no help to go wrong.")),
      h("section.panel.story", { ariaLabel: "Transcript" },
        h("div.scrubber", {}, step("‹", "One line back", () => this.look(this.at - 1)), this.scrub, step("›", "One line on", () => this.look(this.at + 1)), step("next end", "To the next crash, death or surrender", () => this.leap()), this.where),
        this.people, this.text),
    );
  }

  async leap() {
    const { worker } = this;
    try {
      this.look(await this.ask("next", this.at));
    } catch (error) {
      this.fail(error, worker);
    }
  }

  /** Only the newest wish counts: a slider is faster than a tree of two hundred. */
  async look(line) {
    if (!this.summary) return;
    const { lines: all } = this.summary;
    this.at = Math.min(Math.max(0, line), Math.max(0, all - 1));
    this.scrub.value = this.at;
    this.where.textContent = `line ${(this.at + 1).toLocaleString("en")} of ${all.toLocaleString("en")}`;
    this.again = true;
    if (this.looking) return;
    this.looking = true;
    const { worker } = this;
    try {
      while (this.again && this.summary) {
        this.again = false;
        const { at, summary } = this;
        const from = Math.max(0, Math.min(at - LINES / 2, summary.lines - LINES));
        const { nodes, lines } = await this.ask("look", at, from, LINES);
        // Another play began meanwhile: these lines may be its own.
        if (summary !== this.summary) continue;
        this.drawLines(lines, from, at);
        this.drawPeople(nodes, lines[at - from]?.who ?? []);
        const { name, seed } = summary;
        this.keep("play", new URLSearchParams({ name, seed, ...(at ? { line: at } : {}) }).toString());
      }
    } catch (error) {
      this.fail(error, worker);
    } finally {
      this.looking = false;
    }
  }

  drawLines(lines, from, at) {
    const line = ({ line, text, tone }, n) => h("li", { data: { tone }, className: from + n === at ? "chosen" : "", ariaCurrent: from + n === at ? "true" : "false", onclick: () => this.look(from + n) }, h("code", {}, line), from + n === at && text !== line ? h("p", {}, text) : null);
    fill(this.text, ...lines.map(line));
    const chosen = this.text.querySelector(".chosen");
    if (chosen) this.text.scrollTop = chosen.offsetTop - this.text.clientHeight / 2 + chosen.clientHeight / 2;
  }

  /** Supervisors with their children beside them: two hundred fit a screen. */
  drawPeople(nodes, who) {
    const chip = (node) => h(`span.chip${who.includes(node.id) ? ".lit" : ""}`, { data: { state: node.state, kind: node.kind }, title: `${node.name}: life ${node.life}, ${stateOf(node)}${node.last ? `; last ended ${node.last}` : ""}` }, h("i.dot"), node.name, node.life > 1 ? h("sup", {}, node.life) : null);
    const group = (node) => {
      const children = nodes.filter((other) => other.parent === node.id);
      const [above, below] = [children.filter((child) => child.kind !== "supervisor"), children.filter((child) => child.kind === "supervisor")];
      return h("div.group", {}, h("div.chips", {}, chip(node), above.map(chip)), below.length ? h("div.below", {}, below.map(group)) : null);
    };
    const tops = nodes.filter((node) => !nodes.some((other) => other.id === node.parent));
    fill(this.people, ...(nodes.length ? tops.map(group) : [h("p.faint", {}, "Several vats: their story is the text below.")]));
    const lit = this.people.querySelector(".lit");
    if (lit) this.people.scrollTop = lit.offsetTop - this.people.clientHeight / 2;
  }

  key(event) {
    if (!this.shown || !this.summary || event.target.closest?.("input, select")) return;
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.look(this.at + step);
  }
}
