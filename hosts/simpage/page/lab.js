//! The tree to play with: time, keys, and what is shown where. Everything it shows comes out of the kernel's frame.
import { fill, find, h, many, seconds } from "./dom.js";
import { Inspector } from "./inspector.js";
import { Log } from "./log.js";
import { Stage } from "./stage.js";

/** How long a turn is looked at, and how much faster virtual time passes. */
const SPEEDS = [
  { name: "¼×", turn: 1400, time: 0.25 },
  { name: "1×", turn: 420, time: 1 },
  { name: "4×", turn: 130, time: 4 },
  { name: "16×", turn: 34, time: 16 },
];
/** While nothing happens a picture is drawn this often. */
const DRAW_MS = 50;
/** After a pause of the browser's own, time goes on where it stopped. */
const GAP_MS = 250;

const STRATEGIES = {
  one_for_one: "A child that ends is restarted alone.",
  one_for_all: "When one child ends, all the others are stopped, newest first, and all are started again in start order.",
  rest_for_one: "When a child ends, those started after it are stopped, newest first, and started again after it.",
  simple_one_for_one: "Any number of children from one template, started on demand. One that ends is restarted alone.",
};
/** The inspector is a sheet over the page's lower part. */
const narrow = matchMedia("(max-width: 980px)");
const KEYS = { k: "kill", c: "crash", h: "hang", m: "message", f: "flood" };

export class Lab {
  constructor(make, keep) {
    this.make = make;
    this.keep = keep;
    this.speed = SPEEDS[1];
    this.playing = true;
    this.shown = false;
    this.stage = new Stage(find("canvas"), (id) => this.choose(id));
    this.inspector = new Inspector(find("inspector"), { act: (act, id) => this.act(act, id), report: (id) => this.page.report(id), close: () => this.choose(null) });
    this.log = new Log(find("log"), find("about"), find("level"), (who) => this.stage.light(who));
    this.controls();
    find("build").open = !narrow.matches;
    narrow.onchange = () => (find("build").open ||= !narrow.matches);
    this.form = document.querySelector(".setup");
    this.form.onchange = () => this.build(this.words());
    this.form.onsubmit = (event) => event.preventDefault();
    addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.page && this.draw()).observe(find("canvas"));
  }

  show(on, words) {
    this.shown = on;
    if (on && (!this.page || (words && words !== this.page.setup()))) this.build(words);
    else if (on) this.keep("tree", this.page.setup());
    if (on && !this.looping) this.loop();
  }

  build(words) {
    this.page?.free();
    this.page = this.make(words);
    this.known = 0;
    this.chosen = null;
    this.said = "";
    this.stage.clear();
    this.log.clear();
    const setup = new URLSearchParams(this.page.setup());
    for (const field of this.form.elements) {
      if (field.type === "checkbox") field.checked = setup.get(field.name) === "yes";
      else field.value = setup.get(field.name);
    }
    this.form.elements.nested.disabled = setup.get("strategy") === "simple_one_for_one";
    find("strategy-line").textContent = STRATEGIES[setup.get("strategy")];
    find("built").textContent = `${setup.get("strategy")}, ${many(Number(setup.get("children")), "child", "children")}, ${many(Number(setup.get("intensity")), "restart")} in ${setup.get("period")} s`;
    this.keep("tree", this.page.setup());
    this.draw();
  }

  words() {
    const field = (field) => [field.name, field.type === "checkbox" ? (field.checked ? "yes" : "no") : field.value];
    return new URLSearchParams([...this.form.elements].map(field)).toString();
  }

  controls() {
    find("play").onclick = () => this.setPlaying(!this.playing);
    find("step").onclick = () => this.step();
    for (const speed of SPEEDS) {
      const radio = h("input", { type: "radio", name: "speed", value: speed.name, checked: speed === this.speed, onchange: () => (this.speed = speed) });
      find("speeds").append(h("label", {}, radio, h("span", {}, speed.name)));
    }
  }

  setPlaying(on) {
    this.playing = on;
    find("play").textContent = on ? "Pause" : "Play";
  }

  /** One turn, or on to the next thing that is due. */
  step() {
    this.setPlaying(false);
    this.stage.pace(SPEEDS[1].turn);
    if (!this.page.ready()) this.page.pass(this.frame.due ?? 1000);
    this.page.turn();
    this.draw();
  }

  loop() {
    this.looping = true;
    let last = performance.now(), turnAt = 0, drawnAt = 0, owed = 0;
    const tick = (now) => {
      if (!this.shown) return (this.looping = false);
      const gone = Math.min(now - last, GAP_MS);
      last = now;
      if (this.playing) {
        this.stage.pace(this.speed.turn);
        if (this.page.ready()) {
          if (now >= turnAt) {
            this.page.turn();
            turnAt = now + this.speed.turn;
            this.draw();
          }
        } else if (now >= turnAt) {
          owed += gone * this.speed.time;
          owed -= this.page.pass(Math.floor(owed));
          if (this.page.ready()) owed = 0;
          if (now - drawnAt >= DRAW_MS) {
            drawnAt = now;
            this.draw();
          }
        }
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  draw() {
    const frame = (this.frame = JSON.parse(this.page.frame(this.stage.room(), this.known)));
    this.known += frame.sentences.length;
    this.stage.draw(frame, this.chosen);
    this.log.add(frame.sentences, frame.nodes);
    this.inspector.draw(frame.nodes.find((node) => node.id === this.chosen), frame);
    find("clock").textContent = seconds(frame.now);
    find("due").textContent = frame.ready ? "turns are due" : frame.due === null ? "nothing is due" : `next in ${seconds(frame.due)} s`;
    find("proof").textContent = frame.broken
      ? `A checker stopped this world: ${frame.broken}`
      : `${many(frame.turns, "turn")} so far; the simulator’s checkers looked ${many(frame.checks, "time")}, and every promise held.`;
    this.notice(frame);
  }

  /** A question to answer, the end of the tree, or what came of the last act. */
  notice(frame) {
    const [question] = frame.questions;
    const key = JSON.stringify([question, frame.top || frame.ready, this.said]);
    if (key === this.noticed) return;
    this.noticed = key;
    const button = (label, does) => h("button.plain", { type: "button", onclick: () => (does(), this.draw()) }, label);
    const rungs = (question?.held ? ["resume"] : []).concat("restart", "park", "stop", "escalate");
    let parts = [];
    if (question) parts = [h("p", {}, h("strong", {}, question.child), ` ${question.reason}. What is to become of it?`), ...rungs.map((rung) => button(rung, () => this.page.decide(rung)))];
    else if (!frame.top && !frame.ready) parts = [h("p", {}, "The top supervisor is gone; its root has heard why, and leaves it to you."), button("Start it again", () => (this.said = this.page.startAgain()))];
    else if (this.said) parts = [h("p", {}, this.said)];
    fill(find("notice"), ...parts);
  }

  choose(id) {
    this.chosen = id;
    if (id && narrow.matches) this.stage.reveal(id);
    this.draw();
  }

  act(act, id) {
    this.said = this.page.act(act, id);
    this.draw();
  }

  key(event) {
    const typing = event.target.closest?.("input, select, textarea");
    if (!this.shown || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.key.toLowerCase()];
    if (event.key === " " && !event.target.closest("button, a")) this.setPlaying(!this.playing);
    else if (event.key === ".") this.step();
    else if (event.key === "Escape") this.choose(null);
    else if (event.key.startsWith("Arrow") && event.target.closest(".node")) this.stage.move(event.target.dataset.id, event.key);
    else if (act && this.inspector.offers(act)) this.act(act, this.chosen);
    else return;
    event.preventDefault();
  }
}
