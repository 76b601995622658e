//! What a solver sees and says: the lines of a result as elements, and the calls it may make.

const LINE = /^[+~]? *\[(ref_\d+)\] (\S+)(.*)$/;
const MARK = / (?:([a-z-]+)=)?(?:"((?:[^"\\]|\\.)*)"|(\S+))/gy;
const plain = (quoted) => quoted.replace(/\\(.)/g, "$1");

/** One line: its grammar is in core/agent/src/web/render.rs. */
function element(line) {
  const [, ref, role, rest] = LINE.exec(line) ?? [];
  if (!ref) return null;
  const node = { ref, role, name: "", value: "", label: "", class: "", id: "", marks: [], options: [], depth: line.search(/\[/) };
  for (const [, key, quoted, bare] of rest.matchAll(MARK)) {
    if (key) node[key] = quoted === undefined ? bare : plain(quoted);
    else if (quoted !== undefined) node.name = plain(quoted);
    else if (bare === "options:") break;
    else node.marks.push(bare);
  }
  const options = / options: (.*)$/.exec(rest)?.[1];
  if (options !== undefined && node.role !== "text") node.options = options.split(" | ");
  if (node.box) node.box = node.box.split(",").map(Number);
  if (node.centre) node.at = node.centre.split(",").map(Number);
  return node;
}

export class Page {
  constructor(...results) {
    const nodes = new Map();
    for (const node of results.join("\n").split("\n").map(element).filter(Boolean)) nodes.set(node.ref, node);
    this.nodes = [...nodes.values()];
  }

  all(test) {
    return this.nodes.filter(test);
  }

  one(what, test) {
    const node = this.nodes.find(test);
    if (!node) throw new Error(`there is no ${what}`);
    return node;
  }

  /** By its words or its label. The instruction itself is on the page too, but never equals a name in it. */
  named(name, role = /./) {
    const like = (words) => (name instanceof RegExp ? name.test(words) : words === name);
    const words = (node) => [node.name, node.label, node.placeholder ?? ""];
    return this.one(`${role.source} ${name}`, (node) => role.test(node.role) && words(node).some(like));
  }

  button(name = /^(submit|search|login|ok|go)/i) {
    return this.named(name, /^(button|generic|link)$/);
  }

  roles(role) {
    return this.all((node) => node.role === role);
  }

  /** The elements after one, or between two. */
  after(node, until) {
    const rest = this.nodes.slice(this.nodes.indexOf(node) + 1);
    const end = until ? rest.findIndex(until) : -1;
    return end < 0 ? rest : rest.slice(0, end);
  }
}

const target = (at) => (Array.isArray(at) ? { coordinate: at } : { ref: at.ref });
const end = (at) => (Array.isArray(at) ? at : at.ref);
const call = (name, input = {}) => ({ name, input });

export const find = (query) => call("find", { query });
export const read = () => call("read_page");
export const click = (at, modifiers) => call("left_click", { ...target(at), ...(modifiers && { modifiers }) });
export const put = (node, value) => call("form_input", { ref: node.ref, value });
export const type = (text, node) => call("type", { text, ...(node && { ref: node.ref }) });
export const key = (text, repeat) => call("key", { text, ...(repeat && { repeat }) });
export const drag = (from, to) => call("left_click_drag", { from: end(from), target: end(to) });
export const hover = (at) => call("hover", target(at));
export const select = (node, start, end) => call("select_text", { ref: node.ref, ...(start !== undefined && { start, end }) });
export const scroll = (node, direction) => call("scroll", { ref: node.ref, scroll_direction: direction, scroll_amount: 10 });
export const wait = (ms) => call("wait_for", { ms });

/** Colors by their names in CSS. */
export const COLORS = {
  black: "#000000", white: "#ffffff", gray: "#808080", grey: "#808080", silver: "#c0c0c0", red: "#ff0000", maroon: "#800000", pink: "#ffc0cb",
  orange: "#ffa500", gold: "#ffd700", yellow: "#ffff00", olive: "#808000", lime: "#00ff00", green: "#008000", aqua: "#00ffff", cyan: "#00ffff",
  teal: "#008080", blue: "#0000ff", navy: "#000080", magenta: "#ff00ff", fuchsia: "#ff00ff", purple: "#800080", brown: "#a52a2a",
};

/** What can be typed into. */
export const fields = (page) => page.all((node) => /^(textbox|spinbutton)$/.test(node.role) && !node.marks.includes("disabled"));
/** A choice from the list that opens below a field. */
export const pick = (list, test) => click(list.one("entry in the list", (node) => node.role === "listitem" && test(node.name)));

/** Does the calls, then reads: what the page is now. */
export function* see(...calls) {
  const results = yield [...calls, read()];
  return new Page(results.at(-1));
}

/** Does the calls: what their results tell of the page. */
export function* did(...calls) {
  return new Page(...(yield calls));
}
