//! Tasks that are about drawn and dragged things.
import { Page, click, drag, hover, see, wait } from "./page.mjs";

export const DRAWN = [
  [/^Click on the numbers in ascending order\.$/, ascending],
  [/^Click on the (\w+) colored box\.$/, colored],
  [/^Click on the grid coordinate \((-?\d),(-?\d)\)\.$/, coordinate],
  [/^Click the button that best describes the figure below\.$/, described],
];

const shapes = (page) => page.all((node) => node.role === "graphics-symbol");
const NAMES = { grey: "gray", aqua: "cyan", fuchsia: "magenta" };

function* ascending() {
  const page = yield* see();
  yield shapes(page).sort((a, b) => a.name - b.name).map((node) => click(node.at));
}

function* colored(name) {
  const page = yield* see();
  yield click(page.one(`${name} box`, (node) => node.color === (NAMES[name] ?? name)));
}

function* coordinate(x, y) {
  const page = yield* see();
  const dots = shapes(page).filter((node) => node.name.endsWith("circle"));
  const [ox, oy] = [0, 1].map((axis) => (Math.min(...dots.map((dot) => dot.at[axis])) + Math.max(...dots.map((dot) => dot.at[axis]))) / 2);
  const step = Math.min(...dots.filter((dot) => dot.at[0] - ox > 5).map((dot) => dot.at[0] - ox));
  yield click([ox + x * step, oy - y * step]);
}

function* described() {
  const page = yield* see();
  const [shape] = shapes(page);
  const kind = /^[a-z]$/i.test(shape.name) ? "Letter" : /^\d$/.test(shape.name) ? "Number" : /circle|ellipse/.test(shape.name) ? "Circle" : /triangle|polygon/.test(shape.name) ? "Triangle" : "Rectangle";
  yield click(page.button(kind));
}
