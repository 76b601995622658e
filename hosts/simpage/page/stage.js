//! The drawing: nodes where the kernel's layout puts them, edges, and dots that travel along them.
import { calm, fill, h, many, stateOf, svg } from "./dom.js";

/** Room above the first node for what comes from outside. */
const OUTSIDE = 34;
/** Messages that a mailbox holds: a full bar. */
const MAILBOX = 64;

export class Stage {
  constructor(canvas, choose) {
    this.canvas = canvas;
    this.choose = choose;
    this.edges = svg("svg", { class: "edges", "aria-hidden": "true" });
    this.clear();
  }

  clear() {
    this.nodes = new Map();
    this.places = new Map();
    this.lit = [];
    fill(this.canvas, this.edges);
  }

  room() {
    return Math.max(280, Math.floor(this.canvas.clientWidth));
  }

  /** How long a turn is looked at. */
  pace(ms) {
    this.travel = Math.min(ms * 0.95, 900);
  }

  draw(frame, chosen) {
    this.canvas.style.height = `${frame.high}px`;
    this.canvas.dataset.list = frame.list;
    this.list = frame.list;
    const seen = new Set();
    for (const node of frame.nodes.filter((node) => node.place)) {
      seen.add(node.id);
      this.places.set(node.id, node);
      const button = this.nodes.get(node.id) ?? this.born(node);
      this.show(button, node, chosen);
    }
    for (const [id, button] of this.nodes) {
      if (!seen.has(id)) {
        button.remove();
        this.nodes.delete(id);
        this.places.delete(id);
      }
    }
    this.drawEdges(frame);
    for (const signal of frame.signals) this.send(signal);
  }

  born(node) {
    const button = h("button.node", { type: "button", data: { id: node.id, kind: node.kind }, onclick: () => this.choose(node.id) },
      h("span.who", {}, h("i.dot"), h("b"), h("span.life")), h("span.state", {}, h("span"), h("em")), h("span.gauge", { ariaHidden: "true" }));
    this.nodes.set(node.id, button);
    this.canvas.append(button);
    return button;
  }

  show(button, node, chosen) {
    const [x, y, wide, high] = node.place;
    const key = JSON.stringify([node.place, node.name, node.life, node.state, node.queued, node.window, node.id === chosen]);
    if (button.key === key) return;
    button.key = key;
    Object.assign(button.style, { transform: `translate(${x}px, ${y}px)`, width: `${wide}px`, height: `${high}px` });
    if (button.dataset.life && button.dataset.life !== String(node.life)) flash(button, "reborn");
    Object.assign(button.dataset, { state: node.state, life: node.life, name: node.name });
    button.setAttribute("aria-pressed", node.id === chosen);
    const [who, state, gauge] = button.children;
    who.children[1].textContent = node.name;
    who.children[2].textContent = node.kind === "root" ? "" : `life ${node.life}`;
    state.firstChild.textContent = node.kind === "root" ? "root of the vat" : stateOf(node);
    state.lastChild.textContent = queue(node) ? node.queued : "";
    const { window } = node;
    if (window && node.alive) fill(gauge, ...Array.from({ length: window.max }, (_, at) => h("i", { className: at < window.times.length ? "used" : "" })));
    else if (node.kind === "worker") {
      const bar = gauge.firstElementChild ?? gauge.appendChild(h("i.bar"));
      bar.style.width = `${Math.min(100, (node.queued / MAILBOX) * 100)}%`;
    } else fill(gauge);
    const waiting = queue(node) ? `, ${many(node.queued, "message")} waiting` : "";
    const budget = window ? `, ${window.times.length} of ${window.max} restarts used` : "";
    button.setAttribute("aria-label", `${node.name}, ${node.kind}, life ${node.life}, ${stateOf(node)}${waiting}${budget}`);
  }

  drawEdges({ nodes, watches }) {
    const key = JSON.stringify([watches, nodes.map(({ id, place, parent, alive }) => [id, place, parent, alive])]);
    if (key === this.edgeKey) return;
    this.edgeKey = key;
    const lines = nodes.filter((node) => node.place && this.places.has(node.parent));
    const bows = watches.filter((watch) => watch.every((id) => this.places.has(id)));
    fill(this.edges,
      ...lines.map((node) => svg("path", { d: this.path(node.parent, node.id), class: node.alive ? "" : "broken" })),
      ...bows.map(([watcher, watched]) => svg("path", { d: this.path(watched, watcher), class: "watch" })));
  }

  /** From one node to another: along the edge where there is one, else in a bow below both. */
  path(from, to) {
    const [a, b] = [this.places.get(from), this.places.get(to)];
    const [ax, ay, aw, ah] = a.place;
    const [bx, by, bw, bh] = b.place;
    if (b.parent === from) return this.list ? `M ${ax + 13} ${ay + ah} V ${by + bh / 2 - 8} q 0 8 8 8 H ${bx}` : curve(ax + aw / 2, ay + ah, bx + bw / 2, by);
    if (a.parent === to) return this.list ? `M ${ax} ${ay + ah / 2} H ${bx + 21} q -8 0 -8 -8 V ${by + bh}` : curve(ax + aw / 2, ay, bx + bw / 2, by + bh);
    if (this.list) return `M ${ax + aw} ${ay + ah / 2} q 30 ${(by - ay) / 2} 0 ${by - ay}`;
    return `M ${ax + aw / 2} ${ay + ah} C ${ax + aw / 2} ${ay + ah + 48}, ${bx + bw / 2} ${by + bh + 48}, ${bx + bw / 2} ${by + bh}`;
  }

  send({ from, to, kind }) {
    const node = this.nodes.get(to);
    if (!node) return;
    if (this.travel < 60 || calm.matches) return flash(node, "hit");
    const [x, y, wide] = this.places.get(to).place;
    const path = this.places.has(from) ? this.path(from, to) : `M ${x + wide / 2} ${y - OUTSIDE} V ${y}`;
    const dot = h("i.signal", { data: { kind } });
    dot.style.offsetPath = `path("${path}")`;
    this.canvas.append(dot);
    const way = dot.animate([{ offsetDistance: "0%", opacity: 0 }, { opacity: 1, offset: 0.15 }, { opacity: 1, offset: 0.85 }, { offsetDistance: "100%", opacity: 0 }], { duration: this.travel, easing: "ease-in-out" });
    way.onfinish = () => dot.remove();
  }

  /** Brings it up, out of what will cover it. */
  reveal(id) {
    this.nodes.get(id)?.scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
  }

  /** Marks the actors of an event. */
  light(who) {
    for (const [id, button] of this.nodes) button.classList.toggle("lit", who.includes(id));
  }

  /** The nearest node in that direction takes the focus. */
  move(from, key) {
    const [x, y] = centre(this.places.get(from).place);
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    let best, least = Infinity;
    for (const [id, node] of this.places) {
      const [nx, ny] = centre(node.place);
      const along = (nx - x) * dx + (ny - y) * dy;
      const far = along + 2 * Math.abs((nx - x) * dy + (ny - y) * dx);
      if (along > 4 && far < least) [best, least] = [id, far];
    }
    this.nodes.get(best)?.focus();
  }
}

/** What waits for one that starts or stops is the kernel's word, not a message. */
function queue(node) {
  return node.kind === "worker" && !["starting", "stopping"].includes(node.state) && node.queued > 0;
}

const centre = ([x, y, wide, high]) => [x + wide / 2, y + high / 2];

function curve(x, y, toX, toY) {
  const middle = (y + toY) / 2;
  return `M ${x} ${y} C ${x} ${middle}, ${toX} ${middle}, ${toX} ${toY}`;
}

function flash(element, name) {
  element.classList.remove(name);
  // Read so that the browser notices, and begins anew.
  void element.offsetWidth;
  element.classList.add(name);
}
