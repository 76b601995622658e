//! The log: what happened, in sentences; an event that is chosen shows the transcript's line and lights up who was in it.
import { fill, h, seconds } from "./dom.js";

/** Limit: entries that are kept on the page. */
const ENTRIES_MAX = 600;
const LEVELS = ["story", "detail", "machinery"];

export class Log {
  constructor(list, about, level, light) {
    Object.assign(this, { list, who: about, level, light });
    about.onchange = level.onchange = () => this.filter();
    list.onkeydown = (event) => this.key(event);
    // Whoever scrolled up is reading: nothing moves until they are back at the end.
    list.onscroll = () => (this.pinned = list.scrollHeight - list.scrollTop - list.clientHeight < 30);
    new ResizeObserver(() => this.follow()).observe(list);
    this.clear();
  }

  clear() {
    fill(this.list);
    this.pinned = true;
    fill(this.who, h("option", { value: "" }, "everyone"));
    this.light([]);
  }

  add(sentences, nodes) {
    this.offer(nodes);
    if (!sentences.length) return;
    this.list.append(...sentences.map((sentence) => this.entry(sentence)));
    while (this.list.childElementCount > ENTRIES_MAX) this.list.firstChild.remove();
    this.follow();
  }

  follow() {
    if (this.pinned) this.list.scrollTop = this.list.scrollHeight;
  }

  entry({ at, text, line, tone, level, who }) {
    const button = h("button", { type: "button", ariaExpanded: "false", onclick: () => this.choose(item, who) }, h("time", {}, seconds(at)), h("span", {}, text));
    const item = h("li", { data: { tone, level, who: who.join(" ") }, hidden: !this.wants(level, who) }, button);
    item.line = line;
    return item;
  }

  choose(item, who) {
    const open = item.classList.contains("chosen");
    for (const other of this.list.querySelectorAll(".chosen")) {
      other.classList.remove("chosen");
      other.querySelector("code")?.remove();
      other.firstChild.ariaExpanded = "false";
    }
    this.light(open ? [] : who);
    if (open) return;
    item.classList.add("chosen");
    item.firstChild.ariaExpanded = "true";
    if (item.line) item.append(h("code", { title: "The transcript’s line" }, item.line));
  }

  offer(nodes) {
    const key = nodes.map((node) => node.id + node.name).join();
    if (key === this.offered && this.who.options.length > 1) return;
    this.offered = key;
    const chosen = this.who.value;
    fill(this.who, h("option", { value: "" }, "everyone"), ...nodes.map((node) => h("option", { value: node.id }, node.name)));
    this.who.value = chosen;
    if (this.who.selectedIndex < 0) this.who.value = "";
  }

  wants(level, who) {
    return LEVELS.indexOf(level) <= LEVELS.indexOf(this.level.value) && (!this.who.value || who.includes(this.who.value));
  }

  filter() {
    for (const item of this.list.children) item.hidden = !this.wants(item.dataset.level, item.dataset.who.split(" "));
    this.pinned = true;
    this.follow();
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const items = [...this.list.children].filter((item) => !item.hidden);
    if (!step || !items.length) return;
    event.preventDefault();
    event.stopPropagation();
    const at = items.findIndex((item) => item.contains(document.activeElement));
    const next = at < 0 ? items.at(-1) : items[Math.min(items.length - 1, Math.max(0, at + step))];
    next.firstChild.focus();
  }
}
