//! The chosen actor: what is known of it, what may be done to it, its last crash report.
import { fill, h, many, seconds, stateOf, svg } from "./dom.js";

const ACTS = {
  kill: ["Kill", "an exit signal that can’t be trapped", "k"],
  crash: ["Crash", "its next turn fails", "c"],
  hang: ["Hang", "it awaits an answer that does not come for 30 s", "h"],
  message: ["Send a message", "one", "m"],
  flood: ["Flood", "40 messages at once; its mailbox holds 64", "f"],
  stop: ["Stop", "it ends by itself, with reason normal"],
  watch: ["Watch", "its next sibling monitors it, and gets a down when it ends"],
  terminate: ["Terminate", "by its supervisor’s API: it is stopped and stays down"],
  restart: ["Restart", "by its supervisor’s API: one that is down is started again"],
  add: ["Add a child", "from the template"],
};
const OF_WORKERS = ["kill", "crash", "hang", "message", "flood", "stop", "watch"];

export class Inspector {
  constructor(panel, { act, report, close }) {
    Object.assign(this, { panel, act, report, close });
  }

  offers(act) {
    return this.offered?.includes(act) ?? false;
  }

  draw(node, frame) {
    const report = node ? this.report(node.id) : "";
    const key = JSON.stringify([node && { ...node, place: null }, report]);
    if (key !== this.key) {
      this.key = key;
      this.build(node, frame, report);
    }
    if (node?.window) this.timeline(node.window, frame.now);
  }

  build(node, frame, report) {
    this.offered = node ? offered(node, frame.nodes) : [];
    this.panel.dataset.open = Boolean(node);
    if (!node) return this.guide(frame);
    const held = this.panel.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
    const facts = [["state", stateOf(node)], ["life", node.life], ["mailbox", node.queued], ["turns", node.turns], ["last end", node.last ?? "none yet"]];
    const opened = this.panel.querySelector("details")?.open ?? innerWidth > 980;
    fill(
      this.panel,
      h("header", {}, h("h2", {}, node.name, " ", h("small", {}, node.kind)), h("button.icon-button.close", { type: "button", ariaLabel: "Let go of it", onclick: this.close }, "×")),
      h("dl.facts", {}, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value))))),
      node.window ? h("div.window", {}, h("p", {}, budget(node.window)), svg("svg", { class: "timeline", role: "img", "aria-label": "The restarts in the window" })) : null,
      h("div.acts", {}, this.offered.map((act) => this.button(act, node))),
      report ? h("details.report", { open: opened }, h("summary", {}, "Its last crash report"), h("pre", {}, report)) : null,
    );
    if (held) this.panel.querySelector(`[data-act="${held}"]`)?.focus();
  }

  button(act, node) {
    const [label, title, key] = ACTS[act];
    const described = key ? `${title} (${key.toUpperCase()})` : title;
    return h(`button.plain${act === "kill" ? ".deny" : ""}`, { type: "button", title: described, data: { act }, onclick: () => this.act(act, node.id) }, label);
  }

  /** Nobody is chosen: what one might try. */
  guide({ nodes }) {
    const worker = nodes.findLast((node) => node.kind === "worker" && node.alive);
    const tips = [
      "Kill a child. Its exit travels to the supervisor, which starts the next life under the same identity.",
      "Let one hang, then kill another under one_for_all: the one that hangs is given 2 s to stop, then it is killed.",
      "Kill again and again until the window is full. The supervisor gives up, and its own supervisor has to deal with that.",
    ];
    fill(
      this.panel,
      h("header", {}, h("h2", {}, "Choose an actor")),
      h("ol.tips", {}, tips.map((tip) => h("li", {}, tip))),
      worker ? h("div.acts", {}, this.button("kill", worker), h("span.faint", {}, `or simply end ${worker.name}`)) : null,
    );
  }

  /** Each mark is a restart; it moves to the left and leaves when it is older than the period. */
  timeline({ max, period, times }, now) {
    const drawing = this.panel.querySelector(".timeline");
    const wide = drawing?.clientWidth;
    if (!wide) return;
    const x = (time) => wide - 8 - ((now - time) / period) * (wide - 16);
    const marks = times.map((time) => svg("circle", { cx: x(time), cy: 12, r: 5, class: "fault" }));
    const label = (at, text, anchor) => Object.assign(svg("text", { x: at, y: 34, "text-anchor": anchor }), { textContent: text });
    fill(drawing, svg("line", { x1: 8, x2: wide - 8, y1: 12, y2: 12 }), ...marks, label(8, `${seconds(period).replace(/\.?0+$/, "")} s ago`, "start"), label(wide - 8, "now", "end"));
    drawing.dataset.full = times.length >= max;
  }
}

function offered(node, nodes) {
  const parent = nodes.find((other) => other.id === node.parent);
  const api = parent?.kind === "supervisor" && parent.alive && node.named;
  if (node.kind === "root") return [];
  // One that waits to restart is its supervisor's business.
  if (!node.alive) return [...(node.kind === "worker" ? ["message"] : []), ...(api && node.state !== "down" ? ["restart"] : [])];
  const own = node.kind === "worker" ? OF_WORKERS : node.template ? ["add", "kill"] : ["kill"];
  return [...own, ...(api ? ["terminate"] : [])];
}

function budget({ max, period, times }) {
  const within = `${period / 1000} s`;
  if (max === 0) return `No restart is allowed: the first fault is one too many.`;
  const left = max - times.length;
  if (left === 0) return `All ${many(max, "restart")} within ${within} are used: one more fault, and it gives up.`;
  return `${times.length} of ${many(max, "restart")} within ${within} used.`;
}
