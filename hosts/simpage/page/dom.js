//! Elements in one line, and what every view needs.

/** `h("button.plain", { type: "button", onclick }, "Kill")`. A property that the element has is set, anything else is an attribute. */
export function h(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (name === "data") Object.assign(element.dataset, value);
    else if (name in element) element[name] = value;
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  return fill(element, ...children);
}

/** Puts these in the place of what is in it; what is nothing is left out. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function svg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export const find = (id) => document.getElementById(id);

export const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** `83.250`: virtual seconds. */
export function seconds(ms) {
  return (ms / 1000).toFixed(3);
}

export const STATES = {
  starting: "starting",
  running: "running",
  waiting: "awaits reply",
  stopping: "stopping",
  held: "held",
  down: "waits to restart",
  parked: "parked",
  gone: "gone",
};

/** In words. Nobody restarts the top supervisor but who plays. */
export function stateOf(node) {
  return node.state === "down" && node.top ? "ended" : STATES[node.state];
}

export function many(count, one, more = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : more}`;
}
